"""The table of a trial on a screen: what to do, once, on lines that can be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cbrn_deploy.cli.events.conformance_screen import print_report
from cbrn_routing.conformance import Check, Finding, Report, State, Verdict

if TYPE_CHECKING:
    import pytest


def test_each_remedy_stands_once_and_no_line_break_is_spelled_out(capsys: pytest.CaptureFixture[str]) -> None:
    """Three records with one mistake filled a screen of 80 columns, and line breaks stood there as letters."""
    wrong = [Finding(Check.KEY, State.FAILED, f"the key is {number}", "key", "Set it.") for number in range(2)]
    wrong.append(Finding(Check.KEY, State.FAILED, "no key", "key", "Give one."))
    verdicts = [
        Verdict("cbrn.from.mes.incidents", 0, number, "e", "toxic-fire", (finding,), None)
        for number, finding in enumerate(wrong)
    ]
    print_report(Report(verdicts), "en")
    told = capsys.readouterr().out
    assert "\\n" not in told
    assert (told.count("Set it."), told.count("Give one.")) == (1, 1)
