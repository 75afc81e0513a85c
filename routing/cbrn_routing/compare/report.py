"""What a replay found: per body the alerts gained, lost and changed, each with examples."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from cbrn_routing.compare.outcome import Change

RECORDED: Final = "recorded"
EXAMPLES_MAX: Final = 5
"""Events named for each kind of change of a body: enough to look at, whatever the history's length."""
UNREAD_MAX: Final = 20
"""Of what could not be read, so much is named; the rest is counted."""


class Unread(NamedTuple):
    """Something of the history that could not be read."""

    where: str
    """`topic/partition/offset`, or `file:line`."""
    message: str


@dataclass
class Tally:
    """What changes for one body."""

    gained: Counter[str] = field(default_factory=Counter)
    """Alerts that it gets by the one book only, by role."""
    lost: Counter[str] = field(default_factory=Counter)
    """Alerts that it gets by the other only, by the role it has there."""
    role: Counter[tuple[str, str]] = field(default_factory=Counter)
    deadline: Counter[tuple[int | None, int | None]] = field(default_factory=Counter)
    """Seconds before and after, for alerts that it gets either way."""
    restricted: Counter[tuple[bool, bool]] = field(default_factory=Counter)
    partner_gained: int = 0
    partner_lost: int = 0
    examples: dict[str, list[str]] = field(default_factory=dict)
    """Ids of events, by kind of change: `gained`, `lost`, `role`, `deadline`, `restricted`, `partner`."""

    def note(self, change: Change, event: str) -> None:
        """Count one change."""
        examples = self.examples.setdefault(self._count(change), [])
        if len(examples) < EXAMPLES_MAX:
            examples.append(event)

    def _count(self, change: Change) -> str:
        _, what, before, after = change
        if what == "partner":
            self.partner_gained += before is None
            self.partner_lost += after is None
        elif what == "deadline":
            self.deadline[before, after] += 1  # type: ignore[index] # seconds
        elif what == "restricted":
            self.restricted[bool(before), bool(after)] += 1
        elif before is None:
            self.gained[str(after)] += 1
            return "gained"
        elif after is None:
            self.lost[str(before)] += 1
            return "lost"
        else:
            self.role[str(before), str(after)] += 1
        return what

    def as_json(self) -> dict[str, Any]:
        """Return plain values; pairs as objects with `before` and `after`."""
        return {
            "gained": dict(sorted(self.gained.items())),
            "lost": dict(sorted(self.lost.items())),
            "role": _pairs(self.role),
            "deadline": _pairs(self.deadline),
            "restricted": _pairs(self.restricted),
            "partner_gained": self.partner_gained,
            "partner_lost": self.partner_lost,
            "examples": self.examples,
        }


@dataclass
class Report:
    """What a replay found."""

    book: str
    """Digest of the book by which history was decided again."""
    against: str
    """Digest of the book compared with; `recorded` where it was what had been decided."""
    judged: int = 0
    """Events compared."""
    by_facets: int = 0
    """Of those, decided by the record's facets, since the event is gone or cannot be read."""
    different: int = 0
    """Events with at least one change."""
    undecided: int = 0
    """Events without a decision to compare with; not decided again."""
    unread: int = 0
    """What could not be read."""
    named_unread: list[Unread] = field(default_factory=list)
    """The first of it."""
    bodies: dict[str, Tally] = field(default_factory=dict)
    duties: Counter[tuple[str, bool]] = field(default_factory=Counter)
    """(Duty rule, whether it is gained) by how many events."""

    def unreadable(self, where: str, message: str) -> None:
        """Note that something could not be read."""
        self.unread += 1
        if len(self.named_unread) < UNREAD_MAX:
            self.named_unread.append(Unread(where, message))

    def as_json(self) -> dict[str, Any]:
        """Return plain values, stable names; bodies by code."""
        return {
            "book": self.book,
            "against": self.against,
            "judged": self.judged,
            "by_facets": self.by_facets,
            "different": self.different,
            "undecided": self.undecided,
            "unreadable": self.unread,
            "unreadable_named": [one._asdict() for one in self.named_unread],
            "bodies": {body: tally.as_json() for body, tally in sorted(self.bodies.items())},
            "duties": [
                {"duty": duty, "gained": gained, "events": count}
                for (duty, gained), count in sorted(self.duties.items())
            ],
        }


def _pairs(counted: Counter[Any]) -> list[dict[str, Any]]:
    return [{"before": before, "after": after, "events": count} for (before, after), count in ordered(counted)]


def ordered(counted: Counter[Any]) -> list[tuple[Any, int]]:
    """Sort the most frequent first; the same whatever order they were counted in."""
    return sorted(counted.items(), key=lambda item: (-item[1], str(item[0])))
