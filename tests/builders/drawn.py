"""Rules and cells that a property draws: few values of each facet, so that rules and cells meet."""

from __future__ import annotations

from hypothesis import strategies as st
from tests.builders.rules import FOREIGN_NAMES, HOME_NAMES, make_facets

from cbrn_routing.rulebook.vocabulary import ANY, NEIGHBOURS, NONE, SCALARS, SETS


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
