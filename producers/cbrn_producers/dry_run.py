"""What would happen if an event were published: who is told, what is doubtful, what is owed. Nothing is sent. Pure.

The command line and the desk show this one answer.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from cbrn_routing.decide import Engine
from cbrn_routing.decision import told_on
from cbrn_routing.doubts import warnings_of
from cbrn_routing.duties import as_json, duties_of
from cbrn_routing.jurisdiction import Gazetteer
from cbrn_routing.rulebook import Eras
from cbrn_routing.rulebook.eras import local_day

if TYPE_CHECKING:
    from datetime import datetime

    from cbrn_routing.decide import Routed
    from cbrn_routing.doubts import EventWarning
    from cbrn_routing.rulebook import RuleBook
    from cbrn_schemas.duty import Duty
    from cbrn_schemas.events import AnyEvent
    from cbrn_schemas.events.base import Language
    from cbrn_schemas.topics import Realm


class DryRun(NamedTuple):
    """An event and what the bus would make of it."""

    name: str
    """Its CloudEvents id; its situation or station where it has no envelope."""
    realm: Realm
    event: AnyEvent
    routed: Routed
    duties: tuple[Duty, ...]
    """What the country would owe to others because of it."""
    warnings: tuple[EventWarning, ...]
    """What is doubtful about it, for whoever would publish it."""

    def as_json(self) -> dict[str, Any]:
        """Return the whole answer, plain values only."""
        answer = self.routed.as_json(self.name, self.realm, map(as_json, self.duties))
        return {**answer, "warnings": [each.as_json() for each in self.warnings]}


def dry_run(event: AnyEvent, name: str, *, realm: Realm, book: RuleBook, now: datetime, lang: Language) -> DryRun:
    """Return a rule book's decision for an event at a moment, and what is doubtful about it in words."""
    routed = Engine(Eras(book), Gazetteer()).route(event, now)
    told = told_on(routed.decision, local_day(now))  # as by the router
    routed = routed._replace(decision=replace(routed.decision, recipients=told))
    duties, warnings = duties_of(event, routed, book, now), warnings_of(event, now=now, lang=lang)
    return DryRun(name, realm, event, routed, duties, warnings)
