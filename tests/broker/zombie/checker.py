"""Counts what must not happen.

Written against `History` alone: it shares no code with the router, and no belief about how the router works but this:
what was acknowledged is told once, to all whom it concerns, in order.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .history import History, Position, Seen, Sent

EXAMPLES_MAX = 5
"""Examples kept of each kind of finding."""


@dataclass(slots=True)
class Verdict:
    """How often each promise was broken. All zero is the only good result."""

    lost_alerts: int = 0
    """An acknowledged event is missing at a body that must be told."""
    duplicated_alerts: int = 0
    """A body has the same source and id more than once; counts the surplus."""
    reordered_alerts: int = 0
    """A body has an event of a key after a later event of that key."""
    unexpected_alerts: int = 0
    """A body has something that nobody sent, or that does not concern it."""
    altered_alerts: int = 0
    """A body has other bytes than were published, or another role than it should have."""
    torn_transactions: int = 0
    """Of what one event causes (alerts and the bus's own record) a part is there and a part is not."""
    lost_decisions: int = 0
    duplicated_decisions: int = 0
    reordered_decisions: int = 0
    offset_regressions: int = 0
    """A committed offset, the group's or the state's, went back."""
    examples: dict[str, list[str]] = field(default_factory=dict)

    def count(self, kind: str, example: str) -> None:
        """Add one finding."""
        setattr(self, kind, getattr(self, kind) + 1)
        kept = self.examples.setdefault(kind, [])
        if len(kept) < EXAMPLES_MAX:
            kept.append(example)

    def add(self, other: Verdict) -> None:
        """Take over another verdict's findings."""
        for kind, number in other.counts.items():
            setattr(self, kind, getattr(self, kind) + number)
        for kind, examples in other.examples.items():
            self.examples.setdefault(kind, []).extend(examples)

    @property
    def counts(self) -> dict[str, int]:
        """Every kind of finding and how often it was made."""
        return {one.name: getattr(self, one.name) for one in fields(self) if one.name != "examples"}

    @property
    def findings(self) -> str:
        """What was found, in words."""
        found = ", ".join(f"{kind} {count}" for kind, count in self.counts.items() if count)
        return found or "every finding zero"

    @property
    def clean(self) -> bool:
        """Whether nothing was found."""
        return not any(self.counts.values())


def check(history: History) -> Verdict:
    """Dispatcher a finished run: every fault over, every router stopped, everything read."""
    verdict = Verdict()
    events = {(sent.source, sent.id): sent for sent in history.sent}
    _count_alerts(history, events, verdict)
    _count_rulings(history, events, verdict)
    _count_torn(history, events, verdict)
    _count_regressions("group", (one for one in history.committed if one not in history.injected), verdict)
    _count_regressions("state", history.stated, verdict)
    return verdict


def _count_alerts(history: History, events: dict[tuple[str, str], Sent], verdict: Verdict) -> None:
    copies: Counter[tuple[str, str, str]] = Counter()
    for seen in history.alerts:
        copies[seen.recipient, seen.source, seen.id] += 1
        sent = events.get((seen.source, seen.id))
        if sent is None or seen.recipient not in sent.recipients:
            verdict.count("unexpected_alerts", _named(seen))
        elif seen.role != sent.recipients[seen.recipient] or sent.digest not in {None, seen.digest}:
            verdict.count("altered_alerts", _named(seen))
    for (recipient, source, identifier), number in copies.items():
        for _ in range(number - 1):
            verdict.count("duplicated_alerts", f"{source} {identifier} at {recipient}, {number} times")
    for sent in history.sent:
        for recipient in sent.recipients:
            if not copies[recipient, sent.source, sent.id]:
                verdict.count("lost_alerts", f"{sent.source} {sent.id} at {recipient}")
    for example in _inversions(history.alerts, events):
        verdict.count("reordered_alerts", example)


def _count_rulings(history: History, events: dict[tuple[str, str], Sent], verdict: Verdict) -> None:
    copies = Counter((seen.recipient, seen.source, seen.id) for seen in history.rulings)
    for (ruling, source, identifier), number in copies.items():
        for _ in range(number - 1):
            verdict.count("duplicated_decisions", f"{ruling} of {source} {identifier}, {number} times")
    for sent in history.sent:
        if not copies[sent.ruling, sent.source, sent.id]:
            verdict.count("lost_decisions", f"{sent.ruling} of {sent.source} {sent.id}")
    for example in _inversions(history.rulings, events):
        verdict.count("reordered_decisions", example)


def _inversions(records: Iterable[Seen], events: dict[tuple[str, str], Sent]) -> Iterable[str]:
    """First appearances that come after a later event of their key, or in another partition than the key's first."""
    reached: dict[tuple[str, str], tuple[int, int]] = {}
    known: set[tuple[str, str, str]] = set()
    for seen in sorted(records, key=lambda one: (one.recipient, one.partition, one.offset)):
        sent = events.get((seen.source, seen.id))
        if sent is None or (seen.recipient, seen.source, seen.id) in known:
            continue
        known.add((seen.recipient, seen.source, seen.id))
        partition, last = reached.setdefault((seen.recipient, seen.key), (seen.partition, 0))
        if seen.partition != partition or sent.sequence <= last or seen.key != sent.key:
            yield f"{_named(seen)}: number {sent.sequence} of its key after {last} (partition {partition})"
        reached[seen.recipient, seen.key] = (partition, max(last, sent.sequence))


def _count_torn(history: History, events: dict[tuple[str, str], Sent], verdict: Verdict) -> None:
    there: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for seen in (*history.alerts, *history.rulings):
        there[seen.source, seen.id].add(seen.recipient)
    for identity, found in there.items():
        sent = events.get(identity)
        missing = {*sent.recipients, sent.ruling} - found if sent is not None else set()
        if missing:
            verdict.count(
                "torn_transactions", f"{identity[0]} {identity[1]} is missing at {', '.join(sorted(missing))}"
            )


def _count_regressions(whose: str, positions: Iterable[Position], verdict: Verdict) -> None:
    highest: dict[tuple[str, int], int] = {}
    for one in positions:
        before = highest.get((one.topic, one.partition), 0)
        if one.offset < before:
            verdict.count("offset_regressions", f"{whose}: {one.topic}/{one.partition} from {before} to {one.offset}")
        highest[one.topic, one.partition] = max(before, one.offset)


def _named(seen: Seen) -> str:
    return f"{seen.source} {seen.id} at {seen.recipient}/{seen.partition}/{seen.offset}"
