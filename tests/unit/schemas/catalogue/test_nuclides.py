"""Names of nuclides and the category of a source."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cbrn_schemas.catalogue.nuclides import canonical_nuclide, d_values_Bq, is_nuclide, nuclides, source_category


@pytest.mark.parametrize("name", ["Cs-137", "U-235", "Ag-110m", "Tc-99m", "H-3", "Am-241/Be", "Sb-124n"])
def test_canonical_names_are_known(name):
    """These are what instruments and treaties call them."""
    assert is_nuclide(name)
    assert canonical_nuclide(name) == name


@pytest.mark.parametrize("text", ["137Cs", "Cs137", "cs-137", "Cs-138z", "Pb-208", "Xx-1", "caesium", "", "Cs-137 "])
def test_any_other_writing_is_not_canonical(text):
    """One nuclide with two names would be two facets; a stable one is no source of radiation."""
    assert not is_nuclide(text)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("137Cs", "Cs-137"),
        ("cs137", "Cs-137"),
        ("CS-137", "Cs-137"),
        (" Cs 137 ", "Cs-137"),
        ("110mAg", "Ag-110m"),
        ("AG110M", "Ag-110m"),
        ("u-235", "U-235"),
        ("am-241/be", "Am-241/Be"),
        ("Pb-208", None),
        ("UO2", None),
        ("Cs-999", None),
        ("caesium", None),
        ("", None),
    ],
)
def test_other_spellings_lead_to_the_canonical_name_or_nowhere(text, name):
    """Hints to publishers come from here; a guess would be worse than none."""
    assert canonical_nuclide(text) == name


@given(st.sampled_from(sorted(nuclides())), st.booleans(), st.booleans())
def test_every_nuclide_is_found_from_its_other_spellings(name, mass_first, upper):
    """No name may fold onto another nuclide."""
    element, mass = name.split("-")
    text = f"{mass}{element}" if mass_first else f"{element}{mass}"
    assert canonical_nuclide(text.upper() if upper else text) == name


@pytest.mark.parametrize(
    ("ratio", "category"),
    [(1000, 1), (999.9, 2), (10, 2), (9.99, 3), (1, 3), (0.999, 4), (0.01, 4), (0.00999, 5), (0, 5)],
)
def test_categories_begin_at_the_ratios_of_rs_g_1_9(ratio, category):
    """A source of category 1 to 3 sets other ministries in motion."""
    assert source_category([("Cs-137", ratio * 1e11)]) == category


def test_sources_that_lie_together_count_by_the_sum_of_their_ratios():
    """Two halves of a dangerous quantity are a dangerous quantity."""
    halves = [("Cs-137", 0.5e11), ("Co-60", 0.5 * 0.03e12)]
    assert [source_category([half]) for half in halves] == [4, 4]
    assert source_category(halves) == 3


@pytest.mark.parametrize("activities", [[], [("Pa-231", 1e9)], [("Cs-137", 1e15), ("Pa-231", 1.0)]])
def test_without_all_d_values_no_category_is_claimed(activities):
    """«Not known» is an answer; a category that is too low is a danger."""
    assert source_category(activities) is None


@pytest.mark.parametrize("activity", [-1.0, float("nan"), float("inf")])
def test_an_impossible_activity_is_an_error(activity):
    """It would silently become category 5 or 1."""
    with pytest.raises(ValueError, match="Cs-137"):
        source_category([("Cs-137", activity)])


@given(st.lists(st.tuples(st.sampled_from(sorted(d_values_Bq())), st.floats(0, 1e18)), min_size=1, max_size=6))
def test_another_source_never_makes_a_find_less_dangerous(activities):
    """Categories are ordered: 1 is worst."""
    assert source_category(activities) <= min(source_category([each]) for each in activities)


def test_every_d_value_is_of_a_known_nuclide():
    """A misspelt row would never be found."""
    assert {name.removesuffix("/Be") for name in d_values_Bq()} <= nuclides()
    assert all(value > 0 for value in d_values_Bq().values())
