"""Events of every kind as anybody may publish them: the golden example of a kind, with much of it drawn anew."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from hypothesis import strategies as st
from tests.builders.golden import example

from cbrn_schemas.errors import InvalidEventError
from cbrn_schemas.events import EVENT_TYPES, AnyEvent, Incident, parse_event

WORDS = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"])
    | st.sampled_from("\ufffe\uffff\u2028\u200b&<>\"' \xa0"),
    min_size=1,
    max_size=30,
)
PROSE = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]) | st.sampled_from("\t\n ]]>"), min_size=1)
TEXTS = st.dictionaries(
    st.sampled_from(["ky", "ru", "en"]),
    st.fixed_dictionaries({"headline": WORDS}, optional={"description": PROSE, "instruction": PROSE}),
    min_size=1,
)
TIMES = st.tuples(
    st.datetimes(datetime(1901, 1, 1), datetime(2198, 1, 1)),  # noqa: DTZ001 - the offset is drawn beside it
    st.sampled_from(["Z", "+06:00", "-11:30", "+00:00"]),
).map(lambda drawn: drawn[0].isoformat() + drawn[1])
PLACES = st.fixed_dictionaries(
    {},
    optional={
        "site": st.sampled_from(["F04", "F16", "F99"]),
        "district": st.sampled_from(["41708203", "41711", "41708", "41799999"]),
        "crossing": st.sampled_from(["ak-jol", "nowhere"]),
        "point": st.fixed_dictionaries(
            {"lat": st.floats(-90, 90), "lon": st.floats(-180, 180)}, optional={"accuracy_m": st.floats(0.001, 1e5)}
        ),
    },
).filter(bool)
"""One way at least to say where."""
FURTHER = {"description": WORDS, "further_districts": st.just(["41708206", "41703430"])}
COMMON = {
    "observed": TIMES,
    "reported": TIMES,
    "texts": TEXTS,
    "status": st.sampled_from(["Actual", "Exercise", "Test"]),
    "severity": st.sampled_from(["Extreme", "Severe", "Moderate", "Minor", "Unknown"]),
    "urgency": st.sampled_from(["Immediate", "Expected", "Future", "Past", "Unknown"]),
    "certainty": st.sampled_from(["Observed", "Likely", "Possible", "Unlikely", "Unknown"]),
    "deliberate": st.booleans(),
    "tlp": st.sampled_from(["CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED"]),
    "unit": WORDS,
    "where": st.builds(lambda place, further: place | further, PLACES, st.fixed_dictionaries({}, optional=FURTHER)),
}
OF_INCIDENTS = {
    "message_type": st.sampled_from(["Alert", "Update", "Cancel"]),
    "references": st.lists(st.sampled_from(["mes.0", "mes.x", "a:b/c#d"]), max_size=3),
    "contact": WORDS,
    "zone": st.fixed_dictionaries({}, optional={"hazard_radius_m": st.floats(0.01, 1e6), "persons": st.integers(0, 9)}),
    "operator": st.fixed_dictionaries({}, optional={"name": WORDS}),
    "dead": st.integers(0, 100),
    "verified": st.booleans(),
    "further_hazards": st.lists(st.sampled_from(["chemical", "biological", "nuclear"]), max_size=3, unique=True),
}


@st.composite
def events(draw: st.DrawFn, kind: str) -> AnyEvent:
    """An event of a kind: what the bus refuses of what is drawn is left as the example has it."""
    fields = COMMON | (OF_INCIDENTS if issubclass(EVENT_TYPES[kind], Incident) else {})
    data = example(kind)
    for name, value in draw(st.fixed_dictionaries({}, optional=fields)).items():
        data = _if_taken(data, {**data, name: value})
    for name in draw(st.lists(st.sampled_from(sorted(data)), max_size=4, unique=True)):
        left = {other: value for other, value in data.items() if other != name}
        data = _if_taken(
            data, left if draw(st.booleans()) else {**data, name: _said_otherwise(data[name], draw(WORDS))}
        )
    return parse_event(json.dumps(data).encode())


def _said_otherwise(value: Any, text: str) -> Any:
    """The value with other words in it, wherever it has any."""
    if isinstance(value, dict):
        return {name: _said_otherwise(inner, text) for name, inner in value.items()}
    if isinstance(value, list):
        return [_said_otherwise(inner, text) for inner in value]
    return text if isinstance(value, str) else value


def _if_taken(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    try:
        parse_event(json.dumps(after).encode())
    except InvalidEventError:
        return before
    return after
