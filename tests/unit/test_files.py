"""Events in files: forms, places of mistakes, ids."""

import json

import pytest

from cbrn_producers.files import Accepted, FileEvent, Refusal, check_events, named, read_events
from cbrn_producers.outgoing import Sender
from cbrn_schemas.topics import Realm

MES = Sender("mes", None, Realm.REAL)
EVENT = {
    "kind": "tailings-failure",
    "hazard": "radiological",
    "body": "mes",
    "observed": "2026-05-01T06:00:00Z",
    "reported": "2026-05-01T06:05:00Z",
    "where": {"site": "F04"},
    "situation": "KG-2026-minkush",
    "state": "breached",
    "texts": {"ky": {"headline": "Калдык сактагычтын дамбасы бузулду"}},
}
LINE = json.dumps(EVENT, ensure_ascii=False)


def read(text):
    return list(read_events("f.json", text if isinstance(text, bytes) else text.encode()))


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (LINE, [1]),
        (json.dumps(EVENT, indent=2), [1]),
        ("\n\n" + json.dumps(EVENT, indent=2), [3]),
        (f"{LINE}\n\n{LINE}\r\n{LINE}", [1, 3, 4]),
        (f"[\n{LINE},\n\n  {LINE}\n]", [2, 4]),
        (json.dumps([EVENT, EVENT], indent=1), [2, 19]),
        ("\ufeff" + LINE, [1]),
    ],
)
def test_every_form_of_file_is_read_with_the_line_of_each_event(text, lines):
    """Agencies export as they can; a mistake must be found where it stands."""
    found = read(text)
    assert all(isinstance(event, FileEvent) for event in found)
    assert [event.place.line for event in found] == lines


def test_bad_line_costs_its_neighbours_nothing():
    """One bad record among good ones is named; the good ones are published."""
    found = list(check_events(read(f'{LINE}\n{{"kind": broken}}\n{LINE}'), MES))
    assert [type(outcome) for outcome in found] == [Accepted, Refusal, Accepted]
    assert str(found[1].place) == "f.json:2"
    assert found[1].error.hint


def test_wrong_field_is_named_with_its_place():
    """`file:line`, field and remedy are what the person needs to mend it."""
    wrong = json.dumps(EVENT | {"severity": "Terrible"})
    (found,) = check_events(read(wrong), MES)
    assert found.error.where == "severity"


DEEP = {
    "lists": "[" * 200_000,
    "objects": '{"a":' * 200_000,
    "closed": '{"kind": ' + "[" * 100_000 + "]" * 100_000 + "}",
    "structured": '{"specversion": "1.0", "id": "a", "source": "/mes", "type": "x", "data": ' + "[" * 100_000,
}


@pytest.mark.parametrize("text", DEEP.values(), ids=DEEP.keys())
def test_what_is_nested_without_end_is_a_refusal(text):
    """A file of half a megabyte must not end the program with a traceback."""
    assert all(isinstance(found, Refusal) for found in check_events(read(text), MES))
    assert read(text)


@pytest.mark.parametrize("text", ["", "  \n ", "42", "[1, 2]", '"text"', "[{]", "{", b"\xff\xfe{", "null"])
def test_what_is_no_event_is_a_refusal_never_an_exception(text):
    """Bad input from outside is an answer."""
    assert all(isinstance(found, Refusal) for found in check_events(read(text), MES))
    assert read(text)


def test_structured_event_keeps_its_id_and_its_bytes():
    """A file of CloudEvents is published under the ids that it has."""
    data = json.dumps(EVENT, indent=1)
    text = f'{{"specversion":"1.0","id":"x-9","source":"/mes","type":"kg.x","data":{data}}}'
    (found,) = read(text)
    assert (found.id, found.data) == ("x-9", data.encode())


def test_same_file_published_again_has_the_same_ids():
    """After a failure half-way the whole file is published again; what arrived must not count twice."""
    (first,), (second,) = read(LINE), read(f"\n{LINE}")
    assert named(first, MES) == named(second, MES)
    assert named(first, MES) != named(first, Sender("mes", "post", Realm.REAL))
