"""Holidays as data: each with its source, and none claimed that is declared year by year."""

from datetime import date

import pytest

from cbrn_schemas.catalogue.holidays import holidays, holidays_on


def test_every_holiday_is_a_day_with_a_source_and_three_names():
    """A table that nobody can check is a rumour."""
    for on, found in holidays().items():
        date.fromisoformat(on if len(on) > 5 else f"2028-{on}")
        for each in found:
            assert all(each.names)
            assert each.source


@pytest.mark.parametrize(
    ("day", "codes"),
    [
        (date(2026, 3, 21), ["nooruz"]),
        (date(2031, 8, 31), ["independence"]),
        (date(2026, 3, 20), ["orozo-2026"]),
        (date(2025, 3, 20), []),
        (date(2026, 11, 27), []),
    ],
)
def test_a_day_has_its_holidays(day, codes):
    """Nooruz comes each year; Orozo Ait is known for some years alone."""
    assert [each.code for each in holidays_on(day)] == codes


def test_what_is_declared_each_year_is_never_sure():
    """The day is known once the moon was seen."""
    moving = [each for found in holidays().values() for each in found if each.code.startswith(("orozo", "kurman"))]
    assert moving
    assert not any(each.sure for each in moving)


def test_where_no_source_says_whether_one_works_nobody_claims_it():
    """The law is to be looked up by a person."""
    doubted = [each for found in holidays().values() for each in found if "to be confirmed" in each.source]
    assert doubted
    assert all(each.day_off is None and not each.sure for each in doubted)
