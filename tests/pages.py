"""Pages of which a part is written by a program, between two marks."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def rewrite(page: Path, begin: str, end: str, text: str) -> None:
    """Write what stands between the marks anew; a page without them, or with two of one, is left alone: ValueError."""
    before, rest = page.read_text(encoding="utf-8").split(begin)
    _, after = rest.split(end)
    page.write_text(f"{before}{begin}{text}{end}{after}", encoding="utf-8")
