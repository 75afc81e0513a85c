"""What is read by structs against what pydantic reads: the same events, values and refusals, whoever writes what."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel
from tests.builders.any_event import events
from tests.builders.golden import example, golden
from tests.builders.mutations import mutations

from cbrn_schemas.errors import InvalidEventError
from cbrn_schemas.events import EVENT_TYPES, AnyEvent, Event, Incident, parse, parse_event, parse_quickly, quickly
from cbrn_schemas.events.structs import PartStruct, as_model, decoder_of
from cbrn_schemas.events.time import RFC3339, to_wire

if TYPE_CHECKING:
    from collections.abc import Callable

MUTATIONS, ROUNDS = 5_000, 5
KINDS = sorted(EVENT_TYPES)


@pytest.fixture(autouse=True, scope="module")
def _as_in_a_router() -> None:
    parse.VALIDATORS.build()
    quickly.DECODERS.build()


def said(value: Any) -> Any:
    """All that can be seen of a value: of each part its type, of a time the moment and the offset."""
    if isinstance(value, BaseModel):
        return type(value), {name: said(each) for name, each in value.__dict__.items()}
    if isinstance(value, dict):
        return {name: said(each) for name, each in value.items()}
    if isinstance(value, tuple):
        return tuple(map(said, value))
    return type(value), repr(value.utcoffset()) if hasattr(value, "utcoffset") else "", value


@pytest.fixture
def by_structs(monkeypatch: pytest.MonkeyPatch) -> Callable[[bytes], AnyEvent | None]:
    """What structs alone say: nothing where pydantic would be asked."""
    monkeypatch.setattr(quickly, "parse_event", lambda _: None)
    return parse_quickly


def answer(read: Any, data: bytes) -> Any:
    try:
        return said(as_model(read(data)))
    except InvalidEventError as refused:
        return refused.reason, refused.where, str(refused), refused.hint


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("escaped", [False, True], ids=["as it is", "escaped"])
def test_every_kind_is_read_by_a_struct(kind: str, escaped: bool) -> None:  # noqa: FBT001 - drawn by pytest
    """A kind that pydantic had to read would cost twice as much, and nobody would notice."""
    data = json.dumps(example(kind), ensure_ascii=escaped).encode()
    found = parse_quickly(data)
    assert isinstance(found, PartStruct)
    assert said(as_model(found)) == said(parse_event(data))


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_structs_let_through_nothing_that_pydantic_refuses_or_reads_otherwise(
    seed: int, by_structs: Callable[[bytes], AnyEvent | None]
) -> None:
    """The one fault that could not be mended later: a wrong event in front of a ministry."""
    read = 0
    for kind, data in mutations(seed, MUTATIONS):
        found = by_structs(data)
        if found is None:
            continue
        read += 1
        try:
            model = parse_event(data)
        except InvalidEventError as refused:
            pytest.fail(f"{kind}: a struct took what is refused for {refused.where}: {refused}\n{data!r}")
        assert said(as_model(found)) == said(model), (kind, data)
        assert as_model(found).model_dump_json() == model.model_dump_json()
    assert read > MUTATIONS // 10, "mutations that are all refused prove nothing"


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=10)
@given(data=st.data())
def test_whatever_a_publisher_may_say_is_read_the_same(kind: str, data: st.DataObject) -> None:
    """Every optional field, times with offsets, letters of any script."""
    raw = parse.to_bytes(data.draw(events(kind)))
    found = parse_quickly(raw)
    assert isinstance(found, PartStruct), "refused by structs"
    assert said(as_model(found)) == said(parse_event(raw))


@pytest.mark.parametrize(
    "changes",
    [
        {"observed": "2016-12-31T23:59:60Z"},
        {"observed": "2017-01-01T05:59:60+06:00"},
        {"dead": 3.0},
        {"dead": 3.5},
        {"observed": "2026-04-16 05:20:00Z"},
        {"where": {}},
        {"surprise": 1},
        {"kind": "no-kind"},
        {"substances": [{"cas": "7782-50-4"}]},
        {"measurements": [{"quantity": "temperature", "value": 1, "unit": "kg"}]},
    ],
    ids=str,
)
def test_what_structs_refuse_pydantic_reads_or_words(changes: dict[str, Any]) -> None:
    """They are stricter than a publisher must be, and know no words for a person."""
    data = json.dumps(example("chemical-spill") | changes).encode()
    for decode in (quickly.DECODERS.plain, quickly.DECODERS.whole):
        with pytest.raises(ValueError, match=r".*"):
            decode(data)
    assert answer(parse_quickly, data) == answer(parse_event, data)


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"\xff", b"\xef\xbb\xbf{}", b"[" * 60_000, b'{"kind":"x"}'])
def test_bytes_that_are_no_event_are_refused_as_ever(data: bytes) -> None:
    """An exception of another type would be an internal error to the router, and its words of no use."""
    assert answer(parse_quickly, data) == answer(parse_event, data)


@pytest.mark.parametrize("kind", KINDS)
def test_a_struct_passes_for_its_model(kind: str) -> None:
    """Routing asks of an event what it is, which fields it has, and of a part what it says in words."""
    found, model = parse_quickly(golden(kind)), parse_event(golden(kind))
    assert isinstance(found, EVENT_TYPES[kind])
    assert isinstance(found, Event)
    assert isinstance(found, Incident) is isinstance(model, Incident)
    assert type(found).model_fields is type(model).model_fields
    assert found.kind == model.kind
    assert vars(found).keys() == vars(model).keys()
    assert to_wire(found.observed) == to_wire(model.observed)
    assert found.where.model_dump(mode="json", exclude_none=True) == model.where.model_dump(
        mode="json", exclude_none=True
    )
    with pytest.raises(AttributeError):
        found.body = "moh"


def test_the_first_events_are_read_by_pydantic() -> None:
    """A command that meets one event waits for no structs."""
    decoders = quickly.Decoders()
    for _ in range(parse.FEW + 1):
        with pytest.raises(LookupError):
            decoders.plain(golden("lost-source"))
    assert isinstance(decoders.plain(golden("lost-source")), PartStruct)


CHECK = {"type": "no-info", "function": id}
TIME = [{"type": "str", "pattern": RFC3339}, {"type": "datetime"}]
TIMES = {"type": "tuple", "variadic_item_index": 0, "items_schema": [{"type": "chain", "steps": TIME}]}
"""Of which a function that checks them would be given the text as it came."""


def _changed(schema: Any, /, **said: Any) -> Any:
    """The core schema of all kinds, with something else said of its `where`."""
    where = next(each for each in schema["definitions"] if ".Where:" in each["ref"])
    return {**schema, "definitions": [{**where, **said} if each is where else each for each in schema["definitions"]]}


def _site(said: Any, /, **bounds: Any) -> Any:
    """The same with other bounds of `where.site`, wherever pydantic says what a place is.

    A model that was in use before the union of all was made says it anew.
    """
    if isinstance(said, list):
        return [_site(each, **bounds) for each in said]
    if not isinstance(said, dict):
        return said
    if said.get("type") == "model-fields" and "site" in said["fields"]:
        field = {"type": "model-field", "schema": {"type": "str", **bounds}}
        return {**said, "fields": {**said["fields"], "site": field}}
    return {name: _site(each, **bounds) for name, each in said.items()}


@pytest.mark.parametrize(
    "change",
    [
        lambda schema: _site(schema, to_lower=True),
        lambda schema: _site(schema, pattern=r"^\d+$"),
        lambda schema: _site(schema, pattern=r"^a$|^b$"),
        lambda schema: _changed(schema, type="function-wrap"),
        lambda schema: _changed(schema, function={"type": "with-info", "function": print}),
        lambda schema: _changed(schema, schema={**schema["definitions"][0]["schema"], "config": {"strict": True}}),
        lambda schema: {**schema, "schema": {"type": "union"}},
        lambda schema: _site(schema, type="function-after", function=CHECK, schema={"type": "chain", "steps": TIME}),
        lambda schema: _site(schema, type="function-after", function=CHECK, schema=TIMES),
    ],
    ids=["bound", "digits", "dollar", "wrapped", "informed", "open", "untold", "checked time", "checked times"],
)
def test_what_structs_cannot_say_leaves_all_to_pydantic(change: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A promise that a model makes one day, or another pydantic, must not be broken in silence."""

    def of_another(schema: Any, **options: Any) -> Any:
        return decoder_of(change(schema), **options)

    monkeypatch.setattr(quickly, "decoder_of", of_another)
    decoders = quickly.Decoders()
    decoders.build()
    assert decoders.plain is decoders.whole is quickly._none
    monkeypatch.setattr(quickly, "DECODERS", decoders)
    assert type(parse_quickly(golden("chemical-spill"))) is EVENT_TYPES["chemical-spill"]
