"""Routers under fault on a real broker: nothing lost, nothing twice, nothing out of order.

And the proof that the checker would have said so.
"""

import logging

import pytest
from tests.builders.thorough import whole_only

from .campaign import UNFENCED, run

pytestmark = pytest.mark.broker


@pytest.fixture(autouse=True)
def only_what_matters(caplog):
    """The client library logs every moved leader and fenced producer as an error; here they are the plan."""
    caplog.set_level(logging.CRITICAL, logger="aiokafka")


async def test_no_alert_is_lost_doubled_or_reordered_under_faults(zombie_faults, zombie_seed, tmp_path):
    """The promise of the bus. Repeat a failure with the seed that it prints; more faults with `--zombie-faults N`."""
    report = await run(zombie_faults, zombie_seed, tmp_path)
    print("\n".join(report.lines()))  # noqa: T201 - what was done is part of the result
    assert report.settled
    assert report.verdict.counts == dict.fromkeys(report.verdict.counts, 0)
    assert sum(report.faults.values()) == zombie_faults
    assert report.fenced, "no zombie was fenced: the faults hit nothing"


@whole_only
async def test_without_fencing_the_checker_finds_the_duplicates(zombie_seed, tmp_path):
    """Otherwise the zeros above could be those of a checker that sees nothing."""
    for attempt in range(3):  # on a busy machine both may be frozen at once, so that none inherits
        report = await run(6, zombie_seed + attempt, tmp_path, cells=(UNFENCED,))
        print("\n".join(report.lines()))  # noqa: T201 - what was done is part of the result
        if report.verdict.duplicated_alerts:
            break
    assert report.verdict.duplicated_alerts
    assert report.verdict.duplicated_decisions
