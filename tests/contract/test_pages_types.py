"""What an agency's type checker says of the Python programs of the pages: both that are in use, at their strictest."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from tests.pages import ROOT, python_programs

if TYPE_CHECKING:
    from pathlib import Path

WRONG = """
from cbrn_schemas.events import DoseRate, Where

Where(distrct="41708203")
DoseRate(value="0.31", unit="uSv/h")
"""
MISTAKES = 2
MYPY = (sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "--config-file", "mypy.ini")
PYRIGHT = (sys.executable, "-m", "basedpyright", "--pythonpath", sys.executable)


def said(checker: tuple[str, ...], folder: Path, programs: list[str]) -> list[str]:
    """What the checker finds in the programs, as an agency has them: in a folder by themselves."""
    for number, program in enumerate(programs):
        (folder / f"program_{number}.py").write_text(program, encoding="utf-8")
    (folder / "mypy.ini").write_text(f"[mypy]\ncache_dir = {ROOT / '.mypy_cache' / 'pages'}\n", encoding="utf-8")
    settings = {"typeCheckingMode": "strict", "include": ["*.py"]}
    (folder / "pyrightconfig.json").write_text(json.dumps(settings), encoding="utf-8")
    names = [f"program_{number}.py" for number in range(len(programs))] if checker is MYPY else []
    done = subprocess.run([*checker, *names], cwd=folder, capture_output=True, text=True, check=False, timeout=200)
    assert done.returncode in {0, 1}, done.stderr
    return [line.strip() for line in done.stdout.splitlines() if " error: " in line or " - error: " in line]


@pytest.mark.parametrize("checker", [MYPY, PYRIGHT], ids=["mypy", "pyright"])
def test_programs_have_no_type_errors_and_a_wrong_field_is_one(checker: tuple[str, ...], tmp_path: Path) -> None:
    """Whoever copies one into a checked project must not begin by mending it.

    And the constructor that says more at run time must not hide the fields from checkers.
    """
    programs = python_programs()
    assert programs
    found = said(checker, tmp_path, [*programs, WRONG])
    assert [line for line in found if f"program_{len(programs)}.py:" not in line] == []
    assert len(found) == MISTAKES
    assert "distrct" in found[0]
