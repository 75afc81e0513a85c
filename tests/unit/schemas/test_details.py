"""What an event says field by field: complete, in three languages, wherever an alert is shown."""

import json
from collections.abc import Iterator
from typing import Any, Literal, get_args, get_origin

import pytest
from tests.builders.golden import EXAMPLES

from cbrn_schemas.catalogue.words import words
from cbrn_schemas.details import _WRITERS, BRIEF, FIRST, GROUPS, HEAD, _text, details
from cbrn_schemas.events import EVENT_TYPES, parse_event
from cbrn_schemas.events.base import Emergency, ExposedPlace, Operator, PatientGroup, Zone
from cbrn_schemas.events.model import Model
from cbrn_schemas.events.monitoring_radiation import IdentifiedNuclide
from cbrn_schemas.events.parts import Agent, IhrAnnex2, Measurement, RadioactiveSource, Substance, Vehicle

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


WHOLE = {
    Substance: {"name": "sodium cyanide", "cas": "143-33-9", "un_number": "1689", "mass_kg": 3.5, "volume_m3": 2.5,
                "confirmed": False},
    RadioactiveSource: {"nuclide": "Cs-137", "activity_Bq": 4e9, "activity_on": "2020-01-01", "category": 3,
                        "sealed": False, "shielded": False, "device": "level gauge", "serial": "77"},
    Measurement: {"quantity": "mass-per-volume", "value": 0.5, "unit": "mg/L", "uncertainty": 0.1,
                  "limit_ratio": 7.0, "substance": "cyanide", "at": "at the bridge"},
    Agent: {"code": "plague", "strain": "Altai", "confirmed": True, "form": "pneumonic"},
    Vehicle: {"mode": "road", "registration": "01 KG 777", "description": "tank lorry"},
    ExposedPlace: {"what": "school", "name": "No. 5", "persons": 620},
    PatientGroup: {"persons": 9, "condition": "critical", "age_from": 7, "age_to": 12},
}  # fmt: skip
"""Models that have a writer of their own, with every field said."""


@pytest.mark.parametrize(
    ("model", "field"), [(model, field) for model, fields in WHOLE.items() for field in fields], ids=str
)
def test_no_field_of_a_part_is_dropped(model: type[Model], field: str) -> None:
    """An unshielded source must not look like any other."""
    assert model in _WRITERS or model is Measurement
    fields = WHOLE[model]
    left = {name: value for name, value in fields.items() if name != field}
    if not model.model_fields[field].is_required():
        assert _text("x", validated(model, fields), "en") != _text("x", validated(model, left), "en")


def validated(model: type[Model], fields: dict[str, Any]) -> Model:
    return model.model_validate_json(json.dumps(fields))


def test_what_was_not_detected_is_not_written_as_found() -> None:
    """0.001 mg/L of cyanide, where the instrument sees 0.005: publishers are told to write it so."""
    reading = WHOLE[Measurement] | {"value": 0.001, "detection_limit": 0.005}
    assert "0,005 мг/л" in _text("x", validated(Measurement, reading), "ru")
    assert "0,001" not in _text("x", validated(Measurement, reading), "ru")


def test_the_spot_is_told() -> None:
    """«Behind the third pump» is what the brigade needs."""
    data = {"district": "41708400", "description": "behind the third pump"}
    assert "behind the third pump" in {one.text for one in details(example("chemical-release", where=data), "en")}
