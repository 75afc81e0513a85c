"""Pages of which a part is written by a program, between two marks; and the programs that stand in pages."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]


def python_programs() -> list[str]:
    """Return the Python programs of README and docs, as they stand there."""
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    fenced = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)
    return [program for page in pages for program in fenced.findall(page.read_text(encoding="utf-8"))]


def rewrite(page: Path, begin: str, end: str, text: str) -> None:
    """Write what stands between the marks anew; a page without them, or with two of one, is left alone: ValueError."""
    before, rest = page.read_text(encoding="utf-8").split(begin)
    _, after = rest.split(end)
    page.write_text(f"{before}{begin}{text}{end}{after}", encoding="utf-8")
