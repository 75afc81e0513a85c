"""Both sides of one decision for one body: by which rules it was told, or what stood in the way. Pure.

What is said of an alert is worked out again from the event and from the book that decided, and held against what the
router has written on the alert.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from cbrn_consumers.decisions import Subject, decided_by, explained
from cbrn_consumers.desk.rulebook.reading import Law, law
from cbrn_routing.decision_record import AND_MORE
from cbrn_routing.explain.wording import condition_name, duration_name, failed_name, met_name, named
from cbrn_schemas.catalogue.naming import body_name
from cbrn_schemas.catalogue.words import word
from cbrn_schemas.records import EARLIER_RECIPIENT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import date, datetime

    from cbrn_consumers.alert import Alert
    from cbrn_routing.explain import Condition, Naming, Origin, RecipientAccount, WhyNot
    from cbrn_routing.rulebook import Rule, RuleBook
    from cbrn_schemas.events import AnyEvent
    from cbrn_schemas.events.base import Language

_PLAIN: Final = frozenset({"lane", "kind", "hazard", "status"})
"""Facets that the heading says, or that say nothing in their usual value."""


class Fact(NamedTuple):
    """One condition, or an obstacle, in words."""

    holds: bool
    said: str
    given: str = ""
    """Which field of the event gave it."""


class Reason(NamedTuple):
    """One rule, and how it stands to the body."""

    id: str
    title: str
    role: str
    through: str
    """The word of the rule that stands for the body here; empty where it names the body."""
    facts: tuple[Fact, ...]
    laws: tuple[Law, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """What became of one body."""

    body: str
    name: str
    told: bool
    role: str
    restricted: bool
    earlier: bool
    """It is told only because it got the original."""
    remarks: tuple[str, ...]
    reasons: tuple[Reason, ...]
    """The rules that named it."""
    near: tuple[Reason, ...]
    """Rules that could have named it, the nearest first, with what stood in their way."""
    far: tuple[tuple[str, str], ...]
    """Rules about other events: id and title."""
    recorded: bool
    """Whether the rules that stand on its alert are among these."""


class Told(NamedTuple):
    """Somebody who was told."""

    body: str
    name: str
    role: str
    rules: tuple[str, ...]
    earlier: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What was decided."""

    kind: str
    event: str
    cell: tuple[str, ...]
    rulebook: str
    on: date | None
    at: datetime | None
    """When the router decided; None where it is worked out again from an alert."""
    answer: str
    answer_by: tuple[str, ...]
    restricted_by: tuple[str, ...]
    told: tuple[Told, ...]
    duties: tuple[str, ...]
    differs: tuple[str, ...]
    """Fields of the record that this program would fill otherwise."""


def subject_of(alert: Alert, book: RuleBook) -> Subject:
    """Decide again what the alert was decided on: by its own book, at the moment when the router wrote it."""
    event: AnyEvent = alert.event  # type: ignore[assignment] # what the bus itself says was not decided by rules
    return decided_by(book, event, alert.id, alert.origin.timestamp)


class Explained:
    """One decision that can be asked about any body."""

    def __init__(self, subject: Subject, book: RuleBook) -> None:
        self._subject = subject
        self._explainer, self._explanation = explained(book, subject)
        self._origins = _by_value(self._explanation.origins)

    def decision(self, lang: Language) -> Decided:
        """Say what was decided, and who was told."""
        found, record = self._explanation, self._subject.record
        within = found.decision.acknowledge_within_s
        return Decided(
            kind=word("kind", self._subject.kind, lang),
            event=self._subject.name,
            cell=tuple(_cell(found.decision.facets._asdict(), lang)),
            rulebook=found.decision.rulebook,
            on=found.on,
            at=None if record is None else record.decided,
            answer="" if within is None else duration_name(within, lang),
            answer_by=found.deadline_by,
            restricted_by=found.restricted_by,
            told=tuple(_told(each, lang) for each in found.told),
            duties=found.decision.duties,
            differs=found.differs,
        )

    def side(self, body: str, lang: Language, recorded: tuple[str, ...] | None = None) -> Side:
        """Say why a body was told, or why not; `recorded` are the rules that stand on its own alert."""
        asked = self._explainer.why_not(body, self._explanation)
        told = asked.told
        namings = () if told is None else told.namings
        near, far = _others(asked, namings)
        earlier = (told is not None and told.earlier) or EARLIER_RECIPIENT in (recorded or ())
        rules = {naming.account.rule.id for naming in namings}
        return Side(
            body=body,
            name=named(body, lang),
            told=told is not None or recorded is not None,
            role="" if told is None else _role(told.role.code, lang, partner=told.partner),
            restricted=told is not None and told.restricted,
            earlier=earlier,
            remarks=tuple(_remarks(asked, lang)),
            reasons=tuple(self._reason(each, lang) for each in namings),
            near=tuple(_candidate(each, body, self._explanation.on, lang) for each in near),
            far=tuple((rule.id, getattr(rule.title, lang)) for rule in far.values()),
            recorded=recorded is None or {*recorded} - {EARLIER_RECIPIENT, AND_MORE} <= rules,
        )

    def _reason(self, naming: Naming, lang: Language) -> Reason:
        facts = (
            Fact(True, met_name(one, lang), _source(one, self._origins))  # noqa: FBT003 - a row
            for one in naming.account.conditions
        )
        return _as_reason(naming, tuple(facts), self._explanation.on, lang)


def _others(asked: WhyNot, namings: tuple[Naming, ...]) -> tuple[list[Naming], dict[str, Rule]]:
    """Split the rules that could have named the body from those about other events."""
    others = [each for each in asked.candidates if each not in namings]
    near = [each for each in others if not each.account.about_another_event]
    return near, {each.account.rule.id: each.account.rule for each in others if each.account.about_another_event}


def _candidate(naming: Naming, body: str, on: date | None, lang: Language) -> Reason:
    account = naming.account
    facts = [
        Fact(one.holds, met_name(one, lang) if one.holds else failed_name(one, lang)) for one in account.conditions
    ]
    facts += [Fact(False, said) for said in _obstacles(naming, body, lang)]  # noqa: FBT003 - a row
    return _as_reason(naming, tuple(facts), on, lang)


def _obstacles(naming: Naming, body: str, lang: Language) -> Iterator[str]:
    account = naming.account
    if account.silenced:
        yield word("explain", "silenced", lang)
    for exception in account.taken_out_by:
        yield f"{word('explain', 'taken-out', lang)}: {'; '.join(met_name(one, lang) for one in exception)}"
    if not account.in_force:
        yield word("explain", "not-in-force", lang)
    if naming.outranked_by is not None:
        yield f"{word('explain', 'outranked', lang)}: {naming.outranked_by}"
    if naming.for_members_only:
        yield word("explain", "members-only", lang)
    if body not in naming.stands_for:
        here = ", ".join(named(code, lang) for code in naming.stands_for) or word("ui", "nobody", lang)
        yield f"«{named(naming.word, lang)}»: {word('explain', 'elsewhere', lang)} {here}"


def _as_reason(naming: Naming, facts: tuple[Fact, ...], on: date | None, lang: Language) -> Reason:
    rule = naming.account.rule
    return Reason(
        rule.id,
        getattr(rule.title, lang),
        _role(naming.role.code, lang, partner=naming.partner),
        named(naming.word, lang) if naming.word.startswith("{") else "",
        facts,
        tuple(law(basis, on, lang) for basis in rule.bases),
    )


def _remarks(asked: WhyNot, lang: Language) -> Iterator[str]:
    instead = ", ".join(named(code, lang) for code in asked.instead)
    for remark in asked.remarks:
        said = word("explain", remark, lang)
        yield f"{said} {instead}" if remark in {"gone", "not-yet"} else said


def _told(told: RecipientAccount, lang: Language) -> Told:
    rules = dict.fromkeys(naming.account.rule.id for naming in told.namings)
    role = _role(told.role.code, lang, partner=told.partner)
    return Told(told.body, body_name(told.body, lang), role, (*rules, *told.owed_by), told.earlier)


def _role(code: str, lang: Language, *, partner: bool) -> str:
    return word("change", "partner", lang) if partner else word("role", code, lang)


def _cell(facets: Mapping[str, Any], lang: Language) -> Iterator[str]:
    """Say what facets say, without those that say nothing in their usual value."""
    for name, value in facets.items():
        if name not in _PLAIN and value not in (None, False, frozenset()):
            yield condition_name(name, value if isinstance(value, frozenset) else (value,), lang)


def _source(condition: Condition, origins: Mapping[tuple[str, str], str]) -> str:
    """Say which field of the event gave what met the condition."""
    got = condition.got if isinstance(condition.got, tuple) else (condition.got,)
    met = [value for value in got if value in condition.by] or got
    fields = dict.fromkeys(origins.get((condition.facet, str(value)), "") for value in met)
    fields.pop("", None)
    return ", ".join(fields)


def _by_value(origins: Iterable[Origin]) -> dict[tuple[str, str], str]:
    """Map facet and value to the fields that gave it. A plain field needs no repetition."""
    found: dict[tuple[str, str], list[str]] = {}
    for origin in origins:
        if origin.field != origin.facet:
            found.setdefault((origin.facet, origin.value), []).append(f"{origin.field} ({origin.given})")
    return {name: ", ".join(fields) for name, fields in found.items()}
