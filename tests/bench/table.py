"""The decisions of a book as a table that Kafka Streams can follow: for each combination what is written, with gaps.

Made by laying out one event of each combination whose own words are marks. What a mark stands for is filled in by the
Java side for each event: `@ID@`, `@SOURCE@`, `@SITUATION@`, `@TOPIC@`, `@PARTITION@`, `@OFFSET@`, `@AT@` (now) and
`@T+900@` (900 s after the event was observed). So Streams decides nothing and has less to do than the router.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import msgspec
from tests.bench.layout import Origin, lay_out
from tests.bench.setting import DECISIONS, DUTIES
from tests.bench.traffic import COMBINATIONS, template

from cbrn_schemas.events import ce_type
from cbrn_schemas.records import ACKNOWLEDGE_BY, rfc3339

if TYPE_CHECKING:
    from tests.bench.layout import Written
    from tests.bench.setting import Setting

    from cbrn_routing.decide import Engine

PARTITION, OFFSET = -7_777_777, -8_888_888
EVENT: Final = b'"@EVENT@"'
NUMBERS: Final = {str(PARTITION): "@PARTITION@", str(OFFSET): "@OFFSET@"}
TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z")
AFTER_S: Final = 1.234567
"""Between the marked event and its decision: no other time of it has this fraction."""


def table_of(setting: Setting, engine: Engine) -> dict[str, Any]:
    """Return the table, plain values only; it holds while the event's day does."""
    observed = datetime.now(UTC).replace(microsecond=0) - timedelta(seconds=5)
    plans = [_plan(number, observed, engine) for number in range(len(COMBINATIONS))]
    sinks = {topic for plan in plans for topic, _ in plan["deliveries"]}
    return {
        "ingress": setting.ingress,
        "decisions": DECISIONS,
        "duties": DUTIES,
        "sinks": sorted({*sinks, DECISIONS, DUTIES}),
        "types": {kind: ce_type(kind) for kind, _, _ in COMBINATIONS},
        "plans": plans,
    }


def alert_topics(table: dict[str, Any]) -> dict[int, list[str]]:
    """Return the topics in which an event of each combination is told, by the combination's number."""
    return {
        number: [topic for topic, _ in plan["deliveries"] if topic.endswith(".alerts")]
        for number, plan in enumerate(table["plans"])
    }


def weight(table: dict[str, Any]) -> dict[str, float]:
    """Return how much is written for an event, on average over the combinations."""
    plans = table["plans"]
    told = [len(topics) for topics in alert_topics(table).values()]
    duties = [len(plan["duties"]) for plan in plans if plan["duties"]]
    return {
        "recipients": round(sum(told) / len(plans), 1),
        "partners": round(sum(len(plan["deliveries"]) for plan in plans) / len(plans) - sum(told) / len(plans), 1),
        "raise_duties_percent": round(100 * len(duties) / len(plans)),
        "duties": round(sum(duties) / max(1, len(duties)), 1),
    }


def _plan(number: int, observed: datetime, engine: Engine) -> dict[str, Any]:
    kind, site, severity = COMBINATIONS[number]
    event = template(number, observed).model_copy(update={"situation": "@SITUATION@"})
    now = observed + timedelta(seconds=AFTER_S)
    origin = Origin("@ID@", "@SOURCE@", b"@SITUATION@", "@TOPIC@", PARTITION, OFFSET, EVENT, [])
    written = lay_out(event, origin, engine, now)
    told = [one for one in written if one.topic not in {DECISIONS, DUTIES}]
    deadlines = [
        datetime.fromisoformat(value.decode()) for one in told for name, value in one.headers if name == ACKNOWLEDGE_BY
    ]
    (decision,) = (one for one in written if one.topic == DECISIONS)
    return {
        "kind": kind,
        "site": site,
        "severity": severity,
        "deliveries": [[one.topic, _kept(one)] for one in told],
        "acknowledge_within_s": round((deadlines[0] - now).total_seconds()) if deadlines else None,
        "decision": _gaps(decision.value.decode(), observed, now),
        "duties": [
            [_split(one.key.decode()), _gaps(one.value.partition(EVENT)[0].decode(), observed, now)]
            for one in written
            if one.topic == DUTIES
        ],
        "reached": {body["body"]: body["role"] for body in msgspec.json.decode(decision.value)["recipients"]},
    }


def _kept(one: Written) -> list[list[str]]:
    return [[name, value.decode()] for name, value in one.headers if name != ACKNOWLEDGE_BY]


def _gaps(text: str, observed: datetime, now: datetime) -> list[str]:
    """Split a text at its marks: literal, mark, literal, and so on."""
    at = rfc3339(now)

    def mark(found: re.Match[str]) -> str:
        if found[0] == at:
            return "@AT@"
        return f"@T+{round((datetime.fromisoformat(found[0]) - observed).total_seconds())}@"

    text = TIME.sub(mark, text)
    for number, name in NUMBERS.items():
        text = text.replace(number, name)
    return _split(text)


def _split(text: str) -> list[str]:
    return re.split(r"@([A-Z+0-9]+)@", text)
