"""The pages of the kinds show models, words, examples and book as they are, and lead somewhere."""

from __future__ import annotations

import re

import pytest
from tests.kinds import FOLDER, NAMES, text_of


def test_there_is_one_page_a_kind_and_no_other() -> None:
    """A page of a kind that was renamed would teach what is refused."""
    assert {path.name for path in FOLDER.glob("*.md")} == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_page_is_as_it_would_be_written_now(name: str) -> None:
    """Whoever changes a field, a word or a rule has the pages written again: `uv run python -m tests.kinds`."""
    assert (FOLDER / name).read_text(encoding="utf-8") == text_of(name)


def test_every_link_leads_somewhere() -> None:
    """To a page, a file of the tree, or a heading of the page of what kinds share."""
    headings = {
        line[3:].lower().replace(" ", "-") for line in text_of("fields.md").splitlines() if line.startswith("## ")
    }
    for name in NAMES:
        for link in re.findall(r"\]\(([^)]+)\)", text_of(name)):
            file, _, heading = link.partition("#")
            assert (FOLDER / file).exists(), link
            assert not heading or heading in headings, link
