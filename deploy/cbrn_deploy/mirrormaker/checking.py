"""What is wrong with a configuration of MirrorMaker: each fault with its line's name and the remedy. Pure.

Each was tried: what is called an error loses, doubles, leaks or stands still; a warning costs time or does nothing.
"""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from cbrn_deploy.mirrormaker.configuration import CARRIED, COMMON, RECORD_BYTES, TRANSACTION_MS, TRANSACTION_MS_MAX
from cbrn_schemas.catalogue.bodies import partners
from cbrn_schemas.streams import STREAMS, owners
from cbrn_schemas.topics import Realm, to_topic

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

KAFKAS_TRANSACTION_MS: Final = 60_000
KAFKAS_REQUEST_BYTES: Final = 1024 * 1024
_IDENTITY: Final = "IdentityReplicationPolicy"
_SECRET: Final = re.compile(r"password\s*=\s*\"?(?!\$\{)[^\s\";]", re.IGNORECASE)
_SECRETS: Final = (".ssl.keystore.key", ".ssl.key.password", ".ssl.keystore.password")
_OF_A_CLUSTER: Final = (
    *("exactly.once.source.support", "transaction.timeout.ms", "producer.transaction.timeout.ms"),
    *("consumer.isolation.level", "session.timeout.ms", "scheduled.rebalance.max.delay.ms", "group.id"),
)
_NOT_WANTED: Final = {
    "sync.topic.acls.enabled": "it copies one side's rules to the other",
    "sync.topic.configs.enabled": "it copies one side's retention and clock to the other",
    "sync.group.offsets.enabled": "it moves the readers of the other side",
    "emit.heartbeats.enabled": "it wants a topic of its own on either side",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault."""

    severity: Literal["error", "warning"]
    line: str
    """The name that is wrong, or missing."""
    message: str
    hint: str

    def as_json(self) -> dict[str, str]:
        """Return plain values for machines."""
        return {"severity": self.severity, "line": self.line, "message": self.message, "hint": self.hint}


@dataclass(frozen=True, slots=True)
class _Flow:
    source: str
    target: str

    def __str__(self) -> str:
        return f"{self.source}->{self.target}"


def check(said: Mapping[str, str], on: date) -> list[Fault]:
    """Return all faults of a configuration, errors first."""
    aliases = [each.strip() for each in said.get("clusters", "").split(",") if each.strip()]
    found = list(_clusters(said, aliases, on))
    flows = [_Flow(a, b) for a in aliases for b in aliases if a != b and said.get(f"{a}->{b}.enabled") == "true"]
    if not flows:
        found.append(Fault("error", "clusters", "nothing is copied", "Set <from>-><to>.enabled = true."))
    for flow in flows:
        found += [*_exactly_once(said, flow), *_carried(said, flow, on)]
    found += [*_circles(said, flows, on), *_everywhere(said)]
    return sorted(dict.fromkeys(found), key=lambda fault: (fault.severity, fault.line))


def _clusters(said: Mapping[str, str], aliases: list[str], on: date) -> Iterator[Fault]:
    abroad = [alias for alias in aliases if alias in partners(on, ahead=True)]
    if len(aliases) != 2 or len(abroad) != 1:  # noqa: PLR2004 - ours and theirs
        yield Fault(
            "error",
            "clusters",
            f"{', '.join(aliases) or 'nothing'}: it names two clusters, ours and one called as the partner is",
            f"One file a partner; the partners are {', '.join(sorted(partners(on, ahead=True)))}.",
        )
    for alias in aliases:
        if said.get(f"{alias}.security.protocol") not in {"SSL", "SASL_SSL"}:
            yield Fault("error", f"{alias}.security.protocol", "it speaks in the clear", "Set SSL or SASL_SSL.")
        if not said.get(f"{alias}.bootstrap.servers"):
            yield Fault("error", f"{alias}.bootstrap.servers", "it is missing", "Say where the cluster is.")
        if said.get(f"{alias}.ssl.endpoint.identification.algorithm", "https").strip() == "":
            line = f"{alias}.ssl.endpoint.identification.algorithm"
            yield Fault("error", line, "anybody's certificate of that authority would do", "Take the line out.")


def _exactly_once(said: Mapping[str, str], flow: _Flow) -> Iterator[Fault]:
    source, target = flow.source, flow.target
    if said.get(f"{target}.exactly.once.source.support") != "enabled":
        line = f"{target}.exactly.once.source.support"
        yield Fault("error", line, "after a kill thousands of records come twice", "Set it to enabled.")
    if said.get(f"{source}.consumer.isolation.level") != "read_committed":
        line = f"{source}.consumer.isolation.level"
        yield Fault("error", line, "what was taken back crosses all the same", "Set it to read_committed.")
    own = said.get(f"{flow}.producer.override.transaction.timeout.ms")
    for line, value in (
        (f"{target}.producer.transaction.timeout.ms", own or said.get(f"{target}.producer.transaction.timeout.ms")),
        (f"{target}.transaction.timeout.ms", said.get(f"{target}.transaction.timeout.ms")),
    ):
        if _number(value, KAFKAS_TRANSACTION_MS) > TRANSACTION_MS_MAX:
            message = f"{value or 'nothing, so 60000'}: a broker of the bus refuses more than {TRANSACTION_MS_MAX} ms"
            yield Fault(
                "error", line, f"{message}, and after a kill all stands still as long", f"Set it to {TRANSACTION_MS}."
            )
    if f"{target}.producer.override.transaction.timeout.ms" in said:
        line = f"{target}.producer.override.transaction.timeout.ms"
        yield Fault("warning", line, "it has no effect", f"Say {target}.producer.transaction.timeout.ms.")
    if _number(said.get(f"{target}.producer.max.request.size"), KAFKAS_REQUEST_BYTES) < RECORD_BYTES:
        line = f"{target}.producer.max.request.size"
        yield Fault("error", line, "the copy stops at the first record of 1 MiB", f"Set it to {RECORD_BYTES}.")


def _carried(said: Mapping[str, str], flow: _Flow, on: date) -> Iterator[Fault]:
    """Yield what crosses that must not: topics of the bus that these patterns mean, whoever the partner is."""
    line, patterns = f"{flow}.topics", said.get(f"{flow}.topics", ".*")
    if flow.target not in partners(on, ahead=True):
        if _meant(patterns, "any.topic.of.theirs"):
            yield Fault("error", line, "all of the partner's topics would come", "Name its topic for us.")
        return
    let = {to_topic(realm, flow.target, each) for realm in Realm for each in CARRIED}
    try:
        crossing = [topic for topic in _topics(on) if _meant(patterns, topic)]
    except re.error as error:
        yield Fault("error", line, f"it is no regular expression: {error}", "Write the topics' names, dots as \\\\.")
        return
    wrong = sorted(set(crossing) - let)
    if wrong:
        some = f"{wrong[0]} and {len(wrong) - 1} other topics" if len(wrong) > 1 else wrong[0]
        hint = f"Only {', '.join(CARRIED)} of {flow.target} are for it; dots as \\\\."
        yield Fault("error", line, f"{some} would leave the country", hint)
    if len({topic.partition(".")[0] for topic in crossing}) > 1:
        yield Fault("error", line, "real and exercise would both cross", "One file a realm.")


def _circles(said: Mapping[str, str], flows: list[_Flow], on: date) -> Iterator[Fault]:
    """Yield patterns of one direction that mean what the other brings: with names kept, records would go in circles."""
    if len(flows) != 2 or not said.get("replication.policy.class", "").endswith(_IDENTITY):  # noqa: PLR2004 - both ways
        return
    one, other = (said.get(f"{flow}.topics", ".*") for flow in flows)
    with contextlib.suppress(re.error):  # said already
        both = [name for name in (*_topics(on), "any.other") if _meant(one, name) and _meant(other, name)]
        if both:
            line = f"{flows[0]}.topics"
            yield Fault("error", line, f"{both[0]} would be copied both ways, for ever", "Let no topic be in both.")


def _everywhere(said: Mapping[str, str]) -> Iterator[Fault]:
    if not said.get("replication.policy.class", "").endswith(_IDENTITY):
        line = "replication.policy.class"
        yield Fault("error", line, "topics would arrive under other names", f"Set {COMMON[line]}.")
    for line, why in _NOT_WANTED.items():
        if said.get(line) != "false":
            yield Fault("error", line, f"it is not off, and {why}", "Set it to false.")
    for line in _OF_A_CLUSTER:
        if line in said:
            yield Fault("warning", line, "it has no effect so", f"Put a cluster's name before it: bus.{line}.")
    if said.get("dedicated.mode.enable.internal.rest") == "true":
        line = "dedicated.mode.enable.internal.rest"
        yield Fault("warning", line, "it opens a port without a password", "One process needs none: take it out.")
    for line, value in said.items():
        if _SECRET.search(value) or (line.endswith(_SECRETS) and not value.startswith("${")):
            message = "a secret in the file is kept on the other side's cluster, too, for its readers"
            yield Fault("error", line, message, "Name where it stands: ${file:/path/of/file.cbrn:CBRN_PASSWORD}.")


def _topics(on: date) -> Iterator[str]:
    """Yield the topics of both realms."""
    for stream in STREAMS:
        for realm in Realm:
            yield from stream.topics(realm, owners(on))


def _meant(patterns: str, topic: str) -> bool:
    return any(re.fullmatch(pattern.strip(), topic) for pattern in patterns.split(","))


def _number(text: str | None, otherwise: int) -> int:
    return int(text) if text is not None and text.isdecimal() else otherwise
