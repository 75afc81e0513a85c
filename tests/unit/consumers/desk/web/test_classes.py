"""What style sheets dress is there, and what pages ask for is dressed: a rule of a page that is gone stays for ever."""

import re
from pathlib import Path

import cbrn_consumers.desk
from cbrn_consumers.desk.web.render import SHAPES

DESK = Path(cbrn_consumers.desk.__file__).parent
SHEETS = "\n".join(path.read_text(encoding="utf-8") for path in sorted((DESK / "web" / "static").glob("*.css")))
PAGES = "\n".join(
    path.read_text(encoding="utf-8") for ending in ("html", "js", "py") for path in sorted(DESK.rglob(f"*.{ending}"))
)
ELSEWHERE = {"asks", "coverage", "f-asks", "f-count", "f-due", "f-name", "menu-word"}
"""Names by which a part is known and not dressed; and what is dressed by the style of `cbrn rules check`."""


def dressed():
    without = re.sub(r"/\*.*?\*/|\{[^{}]*\}", " ", SHEETS, flags=re.DOTALL)
    return set(re.findall(r"\.([a-zA-Z][\w-]*)", without))


def asked():
    """Classes that stand in a template whole; of those that are put together, nothing."""
    whole = re.sub(r"[\w-]*\{\{.*?\}\}[\w-]*|\{%.*?%\}", " ", PAGES, flags=re.DOTALL)
    for given in re.findall(r'class="([^"]*)"', whole):
        yield from (name for name in given.split() if re.fullmatch(r"[\w-]+", name))


def is_made(name):
    """Whether a page says it, whole or by what it is put together of: `level-{name}`, `q-{{ q.input }}`."""
    if name in {shape.lower() for shape in SHAPES} or re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", PAGES):
        return True
    begun, _, ended = name.rpartition("-")
    return bool(begun) and (f"{begun}-{{" in PAGES or f"}}-{ended}" in PAGES)


def test_every_rule_of_a_style_sheet_dresses_something():
    assert sorted(name for name in dressed() if not is_made(name)) == []


def test_every_class_of_a_page_is_dressed():
    assert sorted(set(asked()) - dressed() - ELSEWHERE) == []
