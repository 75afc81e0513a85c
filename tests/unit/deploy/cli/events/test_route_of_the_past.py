"""`cbrn route` of an old event, against what the router writes of it: one answer."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from tests.builders.router import NOW, record, sit

from cbrn_deploy.processes.router import engine_of
from cbrn_routing.jurisdiction import Gazetteer
from cbrn_routing.router import Dispatcher
from cbrn_routing.rulebook import national_rulebook
from cbrn_schemas.topics import Lane, Realm

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.testing import Result

GONE = "moes"
"""Education and Science: two ministries since 12 May 2025."""


@pytest.fixture(scope="module")
def dispatcher() -> Dispatcher:
    return Dispatcher(Realm.REAL, Lane.INCIDENTS, engine_of(national_rulebook(), Gazetteer()))


def old(day: str, **fields: Any) -> dict[str, Any]:
    return {
        "body": "mes",
        "situation": "KG-2020-waterworks",
        "observed": f"{day}T10:00:00+06:00",
        "reported": f"{day}T11:00:00+06:00",
        "where": {"district": "41711"},
        "severity": "Severe",
        "texts": {"ru": {"headline": "Событие прошлого"}},
        **fields,
    }


CHLORINE = {
    "kind": "chemical-release",
    "hazard": "chemical",
    "substances": [{"name": "gas"}],
    "exposed": ["school"],
}
AMPOULE = {"kind": "laboratory-incident", "hazard": "radiological", "laboratory": "university", "what": "spill"}
EXTREME = {"kind": "toxic-fire", "hazard": "chemical", "burning": "tyres", "severity": "Extreme"}


@pytest.mark.parametrize("said", [CHLORINE, AMPOULE, EXTREME], ids=lambda said: said["kind"])
@pytest.mark.parametrize("day", ["2020-03-18", "2025-05-11", "2026-11-20"])
def test_the_dry_run_names_whom_the_router_tells(
    cbrn: Callable[..., Result], dispatcher: Dispatcher, day: str, said: dict[str, Any]
) -> None:
    """A body that is gone has no duty officer: its successors are told, and the dry run says so, too."""
    event = old(day, **said)
    answer = cbrn("route", "-", "--json", "--on", NOW.date().isoformat(), stdin=json.dumps(event))
    assert answer.exit_code == 0, answer.output
    shown = json.loads(answer.stdout)
    named = {each["body"] for role in ("support", "inform") for each in shown[role]} | {shown["lead"]["body"]}
    written, _ = sit(dispatcher, record(event, time=event["reported"]))
    assert named == written.told()
    assert GONE not in named
    assert {"moe", "mshei"} & named
