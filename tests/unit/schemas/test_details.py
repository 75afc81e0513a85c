"""What an event says field by field: complete, in three languages, wherever an alert is shown."""

import json
from collections.abc import Iterator
from typing import Any, Literal, get_args, get_origin

import pytest
from tests.builders.golden import EXAMPLES

from cbrn_schemas.catalogue.words import words
from cbrn_schemas.details import BRIEF, FIRST, GROUPS, HEAD, details
from cbrn_schemas.events import EVENT_TYPES, parse_event
from cbrn_schemas.events.base import Emergency, Model, Operator, Zone
from cbrn_schemas.events.monitoring_radiation import IdentifiedNuclide
from cbrn_schemas.events.parts import IhrAnnex2

PARTS = (Emergency, Operator, Zone, IhrAnnex2, IdentifiedNuclide)


def example(kind, **fields):
    return parse_event(json.dumps(json.loads((EXAMPLES / f"{kind}.json").read_text()) | fields).encode())


def shown_fields():
    named = {name for model in (*EVENT_TYPES.values(), *PARTS) for name in model.model_fields}
    return sorted(named - HEAD)


@pytest.mark.parametrize("name", shown_fields())
def test_every_field_has_a_label_in_three_languages(name):
    """A field whose name stands there in English is one that an officer in Naryn skips."""
    assert all(words()["field", name])


def test_what_an_officer_acts_on_stands_first_and_in_lists():
    """Call-back number, zone, patients: looked for first, and found in the list of an inbox, too."""
    event = example(
        "foodborne-illness",
        verified=False,
        zone={"persons": 40, "hazard_radius_m": 300.0, "cordon_m": 200.0, "protective_equipment": ["gas-tight-suit"]},
        emergency={"degree": "II", "regime": "emergency"},
        operator={"name": "Canteen 5", "licence": "KG-17"},
    )
    found = details(event, "ru")
    places = [one.field for one in found]
    assert [name for name in places if name in FIRST] == [name for name in FIRST if name in places]
    assert {one.field for one in details(event, "ru", brief=True)} <= BRIEF
    said = {one.field: one.text for one in found}
    assert said["verified"] == "нет"
    assert "оцепление 200 м" in said["zone"]
    assert "газонепроницаемый костюм" in said["zone"]
    assert "KG-17" in said["operator"]
    assert said["emergency"] == "степень ЧС II, режим чрезвычайной ситуации"
    assert said["exposed_places"] == "School No. 5, Suzak, людей 620"
    assert said["patients"] == "2, тяжёлое, возраст 7-8; 9, средней тяжести, возраст 7-12"


def test_form_limit_country_and_tags_are_said():
    """What was looked for and not found: form of a disease, multiple of the limit, origin, ear tags."""
    plague = example("human-disease", agent={"code": "plague", "confirmed": True, "form": "pneumonic"})
    assert "лёгочная" in {one.field: one.text for one in details(plague, "ru")}["agent"]
    water = example(
        "water-quality",
        measurements=[
            {"quantity": "mass-per-volume", "value": 0.7, "unit": "mg/L", "substance": "cyanide", "limit_ratio": 7.0}
        ],
    )
    assert "7 × норма" in {one.field: one.text for one in details(water, "ru")}["measurements"]
    cattle = example("animal-disease", origin="KZ", destination="RU", ear_tags=["KG 1", "KG 2"], holding="farm 7")
    said = {one.field: one.text for one in details(cattle, "en")}
    assert (said["origin"], said["destination"], said["ear_tags"]) == ("Kazakhstan", "RU", "KG 1; KG 2")


@pytest.mark.parametrize("kind", EVENT_TYPES)
@pytest.mark.parametrize("lang", ["ky", "ru", "en"])
def test_every_example_is_laid_out(kind, lang):
    """No kind has a field that cannot be written."""
    for one in details(example(kind), lang):
        assert one.text
        assert "\n" not in one.text


SIGNS = {"degree", "magnitude_type", "stability", "un_class"}
"""Fields whose codes are signs, alike in every language: `II`, `Mw`, `D`, `6.1`."""


def codes_of(annotation: Any, field: str) -> Iterator[tuple[str, str]]:
    """Every code of a closed list in a field, at any depth."""
    if get_origin(annotation) is Literal:
        yield from ((field, code) for code in get_args(annotation) if isinstance(code, str))
    elif isinstance(annotation, type) and issubclass(annotation, Model):
        for name, inner in annotation.model_fields.items():
            yield from codes_of(inner.annotation, name)
    else:
        for inner in get_args(annotation):
            yield from codes_of(inner, field)


@pytest.mark.parametrize("kind", EVENT_TYPES)
def test_no_alert_shows_a_code_that_a_list_has_a_word_for(kind: str) -> None:
    """«Откуда: waterworks» is read by nobody who has to close the valve."""
    codes = {
        (name, code)
        for field, info in EVENT_TYPES[kind].model_fields.items()
        if field not in HEAD
        for name, code in codes_of(info.annotation, field)
        if name not in SIGNS
    }
    bare = {
        code for name, code in codes if (GROUPS.get(name, name), code) not in words() and ("value", code) not in words()
    }
    assert not bare


def test_where_a_release_comes_from_is_said_in_words() -> None:
    """The field holds a country in other kinds."""
    said = {one.field: one.text for one in details(example("chemical-release", origin="waterworks"), "ru")}
    assert said["origin"] == "водопроводные сооружения"


def test_a_further_district_that_nobody_knows_is_named_as_such() -> None:
    """One wrong digit, and the second district hears nothing: which code is wrong must be seen."""
    where = {"district": "41708400", "further_districts": ["41711", "41799999"]}
    said = {one.field: one.text for one in details(example("chemical-release", where=where), "en")}
    assert said["further_districts"] == "Bishkek; 41799999 (the place could not be determined)"
