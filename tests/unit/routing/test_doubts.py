"""Every doubt that an event alone can raise: the same for the router and for publishers, worded in three languages."""

from __future__ import annotations

import json
from string import Formatter
from typing import TYPE_CHECKING, Any, get_args

import pytest
from hypothesis import given, settings
from tests.builders.doubtful import CASES
from tests.builders.drawn import EVENTS
from tests.builders.golden import chlorine
from tests.builders.router import NOW, Arrived, sit

from cbrn_producers.outgoing import Sender, prepare
from cbrn_routing.doubt_words import _WORDED
from cbrn_routing.doubts import EventWarning, warnings_of
from cbrn_routing.router import Dispatcher
from cbrn_schemas.catalogue.words import words
from cbrn_schemas.errors import Doubt
from cbrn_schemas.events import lane_of, parse_event
from cbrn_schemas.events.base import Language
from cbrn_schemas.topics import Realm

if TYPE_CHECKING:
    from cbrn_routing.decide import Engine

OF_THE_ROUTER = frozenset({
    Doubt.UNKNOWN_SITUATION, Doubt.CANCELLED_SITUATION, Doubt.EARLIER_NOT_TOLD, Doubt.KEY_DIFFERS,
    Doubt.PARTITION_DIFFERS, Doubt.RESERVED_HEADER, Doubt.HEADER_LEFT_OUT, Doubt.SIGNATURE_UNCONFIRMED,
})  # fmt: skip
"""What came before, and how the record was written: no publisher can know."""
OFFERS = {
    "F4": ({"site": "F4"}, "F04 ("),
    "ak-jol as a site": ({"site": "ak-jol"}, "where.crossing ak-jol ("),
    "a letter too few": ({"crossing": "ak-jo"}, "ak-jol ("),
    "two digits exchanged": ({"district": "41708230"}, "41708203 (Alamüdün district)"),
}


def said(data: dict[str, Any], lang: Language = "en") -> tuple[EventWarning, ...]:
    return warnings_of(parse_event(json.dumps(data).encode()), now=NOW, lang=lang)


def raised(engine: Engine, data: dict[str, Any]) -> list[str]:
    """What a fresh shard says of it, but for what no publisher can know."""
    out = prepare(json.dumps(data).encode(), Sender(data["body"], None, Realm.REAL))
    dispatcher = Dispatcher(Realm.REAL, lane_of(data["kind"]), engine)
    written, _ = sit(dispatcher, Arrived(out.value, tuple(out.headers), out.topic, out.key))
    ((_, value, _),) = written.records["cbrn.bus.decisions"]
    return [doubt for doubt in json.loads(value or b"")["doubts"] if doubt not in OF_THE_ROUTER]


@pytest.mark.parametrize("case", CASES)
def test_a_doubt_says_what_is_odd_where_and_what_to_do(case: str) -> None:
    """Whoever publishes mends it in a minute, or knows that nothing is to be mended."""
    data, expected = CASES[case]
    found = said(data)
    assert [(each.doubt, each.where) for each in found] == [(doubt, where) for doubt, where, _ in expected]
    for each, (_, _, part) in zip(found, expected, strict=True):
        assert part in each.message
        assert each.hint
        assert each.as_json() == {
            "doubt": str(each.doubt), "where": each.where, "message": each.message, "hint": each.hint,
        }  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_the_router_raises_the_same(engine: Engine, case: str) -> None:
    """What recipients see is what the publisher was told."""
    data, expected = CASES[case]
    assert raised(engine, data) == list(dict.fromkeys(doubt for doubt, _, _ in expected))


@settings(deadline=None)
@given(EVENTS)
def test_a_publisher_hears_exactly_what_a_fresh_shard_raises(engine: Engine, data: dict[str, Any]) -> None:
    """Of whatever event, in whatever language, and without ever failing."""
    expected = raised(engine, data)
    for lang in get_args(Language):
        found = said(data, lang)
        assert list(dict.fromkeys(each.doubt for each in found)) == expected
        assert all(each.where and each.message and each.hint for each in found)


@pytest.mark.parametrize("slip", OFFERS)
def test_a_code_that_is_none_is_answered_with_those_that_may_be_meant(slip: str) -> None:
    """A person has the right one before the second look at the catalogue."""
    where, offer = OFFERS[slip]
    (found,) = said(chlorine(where=where))
    assert found.hint.startswith("Did you mean ")
    assert offer in found.hint


def test_a_code_that_resembles_none_is_answered_without_an_offer() -> None:
    """A guess out of nowhere would send a person to the wrong district."""
    (found,) = said(chlorine(where={"district": "41799999"}))
    assert "Did you mean" not in found.hint


def test_a_disease_that_is_misspelt_is_answered_with_the_right_one() -> None:
    """The code is what rules see."""
    data, _ = CASES["an agent that is in no catalogue"]
    assert "anthrax (" in said(data)[0].hint


def test_every_doubt_is_either_the_event_s_or_the_router_s() -> None:
    """A new one must not be silent for whoever publishes."""
    assert {*_WORDED} == {*Doubt} - OF_THE_ROUTER
    assert {doubt for _, expected in CASES.values() for doubt, _, _ in expected} == {*_WORDED}


@pytest.mark.parametrize("doubt", _WORDED)
def test_the_words_of_a_doubt_have_the_same_gaps_in_every_language(doubt: Doubt) -> None:
    """A gap that one language lacks would hide the value, one too many would fail."""
    rows = {key: names for key, names in words().items() if key[1].partition("/")[0] == doubt}
    assert ("doubt_hint", doubt) in rows
    assert any(group == "doubt_message" for group, _ in rows)
    for (group, _), names in rows.items():
        gaps = {frozenset(name for _, name, _, _ in Formatter().parse(text) if name is not None) for text in names}
        assert all(names)
        assert len(gaps) == 1
        assert group == "doubt_message" or gaps == {frozenset()}
