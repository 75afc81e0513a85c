"""How far a lack was passed on, and when it is passed on next. Pure: the policy's steps, the state, and the time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from cbrn_consumers.standing import ANSWERS
from cbrn_consumers.watch.rows import Moment
from cbrn_schemas.unanswered import Conclusion

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from cbrn_consumers.watch.deadlines import Lack
    from cbrn_consumers.watch.policy import Target
    from cbrn_consumers.watch.rows import AnswerRow


class Chain(msgspec.Struct):
    """The passing on of one lack."""

    key: str
    lacking: str
    source: str
    event: str
    due: Moment
    level: int = 0
    """Steps that were taken."""
    at: Moment | None = None
    """When the last of them was."""
    asked: str = ""
    """Another body that was asked last; empty while it is the body's own posts."""
    taken: bool = False
    """That body has answered: it is not passed on further."""
    refused: Moment | None = None
    """When that body declined, so that the next is asked at once."""

    @classmethod
    def of(cls, lack: Lack) -> Chain:
        """Begin with nothing taken."""
        return cls(lack.key, lack.lacking, lack.told.source, lack.told.id, lack.due)

    def next_at(self, targets: Sequence[Target]) -> datetime | None:
        """Return when the next step is to be taken; None: there is none."""
        if self.taken or self.level >= len(targets):
            return None
        if self.refused is not None:
            return self.refused
        return (self.due if self.at is None else self.at) + targets[self.level].after

    def step(self, targets: Sequence[Target], body: str, now: datetime) -> Target:
        """Take the next step; what follows is counted from now, so that nobody loses time by an outage of the bus."""
        target = targets[self.level]
        self.level += 1
        self.at, self.refused = now, None
        self.asked = "" if target.body == body else target.body
        return target

    def hear(self, answers: Iterable[AnswerRow]) -> None:
        """Take in what the body that was asked last has answered since then."""
        if self.at is None or not self.asked:
            return
        for each in answers:
            if each.act in ANSWERS and each.at >= self.at:
                self.taken = each.act != "declined"
                self.refused = None if self.taken else each.at

    def conclusion(self, situation: str, body: str, outcome: str, at: datetime, **more: object) -> Conclusion:
        """Return what is written down about it."""
        return Conclusion.model_validate(
            {
                "situation": situation,
                "body": body,
                "event": {"source": self.source, "id": self.event},
                "lacking": self.lacking,
                "outcome": outcome,
                "due": self.due,
                "at": at,
                "level": self.level,
                **more,
            }
        )
