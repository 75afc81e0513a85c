"""Rules and their examples on a terminal, in the language of the reader."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from cbrn_deploy.cli.printing import console, shown
from cbrn_routing.explain.wording import duration_name, named, when_name
from cbrn_schemas.catalogue.words import word

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cbrn_routing.rulebook import Case, CaseFailure, DutyRule, Matcher, Rule
    from cbrn_schemas.events.base import Language


def show_list(label: str, rules: list[Rule], lang: Language) -> None:
    """Show one row a rule: when, and who."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for head in (word("ui", "rule", lang), word("explain", "when", lang), word("ui", "to", lang)):
        table.add_column(head, overflow="fold")
    for rule in rules:
        told = "; ".join(f"{role}: {names}" for role, names in _told(rule, lang))
        title = f"{rule.id}\n{getattr(rule.title, lang)}"
        table.add_row(_lines(title), shown(_when(rule, lang)), shown(told))
    if rules:
        console().print(table)
    count = f"{len(rules)} · " if rules else ""
    _line(0, f"{count}{word('ui', 'rulebook', lang)} {label}", "dim")


def show_rule(rule: Rule, lang: Language) -> None:
    """Show one rule, all that it says."""
    _line(0, f"{rule.id} «{getattr(rule.title, lang)}»", "bold")
    _line(1, f"{word('explain', 'when', lang)}: {when_name(rule.when, lang)}")
    for unless in rule.unless:
        _line(1, f"{word('explain', 'unless', lang)}: {when_name(unless, lang)}")
    for role, names in _told(rule, lang):
        _line(1, f"{role}: {names}")
    if rule.acknowledge_within_s is not None:
        _line(1, f"{word('ui', 'deadline', lang)}: {duration_name(rule.acknowledge_within_s, lang)}")
    if rule.restricted:
        _line(1, word("ui", "restricted", lang), "yellow")
    for basis in rule.bases:
        low = basis.confidence == "low"
        doubt = word("explain", "unconfirmed", lang) if low else word("confidence", basis.confidence, lang)
        since = "" if basis.since is None else f" {basis.since} –"
        until = "" if basis.until is None else f" {basis.until}"
        law = f"{basis.instrument}, {basis.article}{since}{until} [{doubt}] {basis.source}"
        _line(1, f"{word('explain', 'basis', lang)}: {law}", "yellow" if low else "")
    for case in rule.cases:
        _line(1, f"{word('explain', 'cases', lang)}: {case.title}")
        _line(2, when_name(case.facets, lang), "dim")
        _line(2, _expected(case, lang), "dim")


def show_duty(duty: DutyRule, lang: Language) -> None:
    """Show one rule of duties: when it asks, and what for."""
    obligation = duty.obligation
    _line(0, f"{duty.id} «{getattr(duty.title, lang)}»", "bold")
    for code, whens in (("when", duty.when), ("when", duty.also), ("unless", duty.unless)):
        for when in whens:
            _line(1, f"{word('explain', code, lang)}: {when_name(when, lang)}")
    if duty.possible:
        _line(1, word("certainty", "Possible", lang), "yellow")
    addressees = ", ".join(obligation.addressees) or "-"
    _line(1, f"{word('explain', 'duties', lang)}: {obligation.duty} ({obligation.wording}) → {addressees}")
    low = obligation.confidence == "low"
    doubt = word("explain", "unconfirmed", lang) if low else word("confidence", obligation.confidence, lang)
    law = f"{obligation.framework}, {obligation.article} [{doubt}] {obligation.source}"
    _line(1, f"{word('explain', 'basis', lang)}: {law}", "yellow" if low else "")


def show_failures(label: str, matcher: Matcher, total: int, failed: list[list[CaseFailure]], lang: Language) -> None:
    """Show each failing case as a difference; then how many pass."""
    from cbrn_routing.rulebook import case_of, rules_of_case  # noqa: PLC0415 - help is quick

    for differences in failed:
        case = case_of(matcher.book, differences[0])
        _line(0, f"{differences[0].rule}: {case.title}", "bold red")
        _line(1, when_name(case.facets, lang))
        _line(1, f"{word('explain', 'matched', lang)}: {', '.join(rules_of_case(matcher, case)) or '-'}", "dim")
        for each in differences:
            _difference(each, lang)
    passed = total - len(failed)
    summary = f"{passed} {word('explain', 'passed', lang)}, {len(failed)} {word('explain', 'failed', lang)}"
    _line(0, f"{summary} · {word('ui', 'rulebook', lang)} {label}", "red" if failed else "green")


def _difference(failure: CaseFailure, lang: Language) -> None:
    """Show `- expected`, `+ got`; of two sets only what differs."""
    expected, got = failure.expected, failure.got
    if isinstance(expected, set) and isinstance(got, set):
        missing = ", ".join(named(code, lang) for code in sorted(expected - got))
        extra = ", ".join(named(code, lang) for code in sorted(got - expected))
    else:
        missing, extra = str(expected), str(got)
    if missing:
        _line(1, f"- {failure.field}: {word('explain', 'expected', lang)} {missing}", "red")
    if extra:
        _line(1, f"+ {failure.field}: {word('explain', 'got', lang)} {extra}", "green")


def _told(rule: Rule, lang: Language) -> Iterable[tuple[str, str]]:
    """Yield role and names, those that there are."""
    roles = {
        word("role", "lead", lang): () if rule.lead is None else (rule.lead,),
        word("role", "support", lang): rule.support,
        word("role", "inform", lang): rule.inform,
        word("ui", "partners", lang): rule.partners,
    }
    return ((role, ", ".join(named(name, lang) for name in names)) for role, names in roles.items() if names)


def _when(rule: Rule, lang: Language) -> str:
    unless = "".join(f"; {word('explain', 'unless', lang)} ({when_name(each, lang)})" for each in rule.unless)
    return when_name(rule.when, lang) + unless


def _expected(case: Case, lang: Language) -> str:
    lists = {"lead": None if case.lead is None else (case.lead,), "support": case.support, "inform": case.inform}
    told = [
        f"{word('role', role, lang)}: {', '.join(names) or '-'}" for role, names in lists.items() if names is not None
    ]
    if case.partners is not None:
        told.append(f"{word('change', 'partner', lang)}: {', '.join(case.partners) or '-'}")
    return "; ".join(told)


def _lines(text: str) -> Text:
    first, _, rest = text.partition("\n")
    return Text("\n").join([shown(first, "bold"), shown(rest)])


def _line(depth: int, text: str, style: str = "") -> None:
    console().print(Padding(shown(text, style), (0, 0, 0, 3 * depth), expand=False))
