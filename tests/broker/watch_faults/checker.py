"""What a week leaves behind, judged by what was told and answered alone. Times are those of the week."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from datetime import datetime, timedelta

STEPS: Final = {"mes-hydromet": 5, "moh": 4}
"""Steps of the policy that lead to somebody: moh has no parent."""
DECLINED: Final = {"mes-hydromet": 2, "moh": 1}


@dataclass(slots=True)
class Case:
    """One alert to one body, and what it answered."""

    situation: str
    body: str
    due: datetime
    role: str
    answers: list[tuple[str, datetime]] = field(default_factory=list)
    """Each act, and when the broker had confirmed it."""

    @property
    def last(self) -> str | None:
        return self.answers[-1][0] if self.answers else None

    def wanted(self) -> tuple[str, int] | None:
        """What must have been passed on to its end, and in how many steps."""
        match self.last:
            case None:
                return "not-acknowledged", STEPS[self.body]
            case "acknowledged" if self.role == "lead":
                return "not-accepted", STEPS[self.body]
            case "declined":
                return "declined", DECLINED[self.body]
        return None


class Alarm(NamedTuple):
    """One record of an alarm."""

    topic: str
    id: str
    situation: str
    body: str
    lacking: str
    level: int
    asked: bool
    """Whether this topic's body is the one that is asked; others are told as well."""
    due: datetime
    at: datetime
    written: datetime


class Verdict(NamedTuple):
    """What the checker found."""

    missed: list[str]
    doubled: list[str]
    wrong: list[str]
    """Given before its time, after an answer was confirmed, or out of order."""

    @property
    def clean(self) -> bool:
        return not (self.missed or self.doubled or self.wrong)


def check(cases: list[Case], alarms: list[Alarm], afters: list[timedelta]) -> Verdict:
    """Hold what was passed on against what had to be."""
    counted = Counter((each.topic, each.id) for each in alarms)
    counted.update(
        {
            (each.topic, f"{each.situation}/{each.body}/{each.lacking}/{each.level}/{each.asked}"): 1
            for each in set(alarms)
        }
    )
    doubled = [f"{key[0]} {key[1]}: {count} times" for key, count in counted.items() if count > 1]
    steps: dict[tuple[str, str], dict[str, list[Alarm]]] = defaultdict(lambda: defaultdict(list))
    for each in sorted(alarms, key=lambda alarm: alarm.level):
        if each.asked:
            steps[each.situation, each.body][each.lacking].append(each)
    asked = Counter((each.situation, each.body, each.lacking, each.level) for each in alarms if each.asked)
    doubled += [f"{key}: asked {count} times" for key, count in asked.items() if count > 1]
    missed, wrong = [], []
    for case in cases:
        found = steps.pop((case.situation, case.body), {})
        wanted = case.wanted()
        if wanted is not None:
            levels = {each.level for each in found.get(wanted[0], [])}
            missed += [f"{case}: {wanted[0]} {level}" for level in range(1, wanted[1] + 1) if level not in levels]
        for lacking, chain in found.items():
            wrong += [f"{case}: {each}" for each in chain if not _right(case, each, lacking)]
            levels = [each.level for each in chain]
            if sorted(set(levels)) != list(range(1, max(levels) + 1)):
                missed.append(f"{case}: {lacking} {levels}")
            wrong += [
                f"{case}: {lacking} {later.level} after {later.at - sooner.at}"
                for sooner, later in pairwise(chain)
                if later.level > sooner.level
                and lacking != "declined"
                and later.at - sooner.at < afters[later.level - 1]
            ]
    wrong += [f"nobody was told: {key}" for key in steps]
    return Verdict(missed, doubled, wrong)


def _right(case: Case, alarm: Alarm, lacking: str) -> bool:
    """Not before its time, and not once the broker had confirmed an answer to it."""
    if alarm.at < alarm.due:
        return False
    ends = {"not-acknowledged": 0, "not-accepted": 1, "declined": 1}[lacking]
    acts = [act for act, _ in case.answers]
    if lacking == "declined" and acts[:1] != ["declined"]:
        return False
    return len(case.answers) <= ends or alarm.at <= case.answers[ends][1]
