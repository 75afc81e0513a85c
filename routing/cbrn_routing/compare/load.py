"""How many alerts each body would get from a set of events, and who is told without a task of its own in the book.

A fold, as a replay is: cases, events and decisions go in, counts come out. Pure.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from cbrn_routing.compare.replay import read_past
from cbrn_routing.compare.report import UNREAD_MAX, Unread
from cbrn_routing.rulebook import case_facets
from cbrn_schemas.catalogue.bodies import bodies
from cbrn_schemas.catalogue.frameworks import frameworks
from cbrn_schemas.errors import InvalidEventError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from cbrn_routing.compare.outcome import Outcome
    from cbrn_routing.compare.past import Past
    from cbrn_routing.compare.replay import Evaluator
    from cbrn_routing.rulebook import Rule, RuleBook

SEVERITIES: Final = ("Extreme", "Severe", "Moderate", "Minor", "Unknown")
MANDATE: Final = "mandate-"


class Untasked(NamedTuple):
    """A body that a rule tells although none of the rule's bases gives that body anything to do."""

    rule: str
    role: str
    body: str


class Load:
    """Counts who would be told of what."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator
        self.rulebook: Final = evaluator.digest
        self.roles: Final[dict[str, Counter[str]]] = {}
        """Alerts of each body, by role."""
        self.severities: Final[dict[str, Counter[str]]] = {}
        """Alerts of each body, by what the event counts as after what its own data say."""
        self.told: Final[dict[str, Counter[int]]] = {}
        """Events of each severity, by how many bodies are told of one."""
        self.unread = 0
        self.named_unread: Final[list[Unread]] = []

    def take_cases(self, book: RuleBook, today: date) -> None:
        """Take every case beside a rule of the book, as of the day. Cases of duties name no recipients."""
        for rule in book.rules:
            for case in rule.cases:
                self._count(self._evaluator.evaluate_facets(case_facets(case), today))

    def take(self, past: Past, data: bytes | None, where: str | None = None) -> None:
        """Take an event that was decided; by its facets alone where its bytes are gone."""
        if data is None:
            self._judge(where or past.id, lambda: self._evaluator.evaluate_cell(past))
        else:
            self._judge(where or past.id, lambda: self._evaluator.evaluate(read_past(data), past.decided))

    def take_event(self, identifier: str, data: bytes, where: str) -> None:
        """Take an event without a decision: judged as of its report."""

        def outcome() -> Outcome:
            event = read_past(data)
            return self._evaluator.evaluate(event, event.reported)

        self._judge(where or identifier, outcome)

    def unreadable(self, where: str, message: str) -> None:
        """Count what could not be read, and name the first ones."""
        self.unread += 1
        if len(self.named_unread) < UNREAD_MAX:
            self.named_unread.append(Unread(where, message))

    @property
    def events(self) -> int:
        """Events and cases that were counted."""
        return sum(counted.total() for counted in self.told.values())

    @property
    def by_alerts(self) -> list[tuple[str, int]]:
        """Bodies and their alerts, who gets most first."""
        totals = ((body, counted.total()) for body, counted in self.roles.items())
        return sorted(totals, key=lambda each: (-each[1], each[0]))

    def mean(self, severity: str) -> float:
        """Count the bodies told of an event of the severity, on average."""
        counted = self.told[severity]
        return sum(bodies_told * events for bodies_told, events in counted.items()) / counted.total()

    def as_json(self) -> dict[str, Any]:
        """Return plain values, stable names; bodies by code, the most alerts first."""
        return {
            "rulebook": self.rulebook,
            "events": self.events,
            "unreadable": self.unread,
            "unreadable_named": [one._asdict() for one in self.named_unread],
            "severities": {
                severity: {
                    "events": self.told[severity].total(),
                    "mean_told": round(self.mean(severity), 2),
                    "most_told": max(self.told[severity]),
                }
                for severity in SEVERITIES
                if severity in self.told
            },
            "bodies": {
                body: {"alerts": alerts, "roles": dict(self.roles[body]), "severities": dict(self.severities[body])}
                for body, alerts in self.by_alerts
            },
        }

    def _judge(self, where: str, outcome: Callable[[], Outcome]) -> None:
        try:
            self._count(outcome())
        except InvalidEventError as error:
            self.unreadable(where, str(error))
        except Exception as error:  # noqa: BLE001 - one event must not hide the rest of a history
            self.unreadable(where, f"cannot be judged: {type(error).__name__}: {error}")

    def _count(self, outcome: Outcome) -> None:
        severity = outcome.severity
        self.told.setdefault(severity, Counter())[len(outcome.roles)] += 1
        for body, role in outcome.roles.items():
            self.roles.setdefault(body, Counter())[role] += 1
            self.severities.setdefault(body, Counter())[severity] += 1


def untasked(book: RuleBook) -> tuple[Untasked, ...]:
    """Find every body that a rule tells without a task: it has neither its mandate nor a treaty that it answers for.

    The mandate of the body that it belongs to counts, and one that it has taken over. What stands for bodies by place
    (`{region}`) has a mandate of its own.
    """
    return tuple(
        Untasked(rule.id, role, body)
        for rule in book.rules
        for role, named in _named(rule)
        for body in named
        if not body.startswith("{") and not _instruments(body) & {basis.instrument for basis in rule.bases}
    )


def _named(rule: Rule) -> list[tuple[str, tuple[str, ...]]]:
    lead = () if rule.lead is None else (rule.lead,)
    return [("lead", lead), ("support", rule.support), ("inform", rule.inform)]


def _instruments(body: str) -> set[str]:
    """Give the codes under which a task of the body can stand among a rule's bases."""
    known = bodies().get(body)
    former = {each.code for each in bodies().values() if body in each.successors}
    codes = {body, *former} | ({known.parent} if known is not None and known.parent else set())
    owed = {code for code, each in frameworks().items() if body in (*each.national_bodies, *each.focal_points)}
    return {f"{MANDATE}{code}" for code in codes} | owed
