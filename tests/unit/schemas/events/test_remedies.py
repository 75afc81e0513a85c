"""Remedies of what nobody foresaw: a refusal is an answer, whatever was written, and soon."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from tests.builders.golden import golden

from cbrn_schemas.errors import InvalidEventError
from cbrn_schemas.events import parse_event

KINDS = ("tailings-failure", "human-disease", "orphan-source", "detained-shipment", "gamma-dose-rate")
HUGE = 10**4200
ODD = [
    *(None, True, -1, 0, HUGE, -HUGE, 1.5, 1e300, [], [None], [[]], [HUGE, HUGE], {}, {"a": HUGE}),
    *({"coordinates": [HUGE, 1]}, {"coordinates": {}}, {"latitude": "x", "lng": []}, {"kind": HUGE}, ["x", {}]),
    *("", " ", "x" * 5000, "9" * 5000, "٣", "²", "1e9999", "-", "°'\"", "NaN", "40.02.2026 25:61", "<>", "%", "1 %"),
    *(
        "Ош",
        "Манас",
        "\u200b",
        "ß",
        "İ",
        "UN",
        "Cs",
        "цезий",
        "0,0",
        "1,2,3",
        "9999-12-31",
        "0000-00-00",
        "1 000 000 т",
    ),
]


def paths(written: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in the event."""
    steps = written.items() if isinstance(written, dict) else enumerate(written) if isinstance(written, list) else ()
    return [path, *(found for step, inner in steps for found in paths(inner, (*path, step)))]


def put(event: Any, path: tuple[Any, ...], value: Any) -> Any:
    """The event with another value at a place."""
    if not path:
        return value
    event = copy.deepcopy(event)
    inner = event
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    return event


@pytest.mark.parametrize("kind", KINDS)
def test_whatever_stands_in_a_field_is_refused_in_words_or_taken(kind: str) -> None:
    """An error inside of a remedy would make a fault of ours of somebody's mistake."""
    event = json.loads(golden(kind))
    refused = []
    for path in paths(event):
        for value in ODD:
            try:
                parse_event(json.dumps(put(event, path, value)).encode())
            except InvalidEventError as error:
                refused.append(error)
    assert refused
    assert all(error.hint and error.message for error in refused)


@pytest.mark.parametrize("name", ["Manas", "latitude", "event", "місто", "type", "hazards", "specversion", "x" * 3000])
def test_whatever_a_field_is_called_is_refused_in_words(name: str) -> None:
    """Its value may be anything, too."""
    event = json.loads(golden("tailings-failure"))
    for where in (event, event["where"], event["where"]["point"], event["texts"]):
        for value in ODD:
            where[name] = value
            with pytest.raises(InvalidEventError) as refused:
                parse_event(json.dumps(event).encode())
            assert refused.value.hint
        del where[name]


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("dead", -1, "dead is -1, should be"),
        ("observed", None, "write when it was seen or measured: 2026-03-01T04:15:00+06:00"),
        ("reported", ..., "add «reported»: when the body passed it on: 2026-03-01T04:15:00+06:00"),
    ],
)
def test_a_value_is_repeated_as_it_was_written_and_a_time_shown_as_it_is_to_be(
    field: str, value: Any, said: str
) -> None:
    """Nobody finds «-1.0» in a file that has -1; «correct it: when it was seen» says nothing of the form."""
    event = json.loads(golden("tailings-failure")) | {field: value}
    with pytest.raises(InvalidEventError) as refused:
        parse_event(json.dumps({name: given for name, given in event.items() if given is not ...}).encode())
    assert said in f"{refused.value.message}: {refused.value.hint}"


@pytest.mark.timeout(5)
def test_sixty_wrong_names_cost_no_more_than_one() -> None:
    """Only the first mistake is worded: names are compared with a thousand others."""
    event = json.loads(golden("tailings-failure"))
    event["where"]["further_districts"] = ["Нарынский райо"] * 60
    for _ in range(50):
        with pytest.raises(InvalidEventError):
            parse_event(json.dumps(event).encode())
