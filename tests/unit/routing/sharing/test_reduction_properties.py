"""Whatever the event and whatever the agreement: what leaves is an event, holds nothing unnamed, and no finer place."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.builders.sharing import NOW, allowing, filled, leaves_of, strings_of
from tests.builders.thorough import cases

from cbrn_routing.sharing import opaque, share
from cbrn_routing.sharing.vocabulary import FRAME, names_of
from cbrn_schemas.errors import InvalidEventError
from cbrn_schemas.events import EVENT_TYPES, parse_event, to_bytes

POINT = {"lat": 40.55123, "lon": 72.81456, "accuracy_m": 50}
PLACES = (
    {"point": POINT},
    {"point": POINT, "description": "behind school No. 5"},
    {"district": "41703430", "point": {"lat": 41.26, "lon": 72.45}, "further_districts": ["41703220", "41706207"]},
    {"district": "41721", "point": POINT},
    {"district": "41711", "further_districts": ["41708203", "41708206"]},
    {"district": "41799999", "description": "a code of nobody"},
    {"site": "F04"},
    {"crossing": "ak-jol"},
    {"point": {"lat": 43.2, "lon": 76.9}},
)
TELLING = "at 40.55123, 72.81456"
KEPT = {*FRAME, "where", "situation", "station", "texts", "texts.headline"}


@st.composite
def events(draw):
    """Draw an event of any kind, anywhere, with some of its fields, and degrees in some of its texts."""
    kind = draw(st.sampled_from(sorted(EVENT_TYPES)))
    said = json.loads(to_bytes(filled(kind)))
    said["where"] = draw(st.sampled_from(PLACES))
    for name in draw(st.sets(st.sampled_from(sorted(said)))):
        less = {key: value for key, value in said.items() if key != name}
        said = less if _is_event(less) else said
    for name in draw(st.sets(st.sampled_from(["texts", "unit", "vehicle", "contact", "cargo", "measurements"]))):
        telling = {**said, name: _telling(said[name])} if name in said else said
        said = telling if _is_event(telling) else said
    return parse_event(json.dumps(said).encode())


@st.composite
def shared(draw):
    """Draw an event, an agreement over its kind, and what comes of them."""
    event = draw(events())
    names = sorted(names_of(event.kind))
    some = draw(st.lists(st.sampled_from(names), unique=True, max_size=len(names)))
    place = draw(st.sampled_from(["exact", "district", "region"]))
    agreement = allowing(event.kind, *some, place=place, tlp="RED")
    return event, agreement, share(agreement, event, restricted=False, now=NOW)


@given(shared())
@settings(max_examples=cases(300), deadline=None)
def test_what_leaves_is_an_event_of_its_kind_with_nothing_that_is_not_named(drawn):
    """A reader abroad can parse it; and every field of it can be traced to a clause."""
    event, agreement, sharing = drawn
    if not sharing.releasable:
        assert sharing.why[0] in {"place-unstated", "not-reducible"}
        return
    seen = parse_event(sharing.data)
    assert seen.kind == event.kind
    leaves = leaves_of(json.loads(sharing.data))
    outside = {leaf for leaf in leaves if not leaf.startswith("where.")} - agreement.granted_names - KEPT
    assert not outside
    traced = {"texts"} | {each.field for each in sharing.passed} | {each.field for each in sharing.withheld}
    assert {leaf for leaf in leaves if not leaf.startswith("where.")} <= traced


@given(shared())
@settings(max_examples=cases(300), deadline=None)
def test_nothing_that_leaves_says_a_finer_place_than_the_agreement(drawn):
    """Neither the place itself, nor a text, nor the name of a situation that is not named."""
    event, agreement, sharing = drawn
    if not sharing.releasable:
        return
    seen = json.loads(sharing.data)
    for name in ("situation", "station"):
        if name in seen and name not in agreement.granted:
            assert seen[name] == opaque(json.loads(to_bytes(event))[name], "kz")
    if agreement.place == "exact":
        return
    assert set(seen["where"]) <= {"district", "further_districts"}
    codes = [seen["where"]["district"], *seen["where"].get("further_districts", ())]
    assert all(len(code) == 5 for code in codes) or agreement.place == "district"
    assert not {"lat", "lon", "site", "crossing"} & set(_keys(seen))
    assert not any("40.55123" in text for text in strings_of(seen))


@given(shared())
@settings(max_examples=cases(300), deadline=None)
def test_to_reduce_twice_is_to_reduce_once(drawn):
    """So a partner's copy that comes round again is told by its bytes, and a preview is what is released."""
    _, agreement, sharing = drawn
    if sharing.releasable:
        again = share(agreement, sharing.event, restricted=False, now=NOW)
        assert again.data == sharing.data


def _is_event(said):
    try:
        parse_event(json.dumps(said).encode())
    except InvalidEventError:
        return False
    return True


def _telling(value):
    if isinstance(value, str):
        return TELLING
    if isinstance(value, list):
        return [{**each, "at": TELLING} for each in value]
    if "mode" in value:
        return {**value, "description": TELLING}
    return {lang: {"headline": TELLING, "description": TELLING} for lang in value}


def _keys(value):
    if isinstance(value, dict):
        yield from value
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _keys(part)
