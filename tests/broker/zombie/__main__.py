"""`python -m tests.broker.zombie --faults 1000`: any number of faults, with a report for docs/benchmarks.md."""

from __future__ import annotations

import argparse
import asyncio
import logging
import secrets
import sys
import tempfile
from pathlib import Path

from .campaign import GROUP, STATIC, UNFENCED, run
from .outage import OutageOptions, run_outages
from .resume import measure

CELLS = {"both": (GROUP, STATIC), "group": (GROUP,), "static": (STATIC,), "unfenced": (UNFENCED,)}


def main() -> int:
    """Status 0 if the checker found nothing."""
    parser = argparse.ArgumentParser(prog="python -m tests.broker.zombie", description=__doc__)
    parser.add_argument("--faults", type=int, default=60, help="how many (60)")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6), help="repeats the choice of faults")
    parser.add_argument("--cells", choices=sorted(CELLS), default="both", help="which routers suffer (both)")
    parser.add_argument("--outages", type=int, metavar="N", help="kill and freeze brokers instead, N times")
    parser.add_argument("--brokers", default="1,1,1,3", help="cells that suffer at once, by their brokers (1,1,1,3)")
    parser.add_argument("--burn", type=int, default=6, help="busy loops of each cell beside a broker that starts (6)")
    parser.add_argument("--resume", type=int, metavar="KILLS", help="measure instead how long alerts wait after a kill")
    parser.add_argument("--logs", type=Path, help="where the routers' logs are kept (nowhere)")
    told = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="zombie-") as temporary:
        logs = told.logs or Path(temporary)
        logs.mkdir(parents=True, exist_ok=True)
        if told.resume:
            sys.stdout.write("\n".join(asyncio.run(measure(told.resume, logs))) + "\n")
            return 0
        if told.outages:
            # The client says of each broker that is down that it is down, a hundred times a second.
            logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
            cells = tuple(OutageOptions(int(one), told.burn) for one in told.brokers.split(","))
            report = asyncio.run(run_outages(told.outages, told.seed, logs, cells))
            sys.stdout.write("\n".join(report.lines()) + "\n")
            return 0 if report.verdict.clean and report.settled else 1
        report = asyncio.run(run(told.faults, told.seed, logs, CELLS[told.cells]))
    sys.stdout.write("\n".join(report.lines()) + "\n")
    return 0 if report.verdict.clean and report.settled else 1


if __name__ == "__main__":
    sys.exit(main())
