"""What the router says in its log: every decision at debug, every anomaly at warning, or how many a batch had.

Bodies, places and kinds are named in the chosen language.
"""

from __future__ import annotations

import logging
from collections import Counter
from typing import TYPE_CHECKING, Final

import structlog

from cbrn_schemas.catalogue.naming import body_name, place_name
from cbrn_schemas.catalogue.words import word
from cbrn_schemas.events import Event, key_of

if TYPE_CHECKING:
    from cbrn_routing.bus.record import Record
    from cbrn_routing.decide import Routed
    from cbrn_routing.decision import Decision
    from cbrn_schemas.envelope import Envelope
    from cbrn_schemas.errors import Doubt, InvalidEventError
    from cbrn_schemas.events.base import Language

log = structlog.get_logger("cbrn.router")

TOLD_MAX: Final = 1_000
"""Decisions whose recipients are kept in words: about 1 kB each, 1 MB at the most."""

LINES_MAX: Final = 20
"""Lines about doubtful events of one batch. Nobody reads hundreds, and a line costs half of what its event does; alerts
and decision records name the doubts anyway."""


class RoutingLog:
    """A log of decisions as they are made; it is quick."""

    def __init__(self, lang: Language) -> None:
        self._lang = lang
        self._told: dict[Decision, list[str]] = {}
        self._lines = LINES_MAX
        self._untold = 0
        self._doubts: Counter[Doubt] = Counter()
        self.routine = logging.getLogger("cbrn.router").isEnabledFor(logging.DEBUG)
        """Whether it is to be told of events routed without a doubt, and of duplicates."""

    def _body(self, code: str) -> str:
        return body_name(code, self._lang)

    def forget(self) -> None:
        """Word anew whom decisions tell."""
        self._told.clear()

    def _told_by(self, decision: Decision) -> list[str]:
        told = self._told.get(decision)
        if told is None:
            told = [
                f"{self._body(recipient.body)} ({word('role', recipient.role.code, self._lang)})"
                for recipient in decision.recipients
            ]
            if decision.further:
                return told
            if len(self._told) >= TOLD_MAX:
                self._told.clear()
            self._told[decision] = told
        return told

    def routed(
        self, record: Record, event: Event, routed: Routed, doubts: tuple[Doubt, ...], earlier: list[str]
    ) -> None:
        """Tell at debug, or at warning where there is a doubt; `earlier` are told only since they got the original."""
        if doubts and not self.routine:
            if not self._lines:
                self._untold += 1
                self._doubts.update(doubts)
                return
            self._lines -= 1
        say = log.warning if doubts else log.debug
        label = routed.place.district or routed.place.region or routed.place.country or ""
        say(
            "routed with warnings" if doubts else "routed",
            kind=word("kind", event.kind, self._lang),
            key=key_of(event),
            by=self._body(event.body),
            place=place_name(label, self._lang),
            severity=word("severity", event.severity, self._lang),
            told=self._told_by(routed.decision),
            earlier=[self._body(code) for code in earlier],
            doubts=[word("doubt", doubt, self._lang) for doubt in doubts],
            offset=f"{record.topic}/{record.partition}/{record.offset}",
        )

    def end(self) -> None:
        """End a batch: tell of the doubtful events that were too many to be told one by one."""
        self._lines = LINES_MAX
        if self._untold:
            doubts = {word("doubt", doubt, self._lang): number for doubt, number in self._doubts.items()}
            log.warning("further events routed with warnings", events=self._untold, doubts=doubts)
            self._untold = 0
            self._doubts.clear()

    def duplicate(self, record: Record, envelope: Envelope) -> None:
        """Log a resent event as routine."""
        log.debug(
            "counted before, left out",
            id=envelope.id,
            by=self._body(envelope.body),
            offset=f"{record.topic}/{record.partition}/{record.offset}",
        )

    def quarantined(self, record: Record, identifier: str, body: str, error: InvalidEventError) -> None:
        """Log what nobody can read, for a person."""
        del record
        log.warning(
            "quarantined",
            quarantine_id=identifier,
            by=self._body(body),
            reason=word("reason", error.reason, self._lang),
            where=error.where,
            message=error.message,
            hint=error.hint,
        )
