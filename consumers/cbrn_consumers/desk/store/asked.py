"""What was asked of a body, one by one: what stands behind each number of a month's figures."""

from __future__ import annotations

import asyncio
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from cbrn_consumers.desk.store.database import unusable
from cbrn_consumers.desk.store.shown import ALL
from cbrn_consumers.desk.store.tables import asks, micros, moment_of
from cbrn_consumers.standing import AskTimes

if TYPE_CHECKING:
    from datetime import datetime

    from cbrn_consumers.desk.store.store import Store


class Outcome(StrEnum):
    """What came of an answer that was asked for, by the rules of `cbrn_consumers.standing.figures`."""

    IN_TIME = "in_time"
    LATE = "late"
    MISSING = "missing"
    WAITING = "waiting"
    WITHDRAWN = "withdrawn"


class Asked(NamedTuple):
    """An answer that was asked of a body, and in which situation."""

    situation: str
    times: AskTimes

    def outcome(self, now: datetime) -> Outcome:
        """Tell what came of it."""
        times = self.times
        if times.answered is not None:
            return Outcome.IN_TIME if times.answered <= times.due else Outcome.LATE
        if times.due < (times.withdrawn or now):
            return Outcome.MISSING
        return Outcome.WAITING if times.withdrawn is None else Outcome.WITHDRAWN


async def asked(store: Store, scope: str, since: datetime, until: datetime, *, body: str, severity: str) -> list[Asked]:
    """List what was asked of one body at one severity in a period, the newest first; none where the scope has no part.

    Raises:
        StoreError: the database cannot be used.
    """
    if scope not in {ALL, body}:
        return []
    wanted = (
        select(asks)
        .where(asks.c.since >= micros(since), asks.c.since < micros(until))
        .where(asks.c.body == body, asks.c.severity == severity)
        .order_by(asks.c.since.desc(), asks.c.situation, asks.c.number)
    )

    def find() -> list[Asked]:
        try:
            with store.database.reading() as given:
                return [_asked(row) for row in given.execute(wanted)]
        except SQLAlchemyError as error:
            raise unusable(error) from error

    return await asyncio.to_thread(find)


def _asked(row: Any) -> Asked:
    answered, withdrawn = (None if each is None else moment_of(each) for each in (row.answered, row.withdrawn))
    times = AskTimes(row.body, row.severity, moment_of(row.since), moment_of(row.due), answered, withdrawn)
    return Asked(row.situation, times)
