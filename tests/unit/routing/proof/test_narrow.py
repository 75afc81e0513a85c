"""The coverage matrix as one body, one region or one hazard sees it."""

from datetime import date

import pytest

from cbrn_routing.proof.matrix import PLACES, SEVERITIES, matrix
from cbrn_routing.proof.narrow import narrowed
from cbrn_routing.rulebook import Directory, Matcher, national_rulebook
from cbrn_routing.rulebook.cases import case_facets
from cbrn_routing.rulebook.language import Case

DAY = date(2026, 11, 23)
OSH_REGION = "KG-O"


@pytest.fixture(scope="module")
def shown():
    return matrix(national_rulebook(), DAY)


@pytest.fixture(scope="module")
def directory():
    return Directory.from_catalogue(DAY)


def _cells(found):
    return {
        (section.hazard, block.kind, severity, region)
        for section in found.hazards
        for block in section.blocks
        for row in block.rows
        for severity in row.severities
        for region in (row.regions or PLACES)
    }


def test_nothing_asked_for_leaves_nothing_out(shown, directory):
    """A filter that is not set must hide no cell."""
    assert narrowed(shown, directory) == shown


@pytest.mark.parametrize("body", ["moh", "ppp-naryn", "mof"])
def test_a_body_sees_those_plain_cells_in_which_it_is_told_and_no_other(shown, directory, body):
    """By the matcher's own word: also where it is told as head of its region, or as a member of the group."""
    left, matcher = _cells(narrowed(shown, directory, body=body)), Matcher(national_rulebook(), on=DAY)
    every = _cells(shown)
    assert left < every
    for hazard, kind, severity, region in sorted(every, key=str)[::11]:
        facets = {"kind": kind, "hazard": hazard, "severity": severity, **({"region": region} if region else {})}
        cell = case_facets(Case(title="a cell", facets=facets))
        decision = matcher.decide(cell)
        named = {one.body for one in (*decision.recipients, *decision.partners)}
        if body in named:
            assert (hazard, kind, severity, region) in left


def test_a_region_is_told_as_if_it_were_alone(shown, directory):
    """Rows of other regions are gone, and each cell of this one is there."""
    left = _cells(narrowed(shown, directory, region=OSH_REGION))
    assert left == {cell for cell in _cells(shown) if cell[3] == OSH_REGION}


def test_the_head_of_one_region_is_not_told_of_another(shown, directory):
    """`{region}` in a row means another person in each region."""
    assert not _cells(narrowed(shown, directory, body="ppp-naryn", region=OSH_REGION)) & {
        ("chemical", "chemical-release", severity, OSH_REGION) for severity in SEVERITIES if severity == "Moderate"
    }


def test_one_hazard_keeps_its_own_section_alone(shown, directory):
    """A page a hazard."""
    (section,) = narrowed(shown, directory, hazard="nuclear").hazards
    assert section == next(each for each in shown.hazards if each.hazard == "nuclear")
