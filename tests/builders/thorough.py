"""How many cases are drawn: all of them in .ci/run (`CBRN_THOROUGH=1`), a third where somebody waits for the suite."""

import os

import pytest

THOROUGH = "CBRN_THOROUGH" in os.environ
"""Set by .ci/run."""


def cases(wanted: int) -> int:
    """So many of the cases that CI draws."""
    return wanted if THOROUGH else max(5, wanted // 3)


whole_only = pytest.mark.skipif(not THOROUGH, reason="faults that take long: CBRN_THOROUGH=1 asks for them, as CI does")
"""Marks a test that nobody waits for who only changes a word."""
