"""What the routers say of a rule book: read from `cbrn.bus.rulebook-status`, waited for after an activation.

Only what a router says of itself is shown as in force: that two persons have signed a book changes no decision yet.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic import ValidationError

from cbrn_consumers.left_out import LeftOut
from cbrn_routing.activation.status import Report, parse_status
from cbrn_routing.bus.errors import UnknownTopicError
from cbrn_routing.bus.read import batch, read_all, read_first
from cbrn_schemas.records import broker_time, rfc3339
from cbrn_schemas.topics import bus_topic

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cbrn_routing.activation import Activation
    from cbrn_routing.bus.read import Bytes
    from cbrn_schemas.settings import Settings


class Outcome(StrEnum):
    """What became of one activation with one router."""

    TAKEN = "taken"
    REFUSED = "refused"
    UNHEARD = "not-heard"
    """It has not said; nor will it, where it is down or older than these reports."""


class Answer(NamedTuple):
    """One router's word on one activation."""

    report: Report
    outcome: Outcome
    why: str | None = None
    hint: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Return plain values for machines."""
        name, heard = self.report.status.router, rfc3339(self.report.heard)
        return {"router": name, "state": self.outcome.value, "why": self.why, "hint": self.hint, "heard": heard}


class Reports:
    """The latest report of each router."""

    def __init__(self) -> None:
        self._by_router: dict[bytes, Report] = {}
        self._left_out = LeftOut()

    def take(self, records: Iterable[Bytes]) -> None:
        """Take records in; one that is no report is told to the log and left out."""
        now = datetime.now(UTC)
        for record in records:
            key = record.key or b""
            if record.value is None:
                self._by_router.pop(key, None)
                continue
            try:
                heard = broker_time(record.timestamp, record.timestamp_type, now)
                self._by_router[key] = Report(parse_status(record.value), heard)
            except ValidationError:
                self._left_out.note(record, "a router's report cannot be read, left out")
        self._left_out.tell()

    def all(self) -> list[Report]:
        """Return every report that stands, by the router's name."""
        return sorted(self._by_router.values(), key=lambda each: each.status.router)


async def read_reports(settings: Settings) -> list[Report] | None:
    """Read what the routers last said; None where the topic is missing: the bus was provisioned before it existed.

    Raises:
        BrokerUnreachableError, NotAuthorizedError: see `cbrn_consumers.errors`.
    """
    reports = Reports()
    try:
        reports.take(await read_all(settings, _topic(settings)))
    except UnknownTopicError:
        return None
    return reports.all()


async def await_answers(
    settings: Settings, activation: Activation, offset: int, now: datetime, within_s: float
) -> list[Answer] | None:
    """Wait until every router that was heard lately has taken or refused the record; None where the topic is missing.

    `now` is the broker's time of the record. Who has been silent before it is not waited for.

    Raises:
        BrokerUnreachableError, NotAuthorizedError: see `cbrn_consumers.errors`.
    """
    reports = Reports()
    loop = asyncio.get_running_loop()
    until = loop.time() + within_s
    try:
        async with read_first(settings, _topic(settings), reports.take) as reading:
            while True:
                answers = [answer_of(report, activation, offset) for report in reports.all()]
                waiting = [each for each in answers if each.outcome is Outcome.UNHEARD and not each.report.silent(now)]
                if not waiting or loop.time() >= until:
                    return answers
                reports.take(await batch(*reading, settings))
    except UnknownTopicError:
        return None


def answer_of(report: Report, activation: Activation, offset: int) -> Answer:
    """Read what a router's report says of an activation."""
    status = report.status
    if (status.sequence, status.digest) == (activation.sequence, activation.digest):
        return Answer(report, Outcome.TAKEN)
    for refusal in status.refused:
        if refusal.offset == offset:
            return Answer(report, Outcome.REFUSED, refusal.why, refusal.hint)
    if status.considered >= offset:
        other = f"number {status.sequence} is in force there" if status.sequence else "the shipped book decides there"
        return Answer(report, Outcome.REFUSED, other, "Its log says why.")
    return Answer(report, Outcome.UNHEARD, status.problem, "Look at its log." if status.problem else None)


def live(reports: Sequence[Report] | None, now: datetime) -> list[Report]:
    """Return the reports of routers that were heard lately."""
    return [each for each in reports or () if not each.silent(now)]


def report_json(report: Report, now: datetime) -> dict[str, Any]:
    """Return a router's report for machines."""
    silent = report.silent(now)
    return report.status.model_dump(mode="json") | {"heard": rfc3339(report.heard), "silent": silent}


def _topic(settings: Settings) -> str:
    return bus_topic(settings.realm, "rulebook-status")
