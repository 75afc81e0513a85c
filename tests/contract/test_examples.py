"""The golden examples: one of each kind, with which agencies and other languages' readers can test themselves."""

from __future__ import annotations

import json

import pytest
from tests.builders.golden import EXAMPLES, golden

from cbrn_schemas.catalogue.agents import agents
from cbrn_schemas.catalogue.bodies import bodies
from cbrn_schemas.catalogue.places import crossing, district, facility
from cbrn_schemas.events import EVENT_TYPES, PAYLOAD_BYTES_MAX, Incident, parse_event, to_bytes

FOLDER = EXAMPLES
KINDS = tuple(EVENT_TYPES)


def test_there_is_one_example_of_every_kind_and_no_other() -> None:
    """A kind without an example is a kind that nobody has tried."""
    assert {path.stem for path in FOLDER.glob("*.json")} == set(EVENT_TYPES)


@pytest.mark.parametrize("kind", KINDS)
def test_example_survives_the_way_there_and_back(kind: str) -> None:
    """What an agency builds, sends and another one reads is the same event."""
    event = parse_event(golden(kind))
    assert type(event) is EVENT_TYPES[kind]
    sent = to_bytes(event)
    assert parse_event(sent) == event
    assert to_bytes(parse_event(sent)) == sent
    assert len(sent) <= PAYLOAD_BYTES_MAX


@pytest.mark.parametrize("kind", KINDS)
def test_example_speaks_three_languages(kind: str) -> None:
    """Officers read Kyrgyz and Russian, partners English."""
    event = parse_event(golden(kind))
    assert list(event.texts) == ["ky", "ru", "en"]
    assert len({text.headline for text in event.texts.values()}) == 3
    if isinstance(event, Incident):
        assert all(text.description for text in event.texts.values())


@pytest.mark.parametrize("kind", KINDS)
def test_example_names_only_what_the_catalogue_holds(kind: str) -> None:
    """An example with an unknown body, place or disease would teach the wrong codes."""
    event = parse_event(golden(kind))
    assert event.body in bodies()
    if event.where.site is not None:
        facility(event.where.site)
    if event.where.district is not None and len(event.where.district) == len("41702205"):
        district(event.where.district)
    if event.where.crossing is not None:
        crossing(event.where.crossing)
    agent = getattr(event, "agent", None)
    assert agent is None or agent.code in agents()


@pytest.mark.parametrize("kind", KINDS)
def test_example_is_the_whole_of_what_goes_onto_the_wire(kind: str) -> None:
    """No field of an example is dropped, and defaults are written out, so that readers need not know them."""
    given = json.loads(golden(kind))
    sent = json.loads(to_bytes(parse_event(golden(kind))))
    assert {name for name, value in given.items() if value != []} <= set(sent)
