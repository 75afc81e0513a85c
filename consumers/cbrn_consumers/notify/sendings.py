"""What a body's officers were sent and what came of it, for whoever looks: a fold over the history of notices. Pure.

Neither a number nor an address stands in it: a post, and the channel's name.
"""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from cbrn_routing.bus.read import existing
from cbrn_schemas.notice import FINAL, Notice, NoticeError, notices_topic, read_notice

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from cbrn_schemas.notice import NoticeOutcome, NoticeRecord, Result
    from cbrn_schemas.settings import Settings

SENDINGS_MAX: Final = 2_000
OUTCOMES_MAX: Final = 20


@dataclass(slots=True)
class Sending:
    """One notice, and what came of it so far."""

    notice: Notice
    outcomes: list[NoticeOutcome] = field(default_factory=list)
    """The first twenty, and always the last."""

    @property
    def result(self) -> Result | None:
        """What matters most: that it was answered, else what was final, else what came last; None: nothing yet."""
        said = [each.result for each in self.outcomes]
        if "answered" in said:
            return "answered"
        return next((each for each in reversed(said) if each in FINAL), said[-1] if said else None)

    @property
    def failed(self) -> bool:
        """Whether nobody was reached by it."""
        return self.result in {"failed", "given-up", "unreachable", "undelivered"}


def sendings_of(records: Iterable[NoticeRecord]) -> list[Sending]:
    """Return the newest notices, the newest first, with what came of each."""
    found: dict[str, Sending] = {}
    for said in records:
        if isinstance(said, Notice):
            found.setdefault(said.id, Sending(said))
            if len(found) > SENDINGS_MAX:
                del found[next(iter(found))]
        elif said.notice in found:
            outcomes = found[str(said.notice)].outcomes
            if len(outcomes) >= OUTCOMES_MAX:
                outcomes.pop()
            outcomes.append(said)
    return list(reversed(found.values()))


async def read_sendings(settings: Settings, body: str, since: datetime) -> list[Sending]:
    """Read what a body's officers were sent since a time.

    Raises:
        BrokerUnreachableError, UnknownTopicError, NotAuthorizedError: see `cbrn_consumers.errors`.
    """
    said: list[NoticeRecord] = []
    async with aclosing(existing(settings, notices_topic(settings.realm, body), since=since)) as records:
        async for record in records:
            try:
                said.append(read_notice(list(record.headers), record.value, settings.realm, body))
            except NoticeError:
                continue  # the history's own reader warns of it
    return sendings_of(said)
