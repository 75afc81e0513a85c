"""Numbers and units as people read them, in three languages, everywhere by one formatter."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.builders.golden import ROOT

from cbrn_consumers.inbox.readings import _COUNTED, _RANKS
from cbrn_schemas.catalogue.units import SCALES, ucum_code
from cbrn_schemas.catalogue.words import words
from cbrn_schemas.catalogue.written import BARE, BEFORE, amount, direction, number, unit

LANGUAGES = ("ky", "ru", "en")
UNITS = sorted({code for scale in SCALES.values() for code in scale.units} | {"deg"})
INTERNATIONAL = frozenset({"pH", "°C", "°", "%"})
"""Signs that are the same in every language."""


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("code", [code for code in UNITS if code not in BARE])
def test_every_unit_has_a_sign_that_people_write(code, lang):
    """`{NTU}` and `uSv/h` are for machines; an officer who reads Russian or Kyrgyz reads мкЗв."""
    sign = unit(code, lang)
    assert ("unit", code) in words() or code in BEFORE
    assert not re.search(r"[\[\]{}]|(^|/)u|[a-zа-я][23]", sign, re.IGNORECASE | re.ASCII) or "counts" in sign
    if lang != "en" and sign not in INTERNATIONAL:
        assert not re.search(r"[a-z]", sign, re.IGNORECASE), sign


def test_no_two_units_share_a_sign():
    """A reader could not tell them apart."""
    for lang in LANGUAGES:
        signs = [unit(code, lang) for code in UNITS if code not in BARE]
        assert len(signs) == len(set(signs))


@pytest.mark.parametrize("code", ["uSv/h", "mR/h", "Bq/kg", "mg/m3", "[pH]", "{NTU}", "[ppm]", "har", "Cel"])
def test_what_is_written_in_english_is_understood_when_published(code):
    """Whoever copies a number from the screen into a report must not be refused."""
    assert ucum_code(unit(code, "en")) == code


@pytest.mark.parametrize(
    ("value", "code", "en", "ru", "ky"),
    [
        (4.1, "uSv/h", "4.1 µSv/h", "4,1 мкЗв/ч", "4,1 мкЗв/саат"),
        (225, "deg", "225° (SW)", "225° (ЮЗ)", "225° (түштүк-батыш)"),
        (350.0, "{NTU}", "350 NTU", "350 НЕМ", "350 НЕМ"),
        (7.9, "[pH]", "pH 7.9", "pH 7,9", "pH 7,9"),
        (12345, "m3", "12 345 m³", "12 345 м³", "12 345 м³"),
        (400_000.0, "m3", "400 000 m³", "400 000 м³", "400 000 м³"),
        (3.7e13, "Bq", "3.7×10¹³ Bq", "3,7·10¹³ Бк", "3,7·10¹³ Бк"),
        (2e-5, "Sv/h", "2×10⁻⁵ Sv/h", "2·10⁻⁵ Зв/ч", "2·10⁻⁵ Зв/саат"),
        (1998, "kg", "1998 kg", "1998 кг", "1998 кг"),
        (3, "", "3", "3", "3"),
        (0.02, "1", "0.02", "0,02", "0,02"),
        (-12.5, "Cel", "-12.5 °C", "-12,5 °C", "-12,5 °C"),
    ],
)
def test_amounts_are_written_as_the_reader_writes_them(value, code, en, ru, ky):
    """The examples by which the rest is judged."""
    assert [amount(value, code, lang) for lang in ("en", "ru", "ky")] == [en, ru, ky]


@pytest.mark.parametrize(
    ("degrees", "point"), [(0, "С"), (22, "С"), (23, "СВ"), (90, "В"), (180, "Ю"), (270, "З"), (338, "С"), (359.9, "С")]
)
def test_winds_are_named_by_the_nearest_of_eight_points(degrees, point):
    """360° is north again."""
    assert direction(degrees, "ru").endswith(f"({point})")


@given(st.floats(min_value=-1e30, max_value=1e30, allow_nan=False) | st.integers(-(10**12), 10**12))
def test_a_written_number_is_the_number(value):
    """To six digits: grouping, comma and power lose nothing else."""
    powers = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
    for lang in LANGUAGES:
        text = number(value, lang).translate(powers).replace(" ", "").replace(",", ".")
        assert float(re.sub("[×·]10", "e", text)) == pytest.approx(value, rel=1e-5, abs=0)


def test_every_verdict_of_a_reading_has_words():
    """«ambient-limit» is nothing that an officer says."""
    verdicts = {name if each is True else each for name, ranks in _RANKS.items() for each in ranks if each}
    assert {("limit", verdict) for verdict in verdicts} <= set(words())
    assert {code for code in _COUNTED.values() if code} <= {code for group, code in words() if group == "unit"}


def test_nothing_else_prints_a_unit():
    """A second way to write a quantity is how `uSv/h` came onto the screens.

    The basis of a duty is a record, in English; `in_words` reads it back.
    """
    printed = re.compile(r"\{[^{}]*(\.unit\b|\[.unit.\]|:,?g\} ?(kg|m3|m\b|Bq))")
    found = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for layer in ("routing", "consumers", "deploy")
        for path in sorted((ROOT / layer).rglob("*.py"))
        for line in path.read_text(encoding="utf-8").splitlines()
        if printed.search(line) and 'f"' in line and path.name != "basis.py"
    ]
    assert not found


@pytest.mark.parametrize(
    "folder", ["producers/cbrn_producers/simulator", "schemas/examples", "deploy/cbrn_deploy/cli/demo"]
)
def test_headlines_and_demo_texts_have_no_codes_of_units(folder):
    """What is shipped to be read shows how to write it. The fields of an event have codes, as machines want them."""
    codes = re.compile(r"\b(uSv|uGy|uR|ug/|mg/m3|m3\b)|\{NTU\}|\[p[Hp]")
    texts = re.compile(r"headline|description|instruction|comment|^\s+(ky|ru|en): ")
    for path in sorted((ROOT / folder).rglob("*.*")):
        if path.suffix in {".yaml", ".json"}:
            for line in path.read_text(encoding="utf-8").splitlines():
                assert not (texts.search(line) and codes.search(line)), f"{path.name}: {line}"
