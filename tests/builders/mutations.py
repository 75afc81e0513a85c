"""Examples of every kind with something wrong in them, or something odd: as a faulty program might write them."""

from __future__ import annotations

import copy
import json
import re
from random import Random
from typing import TYPE_CHECKING, Any

from tests.builders.golden import example

from cbrn_schemas.events import EVENT_TYPES

if TYPE_CHECKING:
    from collections.abc import Iterator

_TIMES = (
    *("2026-04-16T05:20:00Z", "2026-04-16T05:20:00+06:00", "2026-04-16T05:20:00-00:00", "2026-04-16T05:20:00.5Z"),
    *("2026-04-16 05:20:00+06:00", "2026-04-16T05:20:00", "2026-04-16t05:20:00z", "2026-04-16T05:20Z", "2026-04-16"),
    *("2026-04-16T05:20:00.123456789Z", "2026-04-16T05:20:00.1234567891Z", "2026-04-16T05:20:00.9999999+06:00"),
    *("1899-12-31T23:59:59Z", "1900-01-01T00:00:00+23:59", "2199-12-31T23:59:59.999999-23:59", "2200-01-01T00:00:00Z"),
    *("2026-04-16T24:00:00Z", "2026-04-16T05:60:00Z", "2026-04-16T05:20:60Z", "2016-12-31T23:59:60Z"),
    *("2017-01-01T05:59:60.25+06:00", "2026-02-29T00:00:00Z", "2024-02-29T00:00:00Z", "2026-13-01T00:00:00Z"),
    *("2026-04-16T05:20:00+0600", "2026-04-16T05:20:00+24:00", "2026-04-16T05:20:00+05:75", "20260416T052000Z"),
    *("2026-W16-4T05:20:00Z", "2026-04-16T05:20:00Z\n", " 2026-04-16T05:20:00Z", "２026-04-16T05:20:00Z", "1717225200"),
    *("2026-04-16T05:20:00,5Z", "2026-04-16T05:20:00.Z", "2026-04-16T05:20:00+06", "2026-04-16T05:20:00+06:00:30"),
    *("20260416", "2026-4-16", "2026-02-30", "0001-01-01", "9999-12-31", "2026-04-16\n", "2026-04-16T00:00:00Z"),
)
_TEXTS = (
    *("", " ", "x", "x" * 16, "x" * 17, "x" * 128, "x" * 129, "x" * 200, "x" * 201, "x" * 4000, "x" * 4001, "a b"),
    *(
        "𐍈" * 200,
        "𐍈" * 201,
        "é",
        "e\u0301",
        "\u200b",
        "x\u0085y",
        "x\u2028y",
        "x\x7fy",
        "x\ny",
        "x\ty",
        "\x00",
    ),
    *("mes", "mes ", "Mes", "me", "m", "m" * 32, "m" * 33, "F04", "ak-jol", "KG", "kg", "KGZ", "41711", "41708203"),
    *(
        "mes\n",
        "41708203\n",
        "417",
        "1689",
        "168",
        "Cs-137",
        "Cs-137m",
        "Am-241/Be",
        "CS-137",
        "7782-50-5",
        "7782-50-4",
    ),
    *("Extreme", "extreme", "Actual", "Exercise", "Update", "RED", "I", "uSv/h", "mSv/h", "Bq/kg", "usv/h", "µSv/h"),
    *("chemical", "nuclear", "contamination", "tailings-failure", "gamma-dose-rate", "1e5", "true", "null", "{}"),
)
_OTHERS = (
    *(None, True, False, 0, 1, -1, 2, 5, 7, 60, 130, 131, 3.0, 3.5, 1e5, 1e30, 1e308, 5e-324, -0.0, 0.1, 100.0000001),
    *(90, -90, 90.0000001, 180, -181, 360, 10**8, 10**8 + 1, 2**53 + 1, 2**63 - 1, 2**63, 2**64, 10**20, -(2**63) - 1),
    *([], {}, [1], ["x"], ["mes"], [None], [[]], {"x": 1}, {"ru": {"headline": "x"}}, {"headline": "x"}),
)
VALUES: tuple[Any, ...] = (*_TIMES, *_TEXTS, *_OTHERS)
NAMES = ("x", "Kind", "kind", "where", "hazard", "situation", "station", "texts", "measurements", "site", "value", "")
NUMBERS = (
    b"1e400",
    b"-1e400",
    b"NaN",
    b"Infinity",
    b"-0",
    b"-0.0",
    b"3e0",
    b"30e-1",
    b"0x1",
    b"01",
    b"1.",
    b"+1",
    b".5",
)
_BARE = re.compile(rb"(?<=[:\[,])-?[0-9][0-9.e+-]*(?=[,\]}])")
BYTES = (
    b"\x00",
    b"\n",
    b"\x7f",
    b"\xff",
    b"\xed\xa0\x80",
    b"\\ud800",
    b"\\u0000",
    b"\\n",
    b"\\q",
    b'"',
    b",",
    b"}",
    b"[",
)


def mutations(seed: int, count: int) -> Iterator[tuple[str, bytes]]:
    """Yield kind and bytes, each kind in its turn. The same seed, the same mutations."""
    random = Random(seed)  # noqa: S311 - drawn to be drawn again
    kinds = sorted(EVENT_TYPES)
    for number in range(count):
        kind = kinds[number % len(kinds)]
        event = copy.deepcopy(example(kind))
        for _ in range(random.choice((1, 1, 1, 2))):
            _mutate(event, random)
        yield kind, _written(event, random)


def _mutate(event: dict[str, Any], random: Random) -> None:
    """Change one thing, at any depth."""
    places = list(_places(event))
    if not places:
        return
    within, step = random.choice(places)
    drawn = random.random()
    if drawn < 0.1 and isinstance(within, dict):
        del within[step]
    elif drawn < 0.2 and isinstance(within, dict):
        within[random.choice(NAMES)] = copy.deepcopy(random.choice(VALUES))
    elif drawn < 0.3 and isinstance(within[step], list):
        within[step] = within[step] * random.choice((0, 2, 5, 21, 60, 101))
    elif drawn < 0.4 and isinstance(within[step], str):
        at = random.randrange(len(within[step]) + 1)
        within[step] = within[step][:at] + random.choice(_TEXTS)[:3] + within[step][at + random.randrange(2) :]
    elif drawn < 0.6 and isinstance(within[step], str) and "T" in within[step]:
        within[step] = random.choice(_TIMES)
    else:  # mostly of the same type, or nearly all would be refused for their type
        alike = [value for value in VALUES if type(value) is type(within[step])] if drawn < 0.85 else None
        within[step] = copy.deepcopy(random.choice(alike or VALUES))


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    steps = value.items() if isinstance(value, dict) else enumerate(value)
    for step, inner in steps:
        yield value, step
        if isinstance(inner, (dict, list)):
            yield from _places(inner)


def _written(event: dict[str, Any], random: Random) -> bytes:
    """Write JSON, in one of the forms that programs write, and now and then broken."""
    members = list(event.items())
    if random.random() < 0.2:
        random.shuffle(members)
    data = json.dumps(dict(members), ensure_ascii=random.random() < 0.3, separators=(",", ":")).encode()
    drawn = random.random()
    if drawn < 0.1 and (numbers := list(_BARE.finditer(data))):
        found = random.choice(numbers)
        data = data[: found.start()] + random.choice(NUMBERS) + data[found.end() :]
    elif drawn < 0.15:
        at = random.randrange(len(data))
        data = data[:at] + random.choice(BYTES) + data[at + random.randrange(2) :]
    elif drawn < 0.2 and members:  # a name twice: the last counts
        name, _ = random.choice(members)
        again = json.dumps({name: random.choice((*VALUES, event[name]))}).encode()
        data = data[:-1] + b"," + again[1:] if random.random() < 0.5 else again[:-1] + b"," + data[1:]
    return data
