"""The first alert after a router's start is as fast as any other: a fact, not a time. Nothing is left to be read."""

import subprocess
import sys

PROGRAM = """
import json, sys
from dataclasses import replace
from datetime import UTC, datetime

from tests.builders.golden import EXAMPLES
from tests.builders.router import Written, record

from cbrn_deploy.processes.router import rehearsed
from cbrn_routing.jurisdiction import Gazetteer
from cbrn_routing.router import Dispatcher, Tally
from cbrn_routing.router.state import ShardState
from cbrn_schemas.events import lane_of
from cbrn_schemas.topics import Lane, Realm, from_topic

examples = [json.loads(path.read_bytes()) for path in sorted(EXAMPLES.glob("*.json"))]
examples += [examples[0] | wrong for wrong in ({"hazard": "none that there is"}, {"severity": "no"}, {"where": 1})]
records = []
for number, example in enumerate(examples):
    lane = lane_of(example["kind"])
    made = record(example, number=number, source=f"/{example['body']}")
    records.append((Lane(lane), replace(made, topic=from_topic(Realm.REAL, example["body"], lane))))
now = datetime.now(UTC)
engine = rehearsed(Gazetteer(), "en")
dispatchers = {lane: Dispatcher(Realm.REAL, lane, engine, "en") for lane in Lane}
state, written, tally, late = ShardState(), Written(), Tally(), []
sys.addaudithook(lambda what, about: late.append((what, about[0])) if what in {"open", "import"} else None)
for lane, one in records:
    dispatchers[lane].dispatch([one], state, written, now, tally)
assert tally.counts == {"routed": len(records) - 3, "quarantined": 3}, tally.counts
assert not late, late
"""


def test_a_router_that_is_ready_has_nothing_left_to_read():
    """Polygons, tables and modules that load when they are first needed held up the first alert, and all its shard."""
    subprocess.run([sys.executable, "-c", PROGRAM], check=True, timeout=120)
