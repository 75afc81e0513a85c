"""Radionuclides and how dangerous a source of them is.

The names are in `data/nuclides.csv` (those that ICRP Publication 107 covers); D values, the activities from which a
source out of control can cause severe harm, are in `data/d_values.csv`. Half-lives are not carried: the evaluated data
set that was found does not allow it for every use.
"""

from __future__ import annotations

import math
import re
from functools import cache, lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING

from cbrn_schemas.catalogue.tables import read_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

BQ_PER_TBQ = 1e12
CATEGORY_FROM_RATIO = ((1000.0, 1), (10.0, 2), (1.0, 3), (0.01, 4))
"""Smallest A/D of categories 1 to 4 (IAEA RS-G-1.9, table 2); less is category 5."""

_READINGS = tuple(
    re.compile(pattern)
    for pattern in (
        r"(?P<element>[a-z]{1,2})[-\s]?(?P<mass>\d{1,3})(?P<isomer>[mn]?)(?P<beryllium>/be)?",
        r"(?P<mass>\d{1,3})[-\s]?(?P<element>[a-z]{1,2})(?P<isomer>)(?P<beryllium>/be)?",
        r"(?P<mass>\d{1,3})(?P<isomer>[mn])[-\s]?(?P<element>[a-z]{1,2})(?P<beryllium>/be)?",
    )
)
"""Ways of writing a nuclide. `27Mg` can be read with or without an isomer: the reading that exists counts."""


@cache
def nuclides() -> frozenset[str]:
    """Return the canonical names of the radionuclides: `Cs-137`, `Ag-110m`."""
    return frozenset(row["nuclide"] for row in read_table("nuclides.csv"))


@cache
def d_values_Bq() -> Mapping[str, float]:  # noqa: N802 - the unit keeps its case
    """Return the D value in becquerels of the nuclides that have one, neutron sources (`Am-241/Be`) included."""
    return MappingProxyType({row["nuclide"]: float(row["d_TBq"]) * BQ_PER_TBQ for row in read_table("d_values.csv")})


def is_nuclide(text: str) -> bool:
    """Tell whether `text` is the canonical name of a radionuclide or of a neutron source: `Cs-137`, not `137Cs`."""
    return text in nuclides() or text in d_values_Bq()


@lru_cache(maxsize=1024)
def canonical_nuclide(text: str) -> str | None:
    """Return the canonical name for another spelling (`137Cs`, `cs137`, `CS-137`, `Cs 137`); None if none is known."""
    folded = text.strip().lower()
    for reading in _READINGS:
        if match := reading.fullmatch(folded):
            neutron_source = "/Be" if match["beryllium"] else ""
            name = f"{match['element'].capitalize()}-{int(match['mass'])}{match['isomer']}{neutron_source}"
            if is_nuclide(name):
                return name
    return None


def source_category(activities: Iterable[tuple[str, float]]) -> int | None:
    """Return the IAEA category, 1 (most dangerous) to 5, of sources that lie together, by the sum of A/D.

    `activities` are pairs of a canonical nuclide and becquerels. None where there are none, or where a nuclide has no
    D value in the table. Below category 4 the answer is 5; whether the activity is exempt is not judged here.

    Raises:
        ValueError: an activity is negative or not a number.
    """
    ratios = [_danger(nuclide, activity) for nuclide, activity in activities]
    known = [ratio for ratio in ratios if ratio is not None]
    if not known or len(known) < len(ratios):
        return None
    total = math.fsum(known)
    return next((category for smallest, category in CATEGORY_FROM_RATIO if total >= smallest), 5)


def _danger(nuclide: str, activity_Bq: float) -> float | None:  # noqa: N803 - the unit keeps its case
    if not (activity_Bq >= 0 and math.isfinite(activity_Bq)):
        raise ValueError(f"the activity of {nuclide} is {activity_Bq} Bq: it must be a number from 0")
    d_value = d_values_Bq().get(nuclide)
    return None if d_value is None else activity_Bq / d_value
