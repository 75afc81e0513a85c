"""What the user sees: cards that scroll and, on a terminal, a live panel below them; else plain lines."""

from __future__ import annotations

import time
from contextlib import contextmanager
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from rich.box import ROUNDED
from rich.cells import cell_len, set_cell_size
from rich.console import Group
from rich.live import Live
from rich.padding import Padding
from rich.panel import Panel
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from cbrn_deploy.cli.printing import as_typed, printable

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from rich.console import Console, RenderableType

    from cbrn_deploy.cli.demo.board import Board
    from cbrn_deploy.cli.demo.cards import Card, Row
    from cbrn_deploy.cli.demo.desk import Desk
    from cbrn_deploy.cli.demo.texts import Speech
    from cbrn_deploy.kafka import Progress as FetchProgress

FRAME: Final = 8
"""Columns that a panel's frame takes from its title."""
WIDE: Final = 90
"""Columns from which a rule's title gets a column of its own."""
STATIONS_SHOWN: Final = 4
PLAIN_FETCH_EVERY: Final = 20
"""Without a terminal, one line a so many jars."""
PLAIN_READINGS_EVERY: Final = 25
"""Without a terminal, one line a so many readings."""
JARS_BYTES: Final = 45_000_000
"""About what the jars weigh, for the bar of the download."""


class Screen:
    """What the demo shows, and on what."""

    def __init__(self, speech: Speech, console: Console) -> None:
        self.speech = speech
        self.console = console
        self._terminal = self.console.is_terminal
        self._live: Live | None = None
        self._step = ""
        self._stopping = False
        self._monitored = 0

    # -- plain things

    def line(self, text: str = "", style: str = "") -> None:
        """Print one line, folded only on a terminal."""
        self.console.print(Text(printable(text), style=style), soft_wrap=not self._terminal)

    def show(self, renderable: RenderableType) -> None:
        """Print anything that rich can draw."""
        self.console.print(renderable)

    def rule(self, text: str, style: str = "bold") -> None:
        """Print a heading."""
        if self._terminal:
            self.console.print(Rule(Text(printable(text), style=style), align="left", style="dim"))
        else:
            self.line(f"== {text}")

    # -- starting

    @contextmanager
    def starting(self, key: str) -> Generator[None]:
        """Time one step of the start: it is named while it runs, and its time when it is done."""
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
        """Show the download; nothing is shown where nothing has to be fetched."""
        if not self._terminal:
            yield self._plain_fetch()
            return
        columns = (TextColumn("  {task.description}"), BarColumn(), DownloadColumn())
        with Progress(*columns, console=self.console, transient=True) as progress:
            task = progress.add_task(self.speech.say("fetching"), total=JARS_BYTES, visible=False)

            def show(now: FetchProgress) -> None:
                total = max(JARS_BYTES, now.bytes_done)
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

    def desk(self, desk: Desk) -> None:
        """Say where the case is watched on pages, and how one signs in."""
        names = ", ".join(desk.names)
        said = self.speech.say("desk", address=f"http://{desk.address}/", names=names, password=desk.password)
        self.line(said, "bold")

    def stopping(self) -> None:
        """Say once that the end has begun: it may take some seconds."""
        if not self._stopping:
            self._stopping = True
            self.line(f"{self.speech.say('stopping')} …", "dim")

    # -- the play

    @contextmanager
    def live(self, board: Board) -> Generator[None]:
        """Show, while the play lasts and on a terminal, a panel below the cards."""
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
        """Say what happens next, in the words of the scenario."""
        self._step = self.speech.say("step", number=number, total=total)
        readings = sum(board.readings_published.values())
        if not self._terminal and readings >= self._monitored + PLAIN_READINGS_EVERY:
            self._monitored = readings
            self.line(f"  {self._monitoring(board)}")
        self.line()
        self.line(f"» {comment}" if self._terminal else f"[{number}/{total}] {comment}", "italic")

    def card(self, card: Card) -> None:
        """Print one event."""
        if self._terminal:
            self.console.print(self._drawn(card))
            return
        self.line(f"{card.time}  {card.title}" + (f": {card.headline}" if card.headline else ""))
        for row in card.rows:
            self.line(f"          {row.label}: {row.text}" + (f"  [{row.note}]" if row.note else ""))
        for row in card.footers:
            self.line(f"          {row.text}")

    def _drawn(self, card: Card) -> Panel:
        parts: list[RenderableType] = [Text(printable(card.headline), style="bold")] if card.headline else []
        width = max((cell_len(row.label) for row in card.rows), default=0)
        for noted, rows in groupby(card.rows, key=lambda row: bool(row.note)):
            parts.append(self._grid(list(rows), width, noted=noted and self.wide))
        parts += [Text(printable(row.text), style=row.style) for row in card.footers]
        title = Text.assemble((f"{card.time} ", "dim"), (printable(card.title), f"bold {card.style}"))
        if title.cell_len > self.console.width - FRAME:  # a panel would cut it off
            parts.insert(0, title)
            title = Text()
        return Panel(Group(*parts), title=title, title_align="left", border_style=card.style, box=ROUNDED)

    @staticmethod
    def _grid(rows: list[Row], width: int, *, noted: bool) -> Table:
        """Lay rows side by side; `noted`: with their notes in a column of their own, else each below its text."""
        grid = Table.grid(padding=(0, 2), expand=True)
        grid.add_column(style="dim", min_width=width, max_width=width)
        grid.add_column(ratio=5, overflow="fold")
        if noted:
            grid.add_column(ratio=4, overflow="fold", style="dim")
        for row in rows:
            text, note = Text(printable(row.text), style=row.style), printable(row.note)
            if noted:
                grid.add_row(Text(row.label), text, Text(note))
            else:
                grid.add_row(Text(row.label), text.append(f"\n{note}", "dim not bold") if note else text)
        return grid

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
        realm = self.speech.label("ui", "real").upper()
        title = " · ".join(filter(None, (realm, self._step, self._monitoring(board))))
        return Padding(
            Panel(grid, title=Text(title, style="dim"), title_align="left", border_style="dim", style="dim"),
            (1, 0, 0, 0),
        )

    def commands(self, rows: list[tuple[str, str]]) -> None:
        """Print commands, each with what it is for; never folded, so that they can be copied."""
        rows = [(as_typed(command), purpose) for command, purpose in rows]
        longest = max(cell_len(command) for command, _ in rows)
        beside = longest + max(cell_len(purpose) for _, purpose in rows) + FRAME <= self.console.width
        for command, purpose in rows:
            if purpose and not beside:
                self.line(f"  # {purpose}", "dim")
            line = Text(f"  {command}", style="bold")
            if purpose and beside:
                line = Text.assemble((f"  {set_cell_size(command, longest)}", "bold"), (f"  # {purpose}", "dim"))
            self.console.print(line, soft_wrap=True)

    @property
    def wide(self) -> bool:
        """Whether there is room for several columns."""
        return not self._terminal or self.console.width >= WIDE

    def _plain_table(self, rows: list[list[str]]) -> None:
        widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
        for row in rows:
            padded = (set_cell_size(cell, width) for cell, width in zip(row, widths, strict=True))
            self.line("  " + "  ".join(padded).rstrip())

    def table(self, rows: list[list[Any]], heads: list[str]) -> None:
        """Print a table; without a terminal, lines of equal columns."""
        if not self._terminal:
            self._plain_table([[str(cell) for cell in row] for row in ([heads] if any(heads) else []) + rows])
            return
        table = Table(box=None, show_header=any(heads), padding=(0, 2, 0, 0), header_style="dim")
        for head in heads:
            table.add_column(head, overflow="fold")
        for row in rows:
            table.add_row(*(Text(printable(str(cell))) for cell in row))
        self.console.print(Padding(table, (0, 0, 0, 2)))
