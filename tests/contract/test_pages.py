"""What a program writes into a page leaves what persons wrote there."""

from pathlib import Path

import pytest
from tests.pages import rewrite


def test_only_what_stands_between_the_marks_is_written_anew(tmp_path: Path) -> None:
    """The sentences around a table are nobody's but their author's."""
    page = tmp_path / "page.md"
    page.write_text("Кириш\n<b>\nold\n<e>\nafter\n", encoding="utf-8")
    for _ in range(2):
        rewrite(page, "<b>\n", "<e>\n", "new\n")
        assert page.read_text(encoding="utf-8") == "Кириш\n<b>\nnew\n<e>\nafter\n"


@pytest.mark.parametrize("text", ["no mark", "<b> no end", "<b> <e> <b> <e>"])
def test_a_page_that_lost_a_mark_is_left_alone(text: str, tmp_path: Path) -> None:
    """Else all after the place would be gone, or the table stand there twice."""
    page = tmp_path / "page.md"
    page.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match="unpack"):
        rewrite(page, "<b>", "<e>", "new")
    assert page.read_text(encoding="utf-8") == text
