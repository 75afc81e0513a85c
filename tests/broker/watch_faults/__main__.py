"""`python -m tests.broker.watch_faults --faults 200`: any number of faults, with a report."""

from __future__ import annotations

import argparse
import asyncio
import logging
import secrets
import sys
import tempfile
from pathlib import Path

from .campaign import run


def main() -> int:
    """Status 0 if the checker found nothing."""
    parser = argparse.ArgumentParser(prog="python -m tests.broker.watch_faults", description=__doc__)
    parser.add_argument("--faults", type=int, default=40, help="how many (40)")
    parser.add_argument("--rate", type=float, default=10.0, help="situations a second (10)")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6), help="repeats the choice of faults")
    parser.add_argument("--no-outages", action="store_true", help="the broker stays up")
    parser.add_argument("--unfenced", action="store_true", help="without fencing: the checker must find something")
    parser.add_argument("--logs", type=Path, help="where the watches' logs are kept (nowhere)")
    told = parser.parse_args()
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    with tempfile.TemporaryDirectory(prefix="watch-faults-") as temporary:
        logs = told.logs or Path(temporary)
        logs.mkdir(parents=True, exist_ok=True)
        fencing = not told.unfenced
        report = asyncio.run(
            run(
                told.faults,
                told.seed,
                logs,
                fencing=fencing,
                brokers=fencing and not told.no_outages,
                members=3 if fencing else 2,
                rate=told.rate,
            )
        )
    sys.stdout.write("\n".join(report.lines()) + "\n")
    return 0 if report.verdict.clean else 1


if __name__ == "__main__":
    sys.exit(main())
