"""One situation on a terminal: head, sections, everybody who was told. What stands in it, `situation` decides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.cells import cell_len
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from cbrn_consumers.situation import Weight, sections
from cbrn_deploy.cli.alerts.standing_screen import StandingScreen
from cbrn_deploy.cli.alerts.tail import MARK_STYLE, severity_style
from cbrn_deploy.cli.printing import as_typed, shown
from cbrn_schemas.catalogue.words import word
from cbrn_schemas.marks import marks

if TYPE_CHECKING:
    from rich.console import Console

    from cbrn_consumers.situation import Overview, Section
    from cbrn_schemas.events.base import Language

STYLES: Final = {Weight.ALARM: "bold white on red", Weight.STRONG: "bold", Weight.QUIET: "dim", Weight.PLAIN: ""}
STACKED_BELOW: Final = 60
"""Characters below which labels have no column of their own."""
LABELS_MAX: Final = 24


def print_overview(overview: Overview, lang: Language, out: Console) -> None:
    """Print everything: what one acts on first, then what one looks up."""
    _head(out, overview, lang)
    for section in sections(overview, lang):
        out.print()
        out.print(shown(section.title, "bold underline"))
        _rows(out, section)
    out.print()
    screen = StandingScreen(lang, overview.at, out)
    if overview.body is None:
        out.print(shown(word("section", "told", lang), "bold underline"))
        screen.show_parties(overview.standing)
    else:
        elsewhere = "not-shown-to-you" if overview.others is None else "duties-not-shown"
        out.print(_indented(shown(word("ui", elsewhere, lang), "dim")))
        _command(out, overview)
    screen.show_warnings(overview.warnings)


def _head(out: Console, overview: Overview, lang: Language) -> None:
    event = overview.event
    set_apart = [shown(f" {mark} ", MARK_STYLE) for mark in marks(event, lang, restricted=overview.alert.restricted)]
    severity = shown(word("severity", event.severity, lang), severity_style(event))
    out.print(Text(" ").join([*set_apart, severity]))
    # A name is there to be copied: it stands in one piece.
    out.print(shown(overview.standing.situation, "bold"), soft_wrap=True)
    out.print(shown(overview.versions[-1].told.headline(lang), "bold"))


def _rows(out: Console, section: Section) -> None:
    """Print labels in a column of their own where there is room; what has none before the first has the whole width."""
    first = next((number for number, row in enumerate(section.rows) if row.label), len(section.rows))
    first = len(section.rows) if out.width < STACKED_BELOW else first
    for row in section.rows[:first]:
        text = f"{row.label}: {row.text}" if row.label else row.text
        if " " in text:
            out.print(_indented(shown(text, STYLES[row.weight])))
        else:  # an id, to be copied
            out.print(shown(f"  {text}", STYLES[row.weight]), soft_wrap=True)
    if first == len(section.rows):
        return
    table = Table.grid(padding=(0, 2, 0, 0), expand=True)
    table.add_column(width=min(LABELS_MAX, max(cell_len(row.label) for row in section.rows[first:])), overflow="fold")
    table.add_column(ratio=1, overflow="fold")
    for row in section.rows[first:]:
        table.add_row(shown(row.label, "dim"), shown(row.text, STYLES[row.weight]))
    out.print(Padding(table, (0, 0, 0, 2)))


def _command(out: Console, overview: Overview) -> None:
    """Print how to answer, where an answer is asked for."""
    own = overview.own
    if own is not None and own.open_ask is not None:
        command = as_typed(f'cbrn ack {overview.standing.situation} --as {overview.body} --by "…"')
        out.print()
        out.print(shown(command, "bold"), soft_wrap=True)


def _indented(text: Text) -> Padding:
    return Padding(text, (0, 0, 0, 2), expand=False)
