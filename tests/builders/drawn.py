"""What a property draws: rules and cells, few values of each facet, so that they meet; events that may be doubtful."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import strategies as st
from tests.builders.golden import chlorine, example
from tests.builders.router import NOW
from tests.builders.rules import FOREIGN_NAMES, HOME_NAMES, make_facets

from cbrn_routing.rulebook.vocabulary import ANY, NEIGHBOURS, NONE, SCALARS, SETS
from cbrn_schemas.events import EVENT_TYPES


def some_of(values: tuple[str, ...]) -> st.SearchStrategy[list[str]]:
    """One to three of the values."""
    return st.lists(st.sampled_from(values), min_size=1, max_size=3, unique=True)


KINDS = ("toxic-fire", "contamination", "gamma-dose-rate")
FEW = {
    "lane": SCALARS["lane"], "hazard": SCALARS["hazard"], "kind": KINDS, "severity": SCALARS["severity"],
    "region": ("KG-C", "KG-J", "unknown"), "country": SCALARS["country"], "neighbours": SETS["neighbours"],
    "downstream": SETS["downstream"], "exposed": ("school", "hospital", ANY, NONE),
    "traits": ("river", "pcb", ANY, NONE),
}  # fmt: skip
CONDITIONS = st.fixed_dictionaries(
    {},
    optional={
        **{facet: some_of(values) for facet, values in FEW.items()},
        "deliberate": st.lists(st.sampled_from([True, False, "unknown"]), min_size=1, max_size=2, unique=True),
        "border": st.sampled_from([True, False]),
    },
).filter(bool)
EFFECTS = st.fixed_dictionaries(
    {"inform": st.lists(st.sampled_from(HOME_NAMES), min_size=1, max_size=3, unique=True)},
    optional={
        "lead": st.sampled_from(["mes", "moh", "scns"]),
        "support": st.lists(st.sampled_from(HOME_NAMES), max_size=3, unique=True),
        "partners": st.lists(st.sampled_from(FOREIGN_NAMES), max_size=3, unique=True),
        "acknowledge_within": st.sampled_from(["5m", "15m", "2h"]),
        "restricted": st.booleans(),
        "unless": st.lists(CONDITIONS, max_size=2),
    },
)
FACETS = st.builds(
    make_facets,
    lane=st.sampled_from(FEW["lane"]),
    hazard=st.sampled_from(FEW["hazard"]),
    kind=st.sampled_from([*KINDS, "sabotage"]),
    severity=st.sampled_from(FEW["severity"]),
    deliberate=st.sampled_from([True, False, None]),
    region=st.sampled_from(["KG-C", "KG-J", "KG-Y", None]),
    country=st.sampled_from(["KG", "KZ", "UZ", "AF", None]),
    neighbours=st.frozensets(st.sampled_from(NEIGHBOURS), max_size=2),
    downstream=st.frozensets(st.sampled_from(NEIGHBOURS), max_size=2),
    border=st.booleans(),
    exposed=st.frozensets(st.sampled_from(["school", "hospital", "livestock"]), max_size=2),
    traits=st.frozensets(st.sampled_from(["river", "pcb", "stolen"]), max_size=2),
)

DISTRICTS = st.sampled_from(["41708203", "41703430", "41711", "41708", "41708230", "41799999"])
"""Districts, a city, a region; a slip, and one in a region that does not exist."""
POINTS = st.one_of(
    st.tuples(st.floats(39, 43.5), st.floats(69, 80.6)),
    st.tuples(st.floats(69, 80.6), st.floats(39, 43.5)),
    st.tuples(st.floats(-90, 90), st.floats(-180, 180)),
).map(lambda point: {"lat": point[0], "lon": point[1]})
PLACES = st.fixed_dictionaries(
    {},
    optional={
        "site": st.sampled_from(["F04", "F16", "F4", "F99", "ak-jol"]),
        "district": DISTRICTS,
        "crossing": st.sampled_from(["ak-jol", "ak-jo", "nowhere"]),
        "point": POINTS,
    },
).filter(bool)
TIMES = st.integers(-72 * 60, 72 * 60).map(lambda minutes: (NOW + timedelta(minutes=minutes)).isoformat())
CHANGES = st.fixed_dictionaries(
    {"observed": TIMES, "reported": TIMES},
    optional={
        "where": st.builds(
            lambda place, further: place | further,
            PLACES,
            st.fixed_dictionaries({}, optional={"further_districts": st.lists(DISTRICTS, min_size=1, max_size=3)}),
        ),
        "severity": st.sampled_from([*SCALARS["severity"], None]),
    },
)
REPORTED = st.fixed_dictionaries(
    {},
    optional={
        "dead": st.integers(0, 5),
        "injured": st.integers(0, 60),
        "verified": st.booleans(),
        "message_type": st.sampled_from(["Alert", "Update", "Cancel"]),
        "substances": st.lists(
            st.fixed_dictionaries({"name": st.sampled_from(["chlorine", "{0}"]), "confirmed": st.booleans()}),
            min_size=1,
            max_size=3,
        ),
    },
)


def _reported(changes: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    return chlorine(**{**changes, **more})


EVENTS = st.one_of(
    st.builds(_reported, CHANGES, REPORTED),
    st.builds(lambda kind, changes: example(kind, **changes), st.sampled_from(list(EVENT_TYPES)), CHANGES),
)
"""Events of every kind as they come in JSON: elsewhere and elsewhen than they should be, graver than they say."""
