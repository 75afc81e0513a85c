"""Treaties and their clocks."""

from datetime import date, timedelta

import pytest

from cbrn_schemas.catalogue.bodies import bodies
from cbrn_schemas.catalogue.frameworks import PartyStatus, clock, clocks, framework, frameworks, without_focal_point
from cbrn_schemas.errors import UnknownCodeError


def test_the_groups_thirteen_come_first_and_twelve_more_follow():
    """The working group recognises its own list."""
    listed = [each.listed_by_group for each in frameworks().values()]
    assert listed == [True] * 13 + [False] * 12


@pytest.mark.parametrize("code", frameworks())
def test_every_framework_names_only_bodies_of_the_catalogue(code):
    """A duty to a body that does not exist reaches nobody."""
    each = framework(code)
    named = {*each.national_bodies, *each.focal_points, *each.addressee_bodies}
    named.update(*(ticking.addressees for ticking in each.clocks))
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
    assert framework("teia").standing is PartyStatus.NOT_PARTY
    assert framework("ctbt").standing is PartyStatus.NOT_IN_FORCE


def test_clocks_in_hours_and_clocks_in_words_are_told_apart():
    """«Forthwith» is no number: turning it into one would invent law."""
    assert {each.code: each.within for each in framework("ihr").clocks} == {
        "assess": timedelta(hours=48),
        "notify": timedelta(hours=24),
        "verify": timedelta(hours=24),
        "imported": timedelta(hours=24),
        "imported-goods": timedelta(hours=24),
    }
    forthwith = clock("enc/notify")
    assert forthwith.within is None
    assert forthwith.wording == "forthwith"
    assert forthwith.target is not None, "the bus reminds all the same, and says that the hour is its own"


def test_no_clock_is_lost_or_doubled():
    """A clock whose framework is misspelt in the table would never start."""
    names = [ticking.name for each in frameworks().values() for ticking in each.clocks]
    assert len(names) == len(set(names)) == 40


def test_every_clock_says_what_starts_and_what_stops_it():
    """A clock without an end would alarm for ever; one that nothing starts would never run."""
    for each in clocks().values():
        assert each.starts
        assert each.stops
        assert each.wording
        assert each.source
        assert each.start_field in {None, "reported", "observed"}


def test_the_early_notification_binds_from_the_day_that_sources_give():
    """The caesium train of 2007 broke no duty to notify: the country was no party."""
    assert not clock("enc/notify").binds(date(2007, 12, 31))
    assert clock("enc/notify").binds(date(2026, 11, 23))
    assert clock("icsant/inform").binds(date(2007, 12, 31))


def test_what_no_source_confirms_is_low():
    """Low confidence is shown as such, never as a claim."""
    assert {each.name for each in clocks().values() if each.confidence == "low"} >= {
        "eaeu/notify",
        "cis-health/outbreak",
        "cis-rcb/situation",
        "cppnm-a/inform",
    }


def test_an_unknown_clock_is_an_error_that_names_it():
    """Rules of duties name clocks."""
    with pytest.raises(UnknownCodeError, match="enc/soon"):
        clock("enc/soon")


def test_an_unknown_framework_is_an_error_that_names_it():
    """Rules and duties name frameworks by code."""
    with pytest.raises(UnknownCodeError, match="'ospar'"):
        framework("ospar")


def test_what_is_due_at_once_is_reminded_of():
    """A duty without an hour and without a reminder is never overdue: nobody would notice that it was forgotten."""
    urgent = ("immediately", "forthwith", "promptly", "without delay", "as soon as possible")
    bound = [each for each in clocks().values() if framework(each.framework).standing is PartyStatus.PARTY]
    asked = {each.name for each in bound if each.wording.startswith(urgent) and each.start_field is not None}
    never = {each.name for each in bound if each.within is None and each.target is None}
    assert asked & never <= {"assist/answer"}, "whose rule raises no duty: other states' requests do not travel here"
