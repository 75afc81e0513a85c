"""Standings on a terminal: who was told and where each stands, the open situations, a month's figures."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from rich.cells import cell_len
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from cbrn_consumers.standing import State, Stray
from cbrn_deploy.cli.alerts.tail import SEVERITY_STYLES
from cbrn_deploy.cli.printing import console, shown
from cbrn_schemas.catalogue.naming import body_name, place_name
from cbrn_schemas.catalogue.words import word
from cbrn_schemas.catalogue.written import local_time, span
from cbrn_schemas.marks import marks

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from rich.console import Console

    from cbrn_consumers.standing import Answer, Figures, Others, PartyStanding, SituationStanding
    from cbrn_schemas.events.base import Language

WIDTH: Final = 80
"""Characters below which a table of five columns would be all folds: each body is then written in lines."""
BODY_SHARE: Final = 5
"""One of so many parts of the width is for names of bodies; a longer one is folded between its words."""
HEADS: Final = ("body", "role", "state", "time", "in-hand-of")
STYLES: Final = {State.MISSING: "bold white on red", State.DECLINED: "yellow", State.CLOSED: "dim"}
WEIGHTS: Final = {"alarm": "bold red", "strong": "bold", "quiet": "dim"}
FIGURES: Final = ("asked", "in-time", "late", "missing-answers", "median", "nine-of-ten")
FIRST_WIDTH: Final = 13
FIGURE_WIDTH: Final = 10


class StandingScreen:
    """A screen in one language, at one moment."""

    def __init__(self, lang: Language, now: datetime, out: Console | None = None) -> None:
        self._lang = lang
        self._now = now
        self._console = out or console()
        self._zone = ""
        """The zone of times in the table, where its head says it."""

    def show(self, standing: SituationStanding, warnings: Iterable[str], others: Others | None = None) -> None:
        """Show everybody who was told of a situation, and below it what does not count.

        With `others` the standing is of one body alone, and they are what it was told of the rest.
        """
        self._head(standing)
        self.show_parties(standing)
        if others is not None:
            self._show_others(others, standing.parties[0].body)
        self.show_warnings(warnings)

    def show_parties(self, standing: SituationStanding) -> None:
        """Show where each body stands that was told, and whose answer is wanted anew and why."""
        narrow = self._console.width < WIDTH
        self._zone = "" if narrow else _moment(self._now).rpartition(" ")[2]
        rows = [self._cells(party) for party in standing.parties]
        if narrow:
            for body, role, *rest in rows:
                self._console.print(Text(" · ").join([body, role]))
                self._console.print(self._indented(Text(" · ").join(cell for cell in rest if cell.plain)))
        else:
            heads = [f"{self._ui(head)}, {self._zone}" if head == "time" else self._ui(head) for head in HEADS]
            self._table([[shown(head, "bold") for head in heads], *rows])
        self._changes(standing)
        for stray in standing.strays:
            self.show_stray(*stray)

    def _show_others(self, others: Others, own: str) -> None:
        from cbrn_consumers.situation import other_rows  # noqa: PLC0415 - it brings the book of rules: not for a board

        self._console.print(shown(word("section", "others", self._lang), "bold"))
        for label, said, weight in other_rows(others, own, self._now, self._lang):
            text = f"{label}: {said}" if label else said
            self._console.print(self._indented(shown(text, WEIGHTS.get(weight, ""))))

    def show_board(self, standings: Iterable[SituationStanding], warnings: Iterable[str], *, more: int = 0) -> None:
        """Show the situations that wait for an answer, and for whose; the most urgent first."""
        shown_any = False
        for standing in standings:
            shown_any = True
            self._head(standing)
            for party in standing.waiting():
                ask = party.open_ask
                assert ask is not None, "who is waited for is asked"
                late = party.missing(self._now)
                name = f"{body_name(party.body, self._lang)} ({word('role', party.role or '', self._lang)})"
                state = word("standing", party.state(self._now), self._lang)
                said = f"{name}: {state}, {self._ui('deadline')} {_moment(ask.due)}"
                self._console.print(self._indented(shown(said, "bold red" if late else "")))
            self._changes(standing)
        if not shown_any:
            self._console.print(self._ui("nothing-awaited"))
        self.show_more(more)
        self.show_warnings(warnings)

    def show_more(self, count: int) -> None:
        """Say how many there are that are not shown."""
        if count:
            self._console.print(self._ui("more").format(count))

    def show_figures(self, figures: Iterable[Figures]) -> None:
        """Show a month, body by body, the gravest alerts first."""
        rows = list(figures)
        if not rows:
            self._console.print(self._ui("none"))
        else:
            self._figures_table([[Text(), *(shown(self._ui(head), "dim") for head in FIGURES)]])
        for code in dict.fromkeys(each.body for each in rows):
            self._console.print(shown(f"{body_name(code, self._lang)} ({code})", "bold"))
            self._figures_table([self._figures(each) for each in rows if each.body == code])

    def show_stray(self, answer: Answer, why: Stray) -> None:
        """Show a receipt that does not count, and why."""
        receipt = answer.receipt
        act = word("act", receipt.act, self._lang)
        who = f"{body_name(receipt.body, self._lang)}, {act}, {_moment(answer.at)}"
        if why is Stray.IN_PLACE:
            self._console.print(shown(f"{word('stray', why, self._lang)}: {who} · {receipt.by}"))
            return
        said = f"{self._ui('not-counted')}: {who} · {word('stray', why, self._lang)} · {receipt.by}"
        self._console.print(shown(said, "yellow"))

    def show_warnings(self, warnings: Iterable[str]) -> None:
        """Show what was left out."""
        for warning in warnings:
            self._console.print(shown(f"{self._ui('warning')}: {warning}", "yellow"))

    def _head(self, standing: SituationStanding) -> None:
        told = standing.latest
        # A name is there to be copied: it stands in one piece.
        self._console.print(shown(standing.situation, "bold"), soft_wrap=True)
        severity = shown(
            word("severity", told.facts.severity, self._lang), SEVERITY_STYLES.get(told.facts.severity, "")
        )
        kind, place = word("kind", told.kind, self._lang), place_name(told.facts.place, self._lang)
        what = told.headline(self._lang)
        said = [shown(text) for text in (kind, what if what != kind else "", place) if text]
        head = [*(shown(mark, "bold") for mark in marks(told, self._lang)), severity, *said]
        self._console.print(self._indented(Text(" · ").join(head)))
        missing, waiting = len(standing.missing(self._now)), len(standing.waiting())
        counts = [
            shown(f"{self._ui('missing-answers')}: {missing}", "bold red" if missing else ""),
            shown(f"{self._ui('awaited')}: {waiting - missing}"),
            shown(f"{self._ui('answered')}: {len(standing.answered)}/{len(standing.asked)}"),
        ]
        self._console.print(self._indented(Text(" · ").join(counts)))

    def _table(self, rows: list[list[Text]]) -> None:
        table = Table.grid(padding=(0, 1), expand=True)
        words = max(cell_len(word) for row in rows for word in row[0].plain.split())
        whole = max(cell_len(row[0].plain) for row in rows)
        table.add_column(width=max(words, min(whole, self._console.width // BODY_SHARE)), overflow="fold")
        for _ in HEADS[1:-1]:
            table.add_column(no_wrap=True)
        table.add_column(ratio=1, overflow="fold")
        for row in rows:
            table.add_row(*row)
        self._console.print(table)

    def _figures_table(self, rows: list[list[Text]]) -> None:
        table = Table.grid(padding=(0, 1))
        table.add_column(width=FIRST_WIDTH, overflow="fold")
        for _ in FIGURES:
            table.add_column(width=FIGURE_WIDTH, justify="right", overflow="fold")
        for row in rows:
            table.add_row(*row)
        self._console.print(table)

    def _cells(self, party: PartyStanding) -> list[Text]:
        state = party.state(self._now)
        last = party.answers[-1] if party.answers else None
        role = "" if party.role is None else word("role", party.role, self._lang)
        return [
            shown(body_name(party.body, self._lang)),
            shown(role, "bold" if party.role == "lead" else ""),
            shown(word("standing", state, self._lang), STYLES.get(state, "")),
            shown(self._clock(last.at if last is not None else party.latest.at)),
            self._said(party, last),
        ]

    def _said(self, party: PartyStanding, last: Answer | None) -> Text:
        """Say who has it, what he said, and by when what is still asked for."""
        parts = [party.holder or ""]
        if last is not None:
            parts += [last.receipt.reason or "", last.receipt.text or ""]
            parts += [word("doubt", "clock-ahead", self._lang)] if last.ahead else []
        said, ask = [shown(part) for part in parts if part], party.open_ask
        if ask is not None:
            deadline = f"{self._ui('due')} {self._clock(ask.due)}"
            said.append(shown(deadline, "bold red" if party.missing(self._now) else ""))
        return Text(" · ").join(said)

    def _changes(self, standing: SituationStanding) -> None:
        """Say once, for all whom it concerns, what has changed since they answered: «place: Chuy → Osh»."""
        concerned: dict[str, list[str]] = {}
        for party in standing.parties:
            ask = party.open_ask
            if ask is not None and ask.changed:
                said = "; ".join(change.text(self._lang) for change in ask.changed)
                concerned.setdefault(said, []).append(body_name(party.body, self._lang))
        for said, names in concerned.items():
            self._console.print(
                self._indented(shown(f"{self._ui('answer-anew')}: {', '.join(names)} · {said}", "yellow"))
            )

    def _figures(self, each: Figures) -> list[Text]:
        counts = [each.asked, each.in_time, each.late, each.missing]
        return [
            shown(word("severity", each.severity, self._lang)),
            *(
                shown(str(count), "bold red" if count and index == len(counts) - 1 else "")
                for index, count in enumerate(counts)
            ),
            *(
                shown("" if took is None else span(timedelta(seconds=round(took)), self._lang))
                for took in (each.median_s, each.p90_s)
            ),
        ]

    def _clock(self, moment: datetime) -> str:
        return _moment(moment).removesuffix(f" {self._zone}" if self._zone else "")

    def _indented(self, text: Text) -> Padding:
        return Padding(text, (0, 0, 0, 2), expand=False)

    def _ui(self, code: str) -> str:
        return word("ui", code, self._lang)


def _moment(moment: datetime) -> str:
    return local_time(moment, "%d.%m %H:%M")
