"""A router reads events by structs: what it decides and writes is what it would write of the models themselves."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.builders.any_event import events
from tests.builders.golden import example, golden
from tests.builders.mutations import mutations
from tests.builders.router import NOW, Arrived, Sent, Written

from cbrn_deploy.processes.router import engine_of
from cbrn_routing.jurisdiction import Gazetteer
from cbrn_routing.router import Dispatcher, Tally, dispatch
from cbrn_routing.router.state import ShardState
from cbrn_routing.rulebook import national_rulebook
from cbrn_schemas.envelope import binary_headers
from cbrn_schemas.events import EVENT_TYPES, ce_type, lane_of, parse_event, parse_quickly, to_bytes
from cbrn_schemas.events.structs import PartStruct
from cbrn_schemas.topics import Lane, Realm

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cbrn_routing.decide import Engine

KINDS = sorted(EVENT_TYPES)
MUTATIONS = 1_500


@pytest.fixture(scope="module")
def engine() -> Engine:
    return engine_of(national_rulebook(), Gazetteer())


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=10)
@given(data=st.data())
def test_the_decision_is_the_same(kind: str, engine: Engine, data: st.DataObject) -> None:
    """Decision, place and doubts, whatever a publisher says."""
    event = data.draw(events(kind))
    read = parse_quickly(to_bytes(event))
    assert isinstance(read, PartStruct)
    assert engine.route(read, NOW) == engine.route(event, NOW)


def _written(engine: Engine, lane: Lane, records: Iterable[tuple[str, str, bytes]]) -> tuple[list[Sent], Tally]:
    """What is written of records of one lane: kind, body and bytes of each; one state remembers them all."""
    arrived = [
        Arrived(
            data,
            tuple(binary_headers(id=str(number), source=f"/{body}", type=ce_type(kind), time="2026-11-23T05:55:00Z")),
            topic=f"cbrn.from.{body}.{lane}",
            offset=number,
        )
        for number, (kind, body, data) in enumerate(records)
    ]
    sink, tally = Written(), Tally()
    Dispatcher(Realm.REAL, lane, engine).dispatch(arrived, ShardState(), sink, NOW, tally)
    return sink.sent, tally


@pytest.mark.parametrize("lane", Lane)
def test_what_is_written_is_the_same(lane: Lane, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Alerts, decisions, duties with their evidence, quarantine with its words, of examples right and wrong."""
    bodies = {kind: example(kind)["body"] for kind in KINDS if lane_of(kind) is lane}
    of_lane = [(kind, body, golden(kind)) for kind, body in bodies.items()]
    of_lane += [
        (kind, body, json.dumps(example(kind) | {"message_type": word, "severity": "Unknown"}).encode())
        for kind, body in bodies.items()
        for word in ("Update", "Cancel")
        if lane is Lane.INCIDENTS
    ]
    of_lane += [(kind, bodies[kind], data) for kind, data in mutations(7, MUTATIONS) if kind in bodies]
    quick, counted = _written(engine, lane, of_lane)
    monkeypatch.setattr(dispatch, "parse_quickly", parse_event)
    slow, counted_slowly = _written(engine, lane, of_lane)
    assert quick == slow
    assert counted == counted_slowly
    assert counted.counts["routed"] > len(bodies)
    assert counted.counts["quarantined"] > len(bodies)
    if lane is Lane.INCIDENTS:
        assert any(sent.topic == "cbrn.bus.duties" for sent in quick)
