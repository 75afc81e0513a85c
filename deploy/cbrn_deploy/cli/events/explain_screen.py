"""An explanation on a terminal: who was told and why, or what stood in the way, in the language of the reader."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cbrn_deploy.cli.printing import console, shown
from cbrn_routing.explain.wording import (
    condition_name,
    duration_name,
    failed_name,
    met_name,
    named,
)
from cbrn_schemas.catalogue.naming import words_of
from cbrn_schemas.catalogue.words import word
from cbrn_schemas.catalogue.written import local_time
from cbrn_schemas.details import details

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from rich.console import Console

    from cbrn_consumers.decisions import Subject
    from cbrn_routing.explain import Account, Condition, Explanation, Naming, Origin, RecipientAccount, WhyNot
    from cbrn_routing.rulebook import Basis
    from cbrn_schemas.events.base import Language

_PLAIN = ("lane", "kind", "hazard", "status")
"""Facets that the heading says, or that say nothing in their usual value."""


class _Screen:
    """A screen of lines, each indented by its depth."""

    def __init__(self, lang: Language) -> None:
        self.lang = lang
        self.shown_bases: list[Basis] = []
        self._console: Console = console()

    def line(self, depth: int, text: str, style: str = "") -> None:
        """Print one line; a long one is folded under its own beginning."""
        from rich.padding import Padding  # noqa: PLC0415 - only where something is shown

        self._console.print(Padding(shown(text, style), (0, 0, 0, 3 * depth), expand=False))

    def say(self, code: str) -> str:
        """Return a word of explanations."""
        return word("explain", code, self.lang)

    def table(self, told: Iterable[RecipientAccount]) -> None:
        """Print who was told, in which role, by which rules."""
        from rich.table import Table  # noqa: PLC0415 - only where something is shown

        table = Table(box=None, pad_edge=False, header_style="bold")
        for head in ("role", "to", "rule"):
            table.add_column(word("ui", head, self.lang), overflow="fold")
        for each in told:
            role = word("change", "partner", self.lang) if each.partner else word("role", each.role.code, self.lang)
            rules = ", ".join(dict.fromkeys(naming.account.rule.id for naming in each.namings))
            why = self.say("earlier") if each.earlier else ", ".join(filter(None, (rules, *each.owed_by)))
            if each.in_place_of:
                why += f" ({self.say('in-place-of')}: {', '.join(each.in_place_of)})"
            if each.passed_to:
                why += f" → {', '.join(each.passed_to)}"
            table.add_row(shown(role), shown(named(each.body, self.lang)), shown(why))
        self._console.print(table)

    def list(self, depth: int, code: str, rules: Iterable[str], style: str = "") -> None:
        """Print «deadline set by: severe, extreme», if there is anything to say."""
        joined = ", ".join(rules)
        if joined:
            self.line(depth, f"{self.say(code)}: {joined}", style)


def show_explanation(subject: Subject, explanation: Explanation, lang: Language) -> None:
    """Show everybody who was told; then each rule that named somebody, with what met it and by which law."""
    screen = _Screen(lang)
    _heading(screen, subject, explanation)
    screen.table(explanation.told)
    origins = _by_value(explanation.origins)
    cited = {naming.account.rule.id: naming.account for told in explanation.told for naming in told.namings}
    for account in cited.values():
        _rule(screen, 0, account)
        _reasons(screen, account, origins)
    for naming in explanation.other_leads:
        screen.list(0, "other-leads", [f"{naming.account.rule.id} → {named(naming.word, lang)}"], "dim")
    screen.list(0, "duties", explanation.decision.duties)


def show_why_not(subject: Subject, explanation: Explanation, why_not: WhyNot, lang: Language) -> None:
    """Show what stood between a body and an alert; or, if it was told, why."""
    screen = _Screen(lang)
    _heading(screen, subject, explanation)
    if why_not.told is not None:
        _told(screen, why_not.told, _by_value(explanation.origins))
    else:
        screen.line(0, f"{named(why_not.body, lang)}: {screen.say('not-told')}", "bold red")
    for remark in why_not.remarks:
        instead = ", ".join(named(code, lang) for code in why_not.instead)
        screen.line(
            1, f"{screen.say(remark)} {instead}" if remark in {"gone", "not-yet"} else screen.say(remark), "yellow"
        )
    told = () if why_not.told is None else why_not.told.namings
    others = [each for each in why_not.candidates if each not in told]
    near = [each for each in others if not each.account.about_another_event]
    if near:
        screen.line(1, f"{screen.say('candidates')}:")
    for naming in near:
        _candidate(screen, naming, why_not.body)
    far = dict.fromkeys(each.account.rule.id for each in others if each not in near)
    screen.list(1, "other-events", far, "dim")


def _heading(screen: _Screen, subject: Subject, explanation: Explanation) -> None:
    lang, (facets, *further) = screen.lang, explanation.decision.cells
    screen.line(0, f"{word('kind', subject.kind, lang)} · {subject.name}", "bold")
    screen.line(0, "; ".join(_cell(facets._asdict(), lang)))
    if subject.event is not None:
        screen.line(1, " · ".join(map(str, details(subject.event, lang))), "dim")
    for cell in further:  # another place or hazard: what is otherwise there
        other = {name: value for name, value in cell._asdict().items() if value != getattr(facets, name)}
        screen.line(1, f"+ {'; '.join(_cell(other, lang, plain=()))}")
    book = f"{word('ui', 'rulebook', lang)} {explanation.decision.rulebook[:12]}"
    on = "" if explanation.on is None else f" · {explanation.on.isoformat()}"
    screen.line(0, f"{book}{on}", "dim")
    if subject.record is not None:
        more = f" · +{subject.others}" if subject.others else ""
        screen.line(
            0, f"{screen.say('decided')} {local_time(subject.record.decided, '%Y-%m-%d %H:%M:%S')}{more}", "dim"
        )
        if subject.record.signed_by is not None:
            screen.line(0, f"{word('ui', 'signed-with', lang)} {subject.record.signed_by}", "dim")
        if subject.record.doubts:
            screen.line(
                0, f"{word('ui', 'warnings', lang)}: {words_of('doubt', subject.record.doubts, lang)}", "yellow"
            )
    screen.list(0, "differs", explanation.differs, "yellow")
    within = explanation.decision.acknowledge_within_s
    if within is not None:
        by = f" ({screen.say('deadline-by')}: {', '.join(explanation.deadline_by)})"
        screen.line(0, f"{word('matrix', 'answer', lang)}: {duration_name(within, lang)}{by}")
    screen.list(0, "restricted-by", explanation.restricted_by, "yellow")


def _cell(facets: Mapping[str, Any], lang: Language, *, plain: tuple[str, ...] = _PLAIN) -> list[str]:
    """Say what facets say, without those that say nothing in their usual value."""
    return [
        condition_name(name, value if isinstance(value, frozenset) else (value,), lang)
        for name, value in facets.items()
        if name not in plain and value not in (None, False, frozenset())
    ]


def _told(screen: _Screen, told: RecipientAccount, origins: dict[tuple[str, str], str]) -> None:
    lang = screen.lang
    role = screen.say("held") if told.partner else word("role", told.role.code, lang)
    restricted = f" · {word('ui', 'restricted', lang)}" if told.restricted else ""
    screen.line(0, f"{named(told.body, lang)}: {screen.say('told')} · {role}{restricted}", "bold green")
    if told.earlier:
        screen.line(1, screen.say("earlier"))
    screen.list(1, "in-place-of", (named(code, lang) for code in told.in_place_of))
    if told.passed_to:
        screen.line(1, f"→ {', '.join(named(code, lang) for code in told.passed_to)}")
    for naming in told.namings:
        _naming(screen, naming)
        _reasons(screen, naming.account, origins)


def _reasons(screen: _Screen, account: Account, origins: dict[tuple[str, str], str]) -> None:
    """Print what met each condition, and by which laws the rule binds; a law that was shown is only named."""
    for condition in account.conditions:
        screen.line(2, f"✓ {met_name(condition, screen.lang)}{_source(condition, origins)}", "green")
    for basis in account.rule.bases:
        low = basis.confidence == "low"
        text = f"{screen.say('basis')}: {basis.instrument}"
        if basis not in screen.shown_bases:
            screen.shown_bases.append(basis)
            doubt = screen.say("unconfirmed") if low else word("confidence", basis.confidence, screen.lang)
            text += f", {basis.article} [{doubt}] {basis.source}"
        screen.line(2, text, "yellow" if low else "dim")


def _candidate(screen: _Screen, naming: Naming, body: str) -> None:
    account, lang = naming.account, screen.lang
    _naming(screen, naming)
    for condition in account.conditions:
        if condition.holds:
            screen.line(2, f"✓ {met_name(condition, lang)}", "green")
        else:
            screen.line(2, f"✗ {failed_name(condition, lang)}", "red")
    if account.silenced:
        screen.line(2, f"✗ {screen.say('silenced')}", "red")
    for exception in account.taken_out_by:
        met = "; ".join(met_name(condition, lang) for condition in exception)
        screen.line(2, f"✗ {screen.say('taken-out')}: {met}", "red")
    if not account.in_force:
        screen.line(2, f"✗ {screen.say('not-in-force')}", "red")
    if naming.outranked_by is not None:
        screen.line(2, f"✗ {screen.say('outranked')}: {naming.outranked_by}", "red")
    if naming.for_members_only:
        screen.line(2, f"✗ {screen.say('members-only')}", "red")
    if body not in naming.stands_for:
        here = ", ".join(named(code, lang) for code in naming.stands_for) or word("ui", "nobody", lang)
        screen.line(2, f"✗ «{named(naming.word, lang)}»: {screen.say('elsewhere')} {here}", "red")


def _naming(screen: _Screen, naming: Naming) -> None:
    lang = screen.lang
    role = word("change", "partner", lang) if naming.partner else word("role", naming.role.code, lang)
    through = f" · {named(naming.word, lang)}" if naming.word.startswith("{") else ""
    _rule(screen, 1, naming.account, f" · {role}{through}")


def _rule(screen: _Screen, depth: int, account: Account, rest: str = "") -> None:
    screen.line(depth, f"{account.rule.id} «{getattr(account.rule.title, screen.lang)}»{rest}", "bold")


def _source(condition: Condition, origins: dict[tuple[str, str], str]) -> str:
    """Say which field of the event gave what met the condition."""
    got = condition.got if isinstance(condition.got, tuple) else (condition.got,)
    met = [value for value in got if value in condition.by] or got
    fields = dict.fromkeys(origins.get((condition.facet, str(value)), "") for value in met)
    fields.pop("", None)
    return f"  ← {', '.join(fields)}" if fields else ""


def _by_value(origins: tuple[Origin, ...]) -> dict[tuple[str, str], str]:
    """Map (facet, value) to the field that gave it; several comma-separated. A plain field needs no repetition."""
    found: dict[tuple[str, str], list[str]] = {}
    for origin in origins:
        if origin.field != origin.facet:
            found.setdefault((origin.facet, origin.value), []).append(f"{origin.field} ({origin.given})")
    return {name: ", ".join(fields) for name, fields in found.items()}
