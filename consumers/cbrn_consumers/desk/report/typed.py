"""What a person has typed into a form: texts by name, as a browser sends them, within bounds.

A name is the field's path in the event, `substances.0.mass_kg`. Beside a number may stand the unit that it is written
in (`substances.0.mass_kg~unit`), beside a list how many rows are shown (`substances~rows`), and `where.place` is a
place by its name. Nothing here knows which fields there are.
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

Typed = dict[str, list[str]]
"""The texts of each name; several where several boxes are ticked."""

UNIT: Final = "~unit"
ROWS: Final = "~rows"
PLACE: Final = "where.place"
"""A place by name or code, or as two numbers: it goes into the field that it belongs into."""

NAME_CHARS_MAX: Final = 120
"""The longest name of a field has 36."""
VALUE_CHARS_MAX: Final = 100_000
"""Far more than any text may have: who pastes too much is told so at its field, and loses nothing."""
PAIRS_MAX: Final = 3_000
"""Beyond what all rows of the largest kind can have: an event of 64 KiB holds far fewer."""
ROWS_MAX: Final = 30
"""Rows of one list that a page shows; longer lists come from programs."""
_DIGITS_MAX: Final = 3


class TooMuchTypedError(ValueError):
    """A form with more names or longer texts than any person types."""


def typed_of(pairs: Iterable[tuple[str, object]]) -> Typed:
    """Collect what a browser sent; what is no text is left out.

    Raises:
        TooMuchTypedError: beyond the bounds above.
    """
    typed: Typed = {}
    for number, (name, text) in enumerate(pairs):
        if number >= PAIRS_MAX or len(name) > NAME_CHARS_MAX:
            raise TooMuchTypedError("the form has more fields than any report")
        if not isinstance(text, str):
            continue
        if len(text) > VALUE_CHARS_MAX:
            raise TooMuchTypedError(f"a text of the form is longer than {VALUE_CHARS_MAX} characters")
        typed.setdefault(name, []).append(text)
    return typed


def text_at(typed: Mapping[str, list[str]], name: str) -> str:
    """Return the text of a name, tidy: no blanks around it, one way to write a line's end and a letter."""
    return tidy(next(iter(typed.get(name, ())), ""))


def texts_at(typed: Mapping[str, list[str]], name: str) -> list[str]:
    """Return the texts of a name where several may be given."""
    return [tidy(text) for text in typed.get(name, ())]


def tidy(text: str) -> str:
    """Write a text as the bus has it; half a character, which no record can hold, becomes a question mark."""
    whole = text.encode("utf-8", "replace").decode()
    return unicodedata.normalize("NFC", whole.replace("\r\n", "\n").replace("\r", "\n")).strip()


def rows_of(typed: Mapping[str, list[str]], path: str) -> int:
    """Return how many rows of a list are shown."""
    said = text_at(typed, f"{path}{ROWS}")
    shown = int(said) if said.isascii() and said.isdigit() and len(said) <= _DIGITS_MAX else 0
    named = [index + 1 for index in _indices(typed, path)]
    return min(max([shown, *named], default=0), ROWS_MAX)


def with_row(typed: Typed, path: str) -> Typed:
    """Return the same with one more row, empty, at the end of a list."""
    return {**typed, f"{path}{ROWS}": [str(rows_of(typed, path) + 1)]}


def without_row(typed: Typed, path: str, row: int) -> Typed:
    """Return the same without one row of a list; those behind it move up."""
    left: Typed = {}
    for name, texts in typed.items():
        index, rest = _row_in(name, path)
        if index is None or index < row:
            left[name] = texts
        elif index > row:
            left[f"{path}.{index - 1}{rest}"] = texts
    return {**left, f"{path}{ROWS}": [str(max(rows_of(typed, path) - 1, 0))]}


def _indices(typed: Mapping[str, list[str]], path: str) -> Iterator[int]:
    for name in typed:
        index, _ = _row_in(name, path)
        if index is not None and index < ROWS_MAX:
            yield index


def _row_in(name: str, path: str) -> tuple[int | None, str]:
    """Return the row of a list that a name stands in, and what follows it."""
    if not name.startswith(f"{path}."):
        return None, ""
    row, dot, rest = name[len(path) + 1 :].partition(".")
    if not (row.isascii() and row.isdigit() and len(row) <= _DIGITS_MAX):
        return None, ""
    return int(row), f"{dot}{rest}"
