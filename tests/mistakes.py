"""`python -m tests.mistakes`: write into `docs/mistakes.md` what is answered to each natural mistake.

Taken from the table of the tests and asked of the program: nothing here is kept by hand.
"""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

from tests.builders.mistakes import MISTAKES, Mistake, answer
from tests.pages import rewrite

PAGE = Path(__file__).parents[1] / "docs" / "mistakes.md"
BEGIN, END = "<!-- mistakes: written by `uv run python -m tests.mistakes` -->\n", "<!-- end of mistakes -->\n"
HINT_CHARS_MAX = 240
"""A list of all kinds would fill the page."""


def drawn() -> str:
    """Return a table for each theme."""
    lines: list[str] = []
    for theme, mistakes in groupby(MISTAKES.values(), key=lambda mistake: mistake.theme):
        lines += [f"### {theme}", "", "| mistake | written | where: what is wrong | what to do |", "| --- " * 4 + "|"]
        lines += [_row(mistake) for mistake in mistakes]
        lines.append("")
    return "\n".join(lines)


def _row(mistake: Mistake) -> str:
    _, where, message, hint = answer(mistake)
    hint = hint if len(hint) <= HINT_CHARS_MAX else f"{hint[:HINT_CHARS_MAX]}…"
    written = f"`{_cell(mistake.shown)}`" if mistake.shown else ""
    said = f"`{where}`: {_cell(message)} | {_cell(hint)}".replace("<", "&lt;")
    return f"| {_cell(mistake.mistake)} | {written} | {said} |"


def _cell(text: str) -> str:
    """Write a text into a cell of a table: on one line, bars as characters."""
    line = "".join(letter if letter.isprintable() else "↵" if letter == "\n" else "?" for letter in text)
    return line.replace("|", "\\|").replace("`", "'")


if __name__ == "__main__":
    rewrite(PAGE, BEGIN, END, drawn())
