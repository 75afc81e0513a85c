"""Brokers under fault: killed for longer than a transaction may last, and slow to come back.

Two of them here, which proves little; `python -m tests.broker.zombie --outages 200` is the test.
"""

import logging

import pytest
from tests.builders.thorough import whole_only

from .outage import OutageOptions, run_outages

pytestmark = [pytest.mark.broker, pytest.mark.timeout(600)]


@whole_only
async def test_no_alert_is_lost_doubled_or_torn_when_the_broker_is_killed(zombie_seed, tmp_path, caplog):
    """The seed that is printed repeats the choice of faults, not what the machine makes of them."""
    caplog.set_level(logging.CRITICAL, logger="aiokafka")
    report = await run_outages(2, zombie_seed, tmp_path, (OutageOptions(burn=2, down_s=(11.0, 12.0)),))
    print("\n".join(report.lines()))  # noqa: T201 - what was done is part of the result
    assert report.settled
    assert report.verdict.counts == dict.fromkeys(report.verdict.counts, 0)
