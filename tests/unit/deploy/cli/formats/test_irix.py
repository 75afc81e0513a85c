"""`cbrn irix show` as people and scripts meet it."""

from __future__ import annotations

from tests.builders.golden import EXAMPLES

from cbrn_schemas.formats import irix


def test_an_event_is_printed_as_a_report(cbrn):
    """Byte for byte, so that it can go into a file and out of the house."""
    done = cbrn("irix", "show", EXAMPLES / "orphan-source.json")
    assert done.exit_code == 0
    assert irix.read(done.stdout.encode()).events == ("EXAMPLE-2026-osh-scrapyard",)


def test_what_is_no_matter_of_irix_is_refused_with_the_way_that_there_is(cbrn):
    """Exit status 2: trying again is of no use."""
    done = cbrn("irix", "show", EXAMPLES / "toxic-fire.json")
    assert done.exit_code == 2
    assert "cbrn cap show" in done.stderr
