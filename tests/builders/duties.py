"""What the tests of duties share: events of cases, judged by the national book as of today."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from tests.builders.golden import example
from tests.builders.rules import national_engine

from cbrn_routing.duties import duties_of
from cbrn_routing.rulebook import national_rulebook
from cbrn_schemas.duty import Duty, Raised
from cbrn_schemas.events import parse_event

NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
TIMES = {"observed": "2026-11-23T05:00:00Z", "reported": "2026-11-23T05:30:00Z"}


def data(kind: str, **changes: Any) -> dict[str, Any]:
    """The golden example of a kind as of this morning, with some fields changed; None takes a field out."""
    return example(kind, **{**TIMES, **changes})


def owed(
    kind: str, *, now: datetime | None = NOW, identity: tuple[str, str] | None = None, **changes: Any
) -> dict[str, Duty]:
    """The duties that the event raises, by rule."""
    event = parse_event(json.dumps(data(kind, **changes)).encode())
    routed = national_engine().route(event)
    return {duty.rule: duty for duty in duties_of(event, routed, national_rulebook(), now, identity=identity)}


def raised(
    kind: str, rule: str, *, at: datetime = NOW, identity: tuple[str, str] = ("e-1", "/mes"), **changes: Any
) -> Raised:
    """The record that the router writes when the event raises the duty of this rule."""
    return Raised(at=at, duty=owed(kind, now=at, identity=identity, **changes)[rule], event=data(kind, **changes))
