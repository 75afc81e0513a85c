"""The page of formats says what documents carry, as it is found by making them."""

from __future__ import annotations

from tests.formats import BEGIN, END, PAGE, table


def test_the_table_is_as_it_would_be_written_now() -> None:
    """Whoever changes what a format carries has it written again: `uv run python -m tests.formats`."""
    assert PAGE.read_text(encoding="utf-8").split(BEGIN)[1].split(END)[0] == table()
