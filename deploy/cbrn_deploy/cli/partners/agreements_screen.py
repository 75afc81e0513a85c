"""Agreements on a terminal: what reaches whom, clause by clause."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table

from cbrn_deploy.cli.printing import complain, console, shown
from cbrn_routing.explain.wording import duration_name, when_name
from cbrn_routing.rulebook.language import seconds
from cbrn_routing.sharing import MAKE_SALT
from cbrn_schemas.catalogue.naming import body_name
from cbrn_schemas.catalogue.words import word

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import date
    from pathlib import Path

    from cbrn_routing.sharing import Agreement, AgreementProblem, Agreements
    from cbrn_schemas.events.base import Language


def print_problems(problems: Iterable[AgreementProblem]) -> None:
    """Print every mistake, with file, line and remedy."""
    for each in problems:
        complain(f"{each.file}:{each.line}: {each.field}: {each.message}", each.remedy)


def print_fields(names: Iterable[str], needed: frozenset[str], free: frozenset[str], lang: Language) -> None:
    """Print the names of a kind, with what an agreement over it cannot leave out, and what may name a place."""
    table = Table(box=None, show_header=False, pad_edge=False)
    for name in names:
        marks = {"needed": name in needed, "cautions": name in free}
        said = ", ".join(word("agreement", code, lang) for code, holds in marks.items() if holds)
        table.add_row(shown(name), shown(word("field", name.rpartition(".")[2], lang), "dim"), shown(said, "yellow"))
    console().print(table)


def print_agreements(found: Agreements, day: date, lang: Language) -> None:
    """Print a table an agreement: who learns what, how exactly, after how long, on whose word."""
    out = console()
    if not found.written:
        out.print(shown(word("agreement", "none", lang)))
    for written in found.written:
        agreement = written.agreement
        holds = agreement.in_force(day)
        state = word("agreement", "in-force" if holds else "not-in-force", lang)
        head = f"{agreement.id} · {body_name(agreement.partner, lang)} · {state} · {written.file}"
        out.print(shown(head, "bold green" if holds else "bold yellow"), soft_wrap=True)
        table = Table(box=None, show_header=False, pad_edge=True)
        table.add_column(overflow="fold", style="dim")
        table.add_column(overflow="fold")
        for label, text in _rows(agreement, lang):
            table.add_row(shown(word("agreement", label, lang)), shown(text))
        out.print(table)


def print_guessable(agreements: Sequence[str], folder: Path, lang: Language) -> None:
    """Warn of partners that could try which names of ours stand behind those that they get."""
    if agreements:
        complain(f"{', '.join(agreements)}: {word('agreement', 'no-salt', lang)}", MAKE_SALT.format(folder=folder))


def _rows(agreement: Agreement, lang: Language) -> Iterator[tuple[str, str]]:
    ends = agreement.valid_to
    yield "title", getattr(agreement.title, lang)
    last = word("agreement", "open-end", lang) if ends is None else ends.isoformat()
    yield "valid", f"{agreement.valid_from.isoformat()} – {last}"
    for basis in agreement.basis:
        yield "basis", f"{basis.instrument}, {basis.article} ({word('confidence', basis.confidence, lang)})"
    yield "hazards", ", ".join(word("hazard", each, lang) for each in agreement.hazards)
    yield "kinds", ", ".join(f"{word('kind', each, lang)} ({each})" for each in agreement.kinds)
    fields = (f"{each.name} [{each.article}]" if each.article else each.name for each in agreement.fields)
    yield "fields", ", ".join(fields) or word("agreement", "nothing", lang)
    if cautions := agreement.cautions():
        yield "cautions", ", ".join(cautions)
    yield "place", word("agreement", agreement.place, lang)
    yield "tlp", agreement.tlp
    yield from _release(agreement, lang)
    yield "formats", ", ".join(agreement.formats)
    public = () if agreement.public is None else agreement.public.when
    yield "public", "; ".join(when_name(each, lang) for each in public) or word("agreement", "nothing", lang)


def _release(agreement: Agreement, lang: Language) -> Iterator[tuple[str, str]]:
    nothing = word("agreement", "nothing", lang)
    cells = (
        f"{cell.id}: {'; '.join(when_name(each, lang) for each in cell.when)}" for cell in agreement.pre_authorised
    )
    yield "pre-authorised", "\n".join(cells) or nothing
    bodies = ", ".join(body_name(each, lang) for each in agreement.release.bodies)
    yield "release", f"{bodies} · {word('agreement', 'persons', lang)}: {agreement.release.persons}"
    yield "within", duration_name(seconds(agreement.release.within), lang)
    yield "delay", duration_name(agreement.delay_s, lang) if agreement.delay_s else nothing
    if agreement.acknowledge_within_s is not None:
        yield "acknowledge", duration_name(agreement.acknowledge_within_s, lang)
