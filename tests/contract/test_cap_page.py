"""The page of CAP lists the rules as they are, and its commands are there."""

from __future__ import annotations

from tests.cap_rules import BEGIN, END, PAGE, drawn


def test_the_page_lists_the_rules_as_they_are() -> None:
    """Whoever changes a rule has the page written again: `uv run python -m tests.cap_rules`."""
    assert BEGIN + drawn() + END in PAGE.read_text(encoding="utf-8")
