"""`python -m tests.bench.signed`: what signatures cost a router, without a broker, on the machine of the day."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import structlog
from tests.bench.costs import microseconds
from tests.builders.activation import AIGUL, BAKYT
from tests.builders.golden import chlorine
from tests.builders.signed import DAY, MES, by, register_of, registration, signed, stripped

from cbrn_deploy.processes.router import engine_of
from cbrn_routing.jurisdiction import Gazetteer
from cbrn_routing.router import Dispatcher, Tally
from cbrn_routing.router.inspecting import Inspector
from cbrn_routing.router.state import ShardState
from cbrn_routing.rulebook import national_rulebook
from cbrn_routing.shards.outbox import Outbox
from cbrn_routing.shards.placement import Placement
from cbrn_routing.signatures.policy import SignaturePolicy
from cbrn_schemas.topics import Lane, Realm

EVENTS = 2_000
BATCH = 500


def main() -> None:
    """Measure, and print a line each."""
    now = datetime.now(UTC)
    window = {"valid_from": now - DAY, "valid_until": now + DAY}
    keys = register_of(by(registration(**window), AIGUL, BAKYT), at=now).keys
    clock = {"observed": now.isoformat(), "reported": now.isoformat()}
    events = [
        signed(at=now, data=chlorine(situation=f"s-{n % 50}", **clock), number=n)._replace(key=b"s-%d" % (n % 50))
        for n in range(EVENTS)
    ]
    plain = [stripped(one) for one in events]
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))  # lines of the log are not measured
    engine = engine_of(national_rulebook(), Gazetteer())

    def routed(records: list[Any], policy: SignaturePolicy | None) -> None:
        dispatcher = Dispatcher(Realm.REAL, Lane.INCIDENTS, engine, "en", policy)
        outbox, tally = Outbox(Placement(0, 1), 0), Tally()
        dispatcher.dispatch(records, ShardState(), outbox, now, tally)
        assert tally.counts["routed"] == EVENTS, tally.counts

    async def inspected(records: list[Any]) -> list[Any]:
        inspector = Inspector("", lambda: keys, lambda: now)
        found = []
        for begin in range(0, EVENTS, BATCH):
            found += (await inspector.inspect({0: records[begin : begin + BATCH]}))[0]
        inspector.close()
        return found

    optional = SignaturePolicy.load(None)
    required = SignaturePolicy.read("policies: [{name: all, signatures: required}]")
    seen = asyncio.run(inspected(events))
    rows = {
        "routed, unsigned, no policy": lambda: routed(plain, None),
        "routed, unsigned, optional (the shipped policy)": lambda: routed(plain, optional),
        "looked at, unsigned": lambda: asyncio.run(inspected(plain)),
        "routed, signed and verified before, required": lambda: routed(seen, required),
        "verified in threads": lambda: asyncio.run(inspected(events)),
    }
    for name, call in rows.items():
        print(f"{name:50} {microseconds(call, 1) / EVENTS:7.1f} us an event")
    own = events[0].headers[:-1]
    from cbrn_routing.signatures.jws import sign_event  # noqa: PLC0415 - beside its use

    cost = microseconds(lambda: sign_event(MES, "t", own, events[0].value or b"", now), EVENTS)
    print(f"{'signed, by the SDK':50} {cost:7.1f} us an event")


if __name__ == "__main__":
    main()
