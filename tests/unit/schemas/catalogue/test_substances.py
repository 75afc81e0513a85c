"""What chemicals and diseases fall under."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import casrn

from cbrn_schemas.catalogue.substances import (
    TRAITS,
    Ihr,
    Instrument,
    agents,
    basel_wastes,
    cas_problem,
    cwc_hint,
    find_agent,
    listings,
    substance_traits,
    un_number_traits,
)
from cbrn_schemas.catalogue.tables import read_table

DEADLY = {"anthrax", "plague", "cholera", "cchf", "rabies", "smallpox", "polio", "sars"}


@pytest.mark.parametrize(
    ("cas", "traits"),
    [
        ("107-44-8", {"cwc-scheduled"}),
        ("75-44-5", {"cwc-scheduled"}),
        ("50-29-3", {"rotterdam", "pop", "pesticide"}),
        ("1336-36-3", {"rotterdam", "pop", "pcb"}),
        ("2921-88-2", {"pop", "pesticide"}),
        ("78-00-2", {"rotterdam"}),
        ("143-33-9", set()),
        ("7782-50-5", set()),
    ],
    ids=["sarin", "phosgene", "DDT", "PCB", "chlorpyrifos", "tetraethyl-lead", "sodium-cyanide", "chlorine"],
)
def test_a_chemical_carries_the_traits_of_the_lists_that_name_it(cas, traits):
    """Traits decide who is told: a pesticide goes to agriculture, a scheduled chemical to security."""
    assert substance_traits(cas) == traits


@pytest.mark.parametrize("cas", ["944-22-9", "108-01-0", "100-37-8"])
def test_chemicals_that_the_schedules_exempt_are_not_scheduled(cas):
    """Fonofos and two amino alcohols stand in the annex only to be excepted from it."""
    assert "cwc-scheduled" not in substance_traits(cas)
    assert any(line.cas == cas and line.instrument is Instrument.CWC for line in listings())


def test_every_listing_is_well_formed():
    """One wrong digit in our own table would hide a chemical for good."""
    for line in listings():
        assert line.cas is None or casrn.is_valid(line.cas), line
        assert line.traits <= TRAITS, line
        assert line.cas is not None or not line.traits, line
        assert line.source, line


def test_every_un_number_is_well_formed():
    """A number that stands twice, or with a letter in it, would hide what the placard of a lorry says."""
    rows = read_table("un_numbers.csv")
    assert [row["number"] for row in rows] == sorted({row["number"] for row in rows})
    assert len(un_number_traits()) == len(rows)
    for number, traits in un_number_traits().items():
        assert re.fullmatch("[0-9]{4}", number), number
        assert traits, number
        assert traits <= TRAITS, number
    assert un_number_traits()["2764"] == {"pesticide"}
    assert "2765" not in un_number_traits()


def test_families_are_kept_though_no_number_matches_them():
    """The lists are open: the table must not look as if it were complete."""
    families = [line for line in listings() if line.cas is None]
    assert {line.instrument for line in families} == set(Instrument)


def test_an_invented_number_has_no_traits():
    """No match proves nothing, and must not raise."""
    assert substance_traits("7732-18-5") == frozenset()
    assert substance_traits("water") == frozenset()


@given(st.integers(min_value=1000, max_value=999_999_999))
def test_a_wrong_check_digit_is_told_with_the_right_one(digits):
    """The officer has the label in his hand: the hint says what to compare."""
    stem = f"{digits // 100}-{digits % 100:02}"
    right = casrn.calc_check_digit(stem)
    assert cas_problem(f"{stem}-{right}") is None
    for wrong in set("0123456789") - {right}:
        problem = cas_problem(f"{stem}-{wrong}")
        assert f"{stem}-{right}" in problem.hint
        assert f"{stem}-{wrong}" in problem.message


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("7782505", "write it as 7782-50-5"),
        (" 7782-50-5", "write it as 7782-50-5"),
        ("", "two digits and a check digit"),
        ("chlorine", "two digits and a check digit"),
        ("07782-50-5", "two digits and a check digit"),
        ("7782-5-05", "two digits and a check digit"),
        ("٧٧٨٢-٥٠-٥", "two digits and a check digit"),
    ],
)
def test_what_is_not_written_as_a_cas_number_is_refused_with_the_way_to_write_it(text, hint):
    """Two spellings of one number would be two substances."""
    assert hint in cas_problem(text).hint


def test_the_annexes_of_basel_are_complete():
    """Y-codes are a closed list: Y1 to Y49."""
    assert list(basel_wastes()) == [f"Y{number}" for number in range(1, 50)]


@pytest.mark.parametrize("code", agents())
def test_every_agent_has_three_names_and_consistent_flags(code):
    """A zoonosis that does not infect animals would never reach the veterinary service."""
    each = agents()[code]
    assert all(each.names)
    assert each.human or each.animal or each.plant
    assert each.human or not each.zoonosis
    assert not each.woah or each.animal
    assert each.source


def test_the_deadliest_are_on_the_dangerous_list():
    """The first rule book tells other ministries by this flag."""
    assert all(agents()[code].dangerous for code in DEADLY)
    assert not agents()["measles"].dangerous


def test_those_that_are_always_notified_are_exactly_those_of_annex_2():
    """IHR (2005), Annex 2: smallpox, wild polio, a new subtype of influenza (an avian one in a person is), SARS."""
    always = {each.code for each in agents().values() if each.ihr is Ihr.ALWAYS}
    assert always == {"smallpox", "polio", "novel-influenza", "avian-influenza", "sars"}


@pytest.mark.parametrize(
    ("text", "code"),
    [("Сибирская язва", "anthrax"), ("КҮЙДҮРГҮ", "anthrax"), ("куйдургу", "anthrax"), ("Ящур", "foot-and-mouth")],
)
def test_an_agent_is_found_by_its_name_in_any_language(text, code):
    """Laboratories write names, not codes."""
    assert find_agent(text).code == code
    assert find_agent("грусть") is None


@pytest.mark.parametrize(
    ("name", "entry"),
    [
        ("sаrin", "1.A.1"),  # a Cyrillic а
        ("зaрин", "1.A.1"),  # a Latin a
        ("SАRIN, 2 kg", "1.A.1"),
        ("VХ", "1.A.3"),  # a Cyrillic Х
        ("sa\u200brin", "1.A.1"),
        ("ｓａｒｉｎ", "1.A.1"),
        ("нервно-паралитический", "1.A"),
        ("нервно-паралитическии\u0306", "1.A"),
        ("mustаrd gas", "1.A.4"),
    ],
)
def test_a_name_in_two_alphabets_is_read_as_it_looks(name, entry):
    """Everybody reads «sarin»; a machine that did not would tell nobody of the convention."""
    hint = cwc_hint(None, name, None)
    assert (hint and hint.entry) == entry


@pytest.mark.parametrize("name", ["сахар", "sugar", "сaхар", "ацетон technical", "Ö"])
def test_what_looks_like_nothing_listed_gets_no_hint(name):
    """A hint that everything gets is none."""
    assert cwc_hint(None, name, None) is None
