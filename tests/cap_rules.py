"""`python -m tests.cap_rules`: write into `docs/cap.md` the rules that a CAP document is held to."""

from __future__ import annotations

from pathlib import Path

from tests.pages import rewrite

from cbrn_schemas.formats.cap.rules import rules

PAGE = Path(__file__).parents[1] / "docs" / "cap.md"
BEGIN, END = "<!-- rules: written by `uv run python -m tests.cap_rules` -->\n", "<!-- end of rules -->\n"


def drawn() -> str:
    """Return the table."""
    rows = ["| rule | strict | lenient | from | what to do |", "| --- | --- | --- | --- | --- |"]
    rows += [
        f"| `{rule.name}` | {rule.strict} | {rule.lenient} | {rule.source} | {rule.hint.replace('<', '&lt;')} |"
        for rule in rules().values()
    ]
    return "\n".join(rows) + "\n"


if __name__ == "__main__":
    rewrite(PAGE, BEGIN, END, drawn())
