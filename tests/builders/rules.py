"""Rules, books and engines to decide by, and facets to decide about."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import Any

from cbrn_routing.decide import Engine
from cbrn_routing.decision import Decision, Facets, Role
from cbrn_routing.jurisdiction import Gazetteer
from cbrn_routing.rulebook import Directory, Eras, Matcher, Rule, RuleBook, national_rulebook
from cbrn_routing.rulebook.eras import Span
from cbrn_routing.rulebook.vocabulary import HAZARDS_OF, lane_of_kind
from cbrn_routing.traits import EMPTY

BASIS = [{"instrument": "enc", "article": "article 2", "source": "own", "confidence": "low"}]
TITLE = {"ky": "Эреже", "ru": "Правило", "en": "A rule"}
DIRECTORY = Directory(
    national=frozenset({"mes", "moh", "mia", "scns", "ppp-x", "ppp-y"}),
    foreign=frozenset({"kz", "uz", "iaea"}),
    members=("mes", "moh"),
    by_region={"KG-C": ("ppp-x",), "KG-J": ("ppp-y",)},
    by_country={"KZ": ("kz",), "UZ": ("uz",)},
)
HOME_NAMES = ["mes", "moh", "mia", "scns", "{region}", "{members}"]
FOREIGN_NAMES = ["iaea", "{neighbours}", "{downstream}"]


def make_rule(identifier: str, when: dict[str, Any], **effect: Any) -> Rule:
    """A rule on a basis of which nothing more is said."""
    return Rule.model_validate({"id": identifier, "title": TITLE, "basis": BASIS, "when": when, **effect})


def make_book(*rules: Rule) -> RuleBook:
    """A book of one file."""
    return RuleBook.from_groups([rules])


def changed(of: RuleBook, identifier: str, **fields: Any) -> RuleBook:
    """The book with one rule changed; its duties and all else as they are."""

    def one(rule: Rule) -> Rule:
        if rule.id != identifier:
            return rule
        return Rule.model_validate({**rule.model_dump(exclude_none=True, exclude={"cases"}), **fields})

    return RuleBook.from_groups([[one(rule) for rule in group] for group in of.groups], of.duties)


def make_facets(**given_facets: Any) -> Facets:
    """Facets of a small fire in Chuy, but for those that are given."""
    ordinary = Facets(
        "incidents", "chemical", "toxic-fire", "Minor", "Unknown", "Observed", None, "Actual", "KG-C", "KG",
        frozenset(), frozenset(), False, frozenset(), frozenset(),  # noqa: FBT003 - a row of the record
    )  # fmt: skip
    return ordinary._replace(**given_facets)


@cache
def national_gazetteer() -> Gazetteer:
    """The one map of a process: 0.2 s to draw."""
    return Gazetteer()


@cache
def national_engine() -> Engine:
    """The national book on the national map."""
    return Engine(Eras(national_rulebook()), national_gazetteer())


class OneMatcher(Eras):
    """A book that decides by one matcher whatever the day.

    Old cases are told to the bodies of today, and a decision is the same object before and after midnight.
    """

    def __init__(self, matcher: Matcher) -> None:
        super().__init__(matcher.book)
        self._matcher = matcher

    def span(self, moment: datetime) -> Span:
        """Return all time."""
        del moment
        return Span(datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC), self._matcher)


def cell(kind: str, hazard: str | None = None, **others: Any) -> Facets:
    """An ordinary accident of minor severity in the country; sets may be given as any iterable."""
    for name in ("neighbours", "downstream", "exposed", "traits"):
        others[name] = frozenset(others.get(name, EMPTY))
    ordinary: dict[str, Any] = {
        "lane": lane_of_kind(kind),
        "hazard": hazard or HAZARDS_OF[kind][0],
        "kind": kind,
        "severity": "Minor",
        "urgency": "Unknown",
        "certainty": "Unknown",
        "deliberate": None,
        "status": "Actual",
        "region": None,
        "country": "KG",
        "border": False,
    }
    return Facets(**{**ordinary, **others})


def named(value: object) -> str:
    """Part of a test's name: the same in every process, which a set's own text is not."""
    if isinstance(value, Facets):
        return f"{value.hazard} {value.kind}"
    return ",".join(sorted(value)) if isinstance(value, (set, frozenset)) else str(value)


def told(decision: Decision, role: Role) -> set[str]:
    """Who is told in this role."""
    return {each.body for each in decision.recipients if each.role is role}
