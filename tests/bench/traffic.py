"""The events and the rule books of the benchmark: incidents of about 1 kB, told to 3 of 10 bodies on average."""

from __future__ import annotations

import itertools
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from tests.builders.activation import AIGUL, BAKYT
from tests.builders.signed import DAY, MES, by, register_of, registration

from cbrn_routing.rulebook import RuleBook
from cbrn_routing.shards.placement import Placement
from cbrn_routing.signatures.jws import sign_event
from cbrn_schemas.envelope import Header, binary_headers
from cbrn_schemas.events import ce_type, parse_event, to_bytes
from cbrn_schemas.topics import Realm, bus_topic, from_topic, to_topic

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cbrn_routing.signatures.register import RegisteredKey

SIGNATURES: Final = os.environ.get("BENCH_SIGNATURES", "optional")
"""`none` looks at no signature; `optional` is as shipped, on events without one; with `signed` all have one."""
EXAMPLES = Path(__file__).parents[2] / "schemas" / "examples"
BODIES = ("mes", "mia", "mnrets", "moh", "scns", "mof", "mec", "mwrapi", "moe", "nas")
KINDS = (
    "tailings-failure",
    "chemical-release",
    "orphan-source",
    "human-disease",
    "portal-alarm",
    "chemical-spill",
)
SITES = ("F01", "F04", "F09", "F11", "F12", "F16", "F23", "F35")
SEVERITIES = ("Extreme", "Severe", "Moderate", "Minor")
STATE_TOPIC = "cbrn.bus.state-incidents"
MISPLACED_TOPIC = "cbrn.bus.misplaced-incidents"
INGRESS = [from_topic(Realm.REAL, body, "incidents") for body in BODIES]
EGRESS = [to_topic(Realm.REAL, body, "alerts") for body in BODIES]
BUS = [bus_topic(Realm.REAL, name) for name in ("decisions", "quarantine", "outbound", "duties")]


class Sent(NamedTuple):
    """One event as it is published."""

    topic: str
    partition: int
    key: bytes
    value: bytes
    headers: list[Header]


def traffic(count: int, partitions: int) -> list[Sent]:
    """`count` events, each of its own situation, from ten bodies, in every combination of kind, site and severity."""
    now = datetime.now(UTC).replace(microsecond=0)
    combinations = list(itertools.product(KINDS, SITES, SEVERITIES))
    templates = {}
    for kind, site, severity in combinations:
        example = parse_event((EXAMPLES / f"{kind}.json").read_bytes())
        where = example.where.model_copy(update={"site": site, "district": None, "point": None, "crossing": None})
        # One language is kept, so that an event has about 1 kB.
        texts = {lang: text for lang, text in example.texts.items() if lang == "ru"}
        changed = {
            "where": where,
            "severity": severity,
            "observed": now,
            "reported": now,
            "situation": "SITUATION",
            "body": "BODY",
            "message_type": "Alert",
            "references": (),
            "texts": texts,
        }
        templates[kind, site, severity] = to_bytes(example.model_copy(update=changed))
    sent = []
    placement = Placement(0, partitions)
    for number in range(count):
        body = BODIES[number % len(BODIES)]
        kind, site, severity = combinations[number * 7 % len(combinations)]
        key = b"bench-%d" % number
        value = templates[kind, site, severity].replace(b"SITUATION", key).replace(b'"BODY"', b'"%s"' % body.encode())
        headers = binary_headers(
            id=str(number), source=f"/{body}", type=ce_type(kind), time=now.isoformat().replace("+00:00", "Z")
        )
        topic = from_topic(Realm.REAL, body, "incidents")
        if SIGNATURES == "signed":
            headers.append(sign_event(MES, topic, headers, value, now))
        sent.append(Sent(topic, placement.shard_of(key), key, value, headers))
    return sent


def registered_keys() -> Mapping[str, RegisteredKey]:
    """The one key that signs for all ten."""
    now = datetime.now(UTC)
    made = registration(MES, "bus", valid_from=now - DAY, valid_until=now + DAY)
    return register_of(by(made, AIGUL, BAKYT), at=now).keys


def rulebook(folder: Path, rules: int) -> RuleBook:
    """A book of `rules` rules under which an event is told to 3 bodies.

    Rules beyond the first few match often, but name bodies that are told anyway: the output does not depend on them.
    """
    lines = [
        "bases:",
        "  mandate:",
        "    instrument: benchmark",
        "    article: none",
        "    source: made for the benchmark",
        "    confidence: high",
        "rules:",
    ]
    told = {kind: [BODIES[(number + step) % 10] for step in range(3)] for number, kind in enumerate(KINDS)}
    for kind, (lead, support, inform) in told.items():
        lines += _rule(
            f"base-{kind}",
            f"{{kind: {kind}}}",
            f"lead: {lead}",
            f"support: [{support}]",
            f"inform: [{inform}]",
            "acknowledge_within: 15m",
        )
    for number in range(rules - len(KINDS)):
        kind = KINDS[number % len(KINDS)]
        severity = SEVERITIES[number // len(KINDS) % len(SEVERITIES)]
        lines += _rule(
            f"filler-{number}", f"{{kind: {kind}, severity: {severity}, country: KG}}", f"inform: [{told[kind][0]}]"
        )
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "bench.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return RuleBook.load(folder)


def _rule(identifier: str, when: str, *says: str) -> list[str]:
    title = "{ky: Өлчөө, ru: Замер, en: Benchmark}"
    head = [f"  - id: {identifier}", f"    title: {title}", "    basis: [mandate]", f"    when: {when}"]
    return head + [f"    {said}" for said in says]
