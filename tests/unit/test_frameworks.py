"""Treaties and their clocks."""

from datetime import timedelta

import pytest

from cbrn_schemas.bodies import bodies
from cbrn_schemas.errors import UnknownCodeError
from cbrn_schemas.frameworks import Standing, framework, frameworks, without_focal_point


def test_the_groups_thirteen_come_first_and_ten_more_follow():
    """The working group recognises its own list."""
    listed = [each.listed_by_group for each in frameworks().values()]
    assert listed == [True] * 13 + [False] * 10


@pytest.mark.parametrize("code", frameworks())
def test_every_framework_names_only_bodies_of_the_catalogue(code):
    """A duty to a body that does not exist reaches nobody."""
    each = framework(code)
    named = {*each.national_bodies, *each.focal_points, *each.addressee_bodies}
    named.update(*(clock.addressees for clock in each.clocks))
    assert named <= set(bodies())
    assert set(each.focal_points) <= set(each.national_bodies)
    assert all(each.names)
    assert each.source


def test_focal_points_that_no_source_names_are_empty_and_reported():
    """An invented contact would be telephoned on the worst day."""
    unknown = {each.code for each in without_focal_point()}
    assert unknown >= {"cwc", "btwc", "ihr", "enc", "icsant", "teia"}
    assert not framework("cwc").national_bodies


def test_teia_is_not_presented_as_an_obligation():
    """By every source found the country is not a party: its form is a voluntary template."""
    assert framework("teia").standing is Standing.NOT_PARTY
    assert framework("ctbt").standing is Standing.NOT_IN_FORCE


def test_clocks_in_hours_and_clocks_in_words_are_told_apart():
    """«Forthwith» is no number: turning it into one would invent law."""
    assert {clock.code: clock.within for clock in framework("ihr").clocks} == {
        "assess": timedelta(hours=48),
        "notify": timedelta(hours=24),
        "verify": timedelta(hours=24),
        "imported": timedelta(hours=24),
    }
    (clock,) = framework("enc").clocks
    assert clock.within is None
    assert clock.wording == "forthwith"


def test_no_clock_is_lost_or_doubled():
    """A clock whose framework is misspelt in the table would never start."""
    clocks = [(clock.framework, clock.code) for each in frameworks().values() for clock in each.clocks]
    assert len(clocks) == len(set(clocks)) == 19


def test_an_unknown_framework_is_an_error_that_names_it():
    """Rules and duties name frameworks by code."""
    with pytest.raises(UnknownCodeError, match="'ospar'"):
        framework("ospar")
