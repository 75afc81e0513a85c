"""`python -m tests.bench.cap`: what CAP costs on one core. Ends with 1 where a bound is passed.

The bounds are wide, and still a clock's: on a machine that does other work they say nothing, so no test asks them.
"""

from __future__ import annotations

import sys
import time
from functools import partial

from tests.bench.costs import EXAMPLES, microseconds

from cbrn_routing.jurisdiction.outlines import polygons_of
from cbrn_schemas.events import AnyEvent, parse_event
from cbrn_schemas.formats.cap.checking import check
from cbrn_schemas.formats.cap.from_event import alert_of, sender_of
from cbrn_schemas.formats.cap.reading import read
from cbrn_schemas.formats.cap.to_event import event_of
from cbrn_schemas.formats.cap.writing import write

MADE_US_MAX = 500.0
"""An alert made and written, without its signature: with it 1,000 a second are wanted."""


cpu_us = partial(microseconds, clock=time.process_time)
"""What one core has to do, whatever else it does."""


def made(event: AnyEvent) -> bytes:
    """Write the document of an event."""
    sender, earlier = sender_of(event.body), ()
    if getattr(event, "references", ()):
        first = alert_of(event, identifier="e-0", sender=sender, sent=event.observed)
        earlier = (first.reference,)
    return write(
        alert_of(event, identifier="e-1", sender=sender, sent=event.reported, references=earlier, outline=polygons_of)
    )


def main() -> int:
    """Measure over the examples of all kinds, print a line each, and compare with the bound."""
    events = [parse_event(file.read_bytes()) for file in sorted(EXAMPLES.glob("*.json"))]
    documents = [made(event) for event in events]
    alerts = [read(document) for document in documents]
    figures = {
        "made and written": cpu_us(lambda: [made(event) for event in events], 3) / len(events),
        "read, with all rules": cpu_us(lambda: [read(one) for one in documents], 1) / len(documents),
        "checked": cpu_us(lambda: [check(one) for one in documents], 1) / len(documents),
        "made an event again": cpu_us(lambda: [event_of(alert) for alert in alerts], 1) / len(alerts),
    }
    size = sum(map(len, documents)) / len(documents)
    print(f"{len(documents)} kinds, {size:,.0f} bytes a document")
    for what, took in figures.items():
        print(f"{what:24} {took:8,.0f} us of CPU, {1e6 / took:8,.0f}/s a core")
    return int(figures["made and written"] > MADE_US_MAX)


if __name__ == "__main__":
    sys.exit(main())
