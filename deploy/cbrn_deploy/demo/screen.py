"""The terminal: cards that scroll, and below them, where there is a terminal, a live panel. Without one, plain lines."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from rich.box import ROUNDED
from rich.console import Console, Group
from rich.live import Live
from rich.padding import Padding
from rich.panel import Panel
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from cbrn_deploy.invocation import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from rich.console import RenderableType

    from cbrn_deploy.demo.board import Board
    from cbrn_deploy.demo.cards import Card, Row
    from cbrn_deploy.demo.texts import Speech
    from cbrn_deploy.kafka import Progress as FetchProgress

WIDE: Final = 90
"""Columns from which a rule's title gets a column of its own."""
STATIONS_SHOWN: Final = 4
PLAIN_FETCH_EVERY: Final = 20
"""Without a terminal, one line a so many jars."""
READINGS_BYTES: Final = 45_000_000
"""About what the jars weigh, for the bar of the download."""


class Screen:
    """What the demo shows. `quiet` for a demo that answers in JSON: then everything goes to standard error."""

    def __init__(self, speech: Speech, *, quiet: bool = False) -> None:
        self.speech = speech
        self.console = Console(stderr=quiet, markup=False, highlight=False, emoji=False)
        self._terminal = self.console.is_terminal
        self._live: Live | None = None
        self._step = ""
        self._monitored = 0

    # -- plain things

    def line(self, text: str = "", style: str = "") -> None:
        """One line, folded only on a terminal."""
        self.console.print(Text(printable(text), style=style), soft_wrap=not self._terminal)

    def show(self, renderable: RenderableType) -> None:
        """Anything that rich can draw."""
        self.console.print(renderable)

    def rule(self, text: str, style: str = "bold") -> None:
        """A heading."""
        if self._terminal:
            self.console.print(Rule(Text(printable(text), style=style), align="left", style="dim"))
        else:
            self.line(f"== {text}")

    # -- starting

    @contextmanager
    def starting(self, key: str) -> Generator[None]:
        """Around one step of the start: it is named while it runs, and its time when it is done."""
        text = self.speech.say(key)
        began = time.monotonic()
        if self._terminal:
            with self.console.status(Text(f"{text} …")):
                yield
        else:
            yield
        self.line(f"  ✓ {text} · {time.monotonic() - began:.1f} {self.speech.say('s')}", "dim")

    @contextmanager
    def fetching(self) -> Generator[Callable[[FetchProgress], None]]:
        """Around the download; nothing is shown where nothing has to be fetched."""
        if not self._terminal:
            yield self._plain_fetch()
            return
        columns = (TextColumn("  {task.description}"), BarColumn(), DownloadColumn())
        with Progress(*columns, console=self.console, transient=True) as progress:
            task = progress.add_task(self.speech.say("fetching"), total=READINGS_BYTES, visible=False)

            def show(now: FetchProgress) -> None:
                total = max(READINGS_BYTES, now.bytes_done)
                progress.update(task, completed=now.bytes_done, total=total, visible=True)

            yield show

    def _plain_fetch(self) -> Callable[[FetchProgress], None]:
        told: set[int] = set()

        def show(now: FetchProgress) -> None:
            part = now.done // PLAIN_FETCH_EVERY
            if part not in told:
                told.add(part)
                megabytes = now.bytes_done / 1e6
                self.line(f"  {self.speech.say('fetching')}: {now.done}/{now.total}, {megabytes:.0f} MB")

        return show

    # -- the play

    @contextmanager
    def live(self, board: Board) -> Generator[None]:
        """While the play lasts: on a terminal, a panel below the cards."""
        if not self._terminal:
            yield
            return
        with Live(
            get_renderable=lambda: self._panel(board), console=self.console, refresh_per_second=4, transient=True
        ) as live:
            self._live = live
            try:
                yield
            finally:
                self._live = None

    def announce(self, number: int, total: int, comment: str, board: Board) -> None:
        """What happens next, in the words of the scenario."""
        self._step = self.speech.say("step", number=number, total=total)
        if not self._terminal and sum(board.readings_published.values()) != self._monitored:
            self._monitored = sum(board.readings_published.values())
            self.line(f"  {self._monitoring(board)}")
        self.line()
        self.line(f"» {comment}" if self._terminal else f"[{number}/{total}] {comment}", "italic")

    def card(self, card: Card) -> None:
        """One event."""
        if self._terminal:
            self.console.print(self._drawn(card))
            return
        self.line(f"{card.time}  {card.title}" + (f": {card.headline}" if card.headline else ""))
        for row in card.rows:
            self.line(f"          {row.label}: {row.text}" + (f"  [{row.note}]" if row.note else ""))
        for row in card.footers:
            self.line(f"          {row.text}")

    def _drawn(self, card: Card) -> Panel:
        wide = self.console.width >= WIDE
        grid = Table.grid(padding=(0, 2), expand=True)
        grid.add_column(style="dim", no_wrap=True)
        grid.add_column(ratio=5, overflow="fold")
        if wide:
            grid.add_column(ratio=4, overflow="fold", style="dim")
        for row in card.rows:
            grid.add_row(*self._cells(row, wide=wide))
        parts: list[RenderableType] = [Text(printable(card.headline), style="bold")] if card.headline else []
        if card.rows:
            parts.append(grid)
        parts += [Text(printable(row.text), style=row.style) for row in card.footers]
        title = Text.assemble((f"{card.time} ", "dim"), (printable(card.title), f"bold {card.style}"))
        return Panel(Group(*parts), title=title, title_align="left", border_style=card.style, box=ROUNDED)

    @staticmethod
    def _cells(row: Row, *, wide: bool) -> list[Text]:
        text = Text(printable(row.text), style=row.style)
        note = Text(printable(row.note))
        if wide:
            return [Text(row.label), text, note]
        if row.note:
            text.append(f"\n{printable(row.note)}", "dim not bold")
        return [Text(row.label), text]

    def _monitoring(self, board: Board) -> str:
        return self.speech.say(
            "monitoring", published=sum(board.readings_published.values()), routed=board.readings_routed
        )

    def _panel(self, board: Board) -> RenderableType:
        grid = Table.grid(padding=(0, 2), expand=True)
        for ratio in (4, 2, 4):
            grid.add_column(ratio=ratio, overflow="ellipsis", no_wrap=True)
        for station, bodies in list(board.latest.values())[-STATIONS_SHOWN:]:
            grid.add_row(station.name, self.speech.body(station.body), f"→ {self.speech.bodies(bodies)}")
        title = f"{self._step} · {self._monitoring(board)}" if self._step else self._monitoring(board)
        return Padding(
            Panel(grid, title=Text(title, style="dim"), title_align="left", border_style="dim", style="dim"), (1, 0, 0, 0)
        )

    def table(self, rows: list[list[Any]], heads: list[str]) -> None:
        """A table; without a terminal, tab-separated lines."""
        if not self._terminal:
            for row in rows:
                self.line("  " + "\t".join(str(cell) for cell in row))
            return
        table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
        for head in heads:
            table.add_column(head, overflow="fold")
        for row in rows:
            table.add_row(*(Text(printable(str(cell))) for cell in row))
        self.console.print(Padding(table, (0, 0, 0, 2)))
