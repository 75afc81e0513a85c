"""What an event says field by field: complete, in three languages, wherever an alert is shown."""

import json

import pytest
from tests.builders.golden import EXAMPLES
from typer.testing import CliRunner

from cbrn_deploy.cli.main import app
from cbrn_schemas.catalogue.words import words
from cbrn_schemas.details import BRIEF, FIRST, HEAD, details
from cbrn_schemas.events import EVENT_TYPES, parse_event
from cbrn_schemas.events.base import Emergency, Operator, Zone
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


@pytest.mark.parametrize("command", ["route", "explain"])
def test_commands_show_it(command):
    """The dry run and the explanation speak of the same event as the alert does."""
    done = CliRunner().invoke(app, [command, str(EXAMPLES / "foodborne-illness.json")])
    assert done.exit_code == 0
    assert "+996 3748 0-00-00" in " ".join(done.output.split())
