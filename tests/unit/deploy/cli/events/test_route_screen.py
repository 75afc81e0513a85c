"""`cbrn route` on a terminal of 80 columns."""

import pytest
from tests.builders.golden import EXAMPLES


@pytest.mark.parametrize("lang", ["en", "ru", "ky"])
def test_no_rule_is_broken_in_two_at_80_columns(cbrn, monkeypatch, lang):
    """A comma on a line of its own, or half a name, cannot be copied into `cbrn rules show`."""
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("CBRN_LANG", lang)
    said = cbrn("route", EXAMPLES / "tailings-failure.json", "--lang", lang).stdout
    assert max(map(len, said.splitlines())) <= 80
    assert not [line for line in said.splitlines() if line.strip().startswith(",")]
    for rule in ("iaea-transboundary-release,", "river-leaves-the-country,", "unece-industrial-accident"):
        assert rule in said
