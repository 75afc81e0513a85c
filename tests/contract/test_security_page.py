"""SECURITY.md claims nothing that no test shows, and is honest about what it cannot say."""

import re

import pytest
from tests.builders.golden import ROOT

PAGE = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
ROWS = [line.split(" | ") for line in PAGE.splitlines() if line.startswith("| **")]
NAMED = sorted(set(re.findall(r"`((?:tests|\.ci|docs)/[^`]+)`", PAGE)))


@pytest.mark.parametrize("path", NAMED)
def test_each_test_that_it_names_exists(path):
    """One that was renamed would leave a claim that nobody can look at."""
    assert (ROOT / path).is_file()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0][4:24])
def test_each_threat_names_what_holds_what_shows_it_and_what_does_not_hold(row):
    assert len(row) == 5
    assert "`tests/" in row[3]
    assert len(row[4]) > 20, "nothing holds everything"


def test_no_address_is_invented():
    """Mail to an address that nobody reads is worse than none."""
    assert "@" not in PAGE
    assert "filled in by the operator" in PAGE
