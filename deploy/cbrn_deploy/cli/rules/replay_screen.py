"""What a replay found, on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rich.table import Table

from cbrn_deploy.cli.printing import console, shown
from cbrn_routing.compare import RECORDED, ordered
from cbrn_routing.explain.wording import duration_name, named
from cbrn_schemas.catalogue.words import word

if TYPE_CHECKING:
    from collections import Counter

    from cbrn_routing.compare import Report, Tally
    from cbrn_schemas.events.base import Language

HEADS: Final = ("gained", "lost", "role", "deadline", "restricted", "partner")
EXAMPLES_SHOWN: Final = 2
"""Of each kind of change; `--json` has more."""


def show_report(report: Report, lang: Language) -> None:
    """Show a row a body, with examples below; what could not be read; the totals."""
    out = console()
    bodies = sorted(report.bodies.items(), key=lambda item: (-_weight(item[1]), item[0]))
    if bodies:
        out.print(_table(bodies, lang))
    for body, tally in bodies:
        examples = dict.fromkeys(event for events in tally.examples.values() for event in events[:EXAMPLES_SHOWN])
        out.print(shown(f"{body}: {word('change', 'examples', lang)}: {', '.join(examples)}", "dim"))
    for (duty, gained), count in sorted(report.duties.items()):
        sign = "+" if gained else "-"
        out.print(shown(f"{sign} {word('change', 'duty', lang)} {duty}: {count}"))
    for one in report.named_unread:
        out.print(shown(f"{word('change', 'unreadable', lang)}: {one.where}: {one.message}", "yellow"))
    out.print(shown(_summary(report, lang), "bold"))


def _table(bodies: list[tuple[str, Tally]], lang: Language) -> Table:
    """Draw only the columns in which there is anything."""
    rows = [_cells(tally, lang) for _, tally in bodies]
    filled = [number for number in range(len(HEADS)) if any(row[number][0] for row in rows)]
    table = Table(box=None, pad_edge=False, header_style="bold")
    for head in (word("ui", "to", lang), *(word("change", HEADS[number], lang) for number in filled)):
        table.add_column(head, overflow="fold")
    for (body, _), row in zip(bodies, rows, strict=True):
        table.add_row(shown(named(body, lang), "bold"), *(shown(*row[number]) for number in filled))
    return table


def _summary(report: Report, lang: Language) -> str:
    against = word("change", "recorded", lang) if report.against == RECORDED else report.against[:12]
    parts = [
        f"{against} → {report.book[:12]}",
        f"{word('change', 'events', lang)}: {report.judged}",
        f"{word('change', 'different', lang)}: {report.different}",
    ]
    counts = {"by-facets": report.by_facets, "unrecorded": report.undecided, "unreadable": report.unread}
    parts += [f"{word('change', code, lang)}: {count}" for code, count in counts.items() if count]
    return " · ".join(parts)


def _cells(tally: Tally, lang: Language) -> list[tuple[str, str]]:
    partner = [f"+{tally.partner_gained}"] * bool(tally.partner_gained)
    partner += [f"-{tally.partner_lost}"] * bool(tally.partner_lost)
    return [
        (_roles("+", tally.gained, lang), "green"),
        (_roles("-", tally.lost, lang), "red"),
        (_pairs(tally.role, lambda role: word("role", role, lang)), ""),
        (_pairs(tally.deadline, lambda seconds: duration_name(seconds, lang)), ""),
        (_pairs(tally.restricted, lambda held: word("facet", "yes" if held else "no", lang)), ""),
        (" ".join(partner), ""),
    ]


def _roles(sign: str, counted: Counter[str], lang: Language) -> str:
    return ", ".join(f"{sign}{count} {word('role', role, lang)}" for role, count in ordered(counted))


def _pairs(counted: Counter[Any], name: Any) -> str:
    return ", ".join(f"{count} {name(before)} → {name(after)}" for (before, after), count in ordered(counted))


def _weight(tally: Tally) -> int:
    """Weigh bodies so that those which lose or gain most stand first."""
    return tally.lost.total() * 2 + tally.gained.total() + tally.role.total()
