"""`python -m tests.bench.costs`: what facets and a decision cost. Ends with 1 where a bound is passed.

The bounds are wide, and still a clock's: on a machine that does other work they say nothing, so no test asks them.
"""

from __future__ import annotations

import gc
import sys
import tempfile
import time
import timeit
from pathlib import Path
from typing import TYPE_CHECKING

from tests.bench.setting import KINDS, Setting, write_small_book

from cbrn_routing.facets import facets_of
from cbrn_routing.jurisdiction import Gazetteer
from cbrn_routing.rulebook import Matcher
from cbrn_schemas.events import parse_event

if TYPE_CHECKING:
    from collections.abc import Callable

EXAMPLES = Path(__file__).parents[2] / "schemas" / "examples"
ROUNDS = 9
FACETS_US_MAX = 20.0
"""This runs for every event: 1 us for a reading, 3 us for a rich incident."""
MISS_US_MAX = 200.0
"""A cell that was never seen, in a book of a thousand rules: 90 us on the busy machine on which this was written."""
MANY_TO_FEW_MAX = 1.5
"""A seen cell is one look-up, whatever the number of rules."""


def microseconds(call: Callable[[], object], calls: int, clock: Callable[[], float] = time.perf_counter) -> float:
    """Best of several runs, each call: the least disturbed one."""
    return min(timeit.repeat(call, setup=gc.enable, timer=clock, repeat=ROUNDS, number=calls)) / calls * 1e6


def main() -> int:
    """Measure, print a line each, and compare with the bounds."""
    gazetteer = Gazetteer()
    found: list[tuple[str, float, float]] = []
    for kind in ("gamma-dose-rate", "chemical-spill", "transport-accident"):
        event = parse_event((EXAMPLES / f"{kind}.json").read_bytes())
        place = gazetteer.locate(event.where)
        cost = microseconds(lambda event=event, place=place: facets_of(event, place), 1000)
        found.append((f"facets of {kind}, us", cost, FACETS_US_MAX))
    with tempfile.TemporaryDirectory() as folder:
        few, many = (
            Matcher(write_small_book(Path(folder) / str(rules), Setting("small", rules=rules))) for rules in (10, 1000)
        )
    event = parse_event((EXAMPLES / f"{KINDS[0]}.json").read_bytes())
    cell = facets_of(event, gazetteer.locate(event.where))
    hits = [microseconds(lambda matcher=matcher: matcher.decide(cell), 5000) for matcher in (few, many)]
    found.append(("a seen cell, 1,000 rules to 10", hits[1] / hits[0], MANY_TO_FEW_MAX))
    found.append(("a new cell, 1,000 rules, us", microseconds(lambda: many._decide(cell), 300), MISS_US_MAX))
    for name, value, most in found:
        print(f"{name:<40} {value:8.2f}   at most {most:g}{'' if value <= most else '   TOO MUCH'}")
    return int(any(value > most for _, value, most in found))


if __name__ == "__main__":
    sys.exit(main())
