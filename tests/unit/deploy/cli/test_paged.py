"""A pager is for somebody who sits at a terminal: a pipe, a log and a script get plain lines."""

import io
import sys

import pytest
from rich.console import Console

from cbrn_deploy.cli.printing import paged


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize(
    ("out", "keyboard", "unless", "asked"),
    [
        (Terminal(), Terminal(), False, True),
        (Terminal(), Terminal(), True, False),
        (Terminal(), io.StringIO(), False, False),
        (io.StringIO(), Terminal(), False, False),
    ],
)
def test_only_where_somebody_sits_the_pager_is_asked(out, keyboard, unless, asked, monkeypatch):
    """Following, a pipe and a script must never wait for a key."""
    given = []
    monkeypatch.setattr(sys, "stdin", keyboard)
    monkeypatch.setattr("rich.pager.SystemPager.show", lambda _, content: given.append(content))
    monkeypatch.delenv("TERM", raising=False)
    monkeypatch.setenv("LESS", "FRX")
    with paged(Console(file=out, highlight=False), unless=unless) as console:
        console.print("KG-2026-minkush")
    assert ("KG-2026-minkush" in "".join(given)) is asked
    assert ("KG-2026-minkush" in out.getvalue()) is not asked
