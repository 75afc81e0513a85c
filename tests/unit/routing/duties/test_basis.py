"""The facts of a duty: each trait that a rule asks for is shown with the field of the event that gave it."""

from __future__ import annotations

import json

import pytest
from tests.builders.rules import national_engine

from cbrn_routing.duties.basis import _of_trait
from cbrn_routing.field_traits import giving
from cbrn_routing.proof.synthesis import event_in
from cbrn_routing.proof.traits import _menus
from cbrn_routing.rulebook import national_rulebook
from cbrn_schemas.events import EVENT_TYPES, parse_event
from cbrn_schemas.events.kinds import lane_of
from cbrn_schemas.topics import Lane

ASKED = {str(trait) for duty in national_rulebook().duties for trait in duty.asked.get("traits", ())}


@pytest.mark.parametrize("kind", [kind for kind in EVENT_TYPES if lane_of(kind) is Lane.INCIDENTS])
def test_no_trait_that_a_duty_asks_for_is_shown_without_its_field(kind: str) -> None:
    """«Raised by: contaminated goods» and no word of where that stands leaves the lawyer to guess."""
    base, plainest, menus = _menus(kind)
    assert base is not None
    for name, menu in menus.items():
        for value in menu.values():
            data = event_in({"kind": kind}) | plainest | {name: value}
            event = parse_event(json.dumps(data).encode())
            traits = national_engine().route(event).decision.facets.traits & ASKED
            assert [trait for trait in traits if not _of_trait(trait, event, giving(event))] == []


@pytest.mark.parametrize(
    ("kind", "fields", "trait", "shown"),
    [
        ("illegal-dumping", {"basel_code": "Y10"}, "pcb", ("basel_code", "Y10")),
        ("contamination", {"medium": "goods"}, "goods", ("medium", "goods")),
        ("burial-site-breach", {"burial": "anthrax"}, "dangerous-disease", ("burial", "anthrax")),
    ],
)
def test_what_no_list_says_is_shown_by_its_field(
    kind: str, fields: dict[str, str], trait: str, shown: tuple[str, str]
) -> None:
    """A code of waste is a fact like a number of a substance."""
    data = event_in({"kind": kind}) | fields
    event = parse_event(json.dumps(data).encode())
    assert shown in _of_trait(trait, event, giving(event))
