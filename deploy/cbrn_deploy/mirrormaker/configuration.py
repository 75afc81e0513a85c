"""The configuration of MirrorMaker for one partner, as text: pure, but that a credentials file is looked into.

Both clusters call MirrorMaker's own group and topics alike, `<realm>.mirror.<partner>.*`, so that one rule says what it
needs on either. No secret is in the text: MirrorMaker takes them out of the credentials files when it starts, and what
it keeps on a cluster (the settings of either side!) holds the file's name instead.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cbrn_schemas.credentials import CredentialsError, read_credentials
from cbrn_schemas.topics import from_topic, mirror_name, to_topic

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cbrn_schemas.topics import Realm

OURS: Final = "bus"
"""What our own cluster is called in the configuration; no body may have this code."""
CARRIED: Final = ("alerts", "documents", "monitoring")
"""Streams of what a partner is told that cross the border. Not `standing`, which says where our own bodies stand."""
ORIGINALS: Final = "originals"
TRANSACTION_MS_MAX: Final = 30_000
"""A broker of the bus refuses whoever asks for longer transactions, and Kafka's own is 60 s: see
`cbrn_deploy.kafka.layout`."""
TRANSACTION_MS: Final = 5_000
"""How long a transaction of a MirrorMaker that was killed holds back the readers, and its own successor."""
RECORD_BYTES: Final = 2 * 1024 * 1024
"""The largest record that any topic of the bus takes; a larger one than the producer may send stops the copy."""


@dataclass(frozen=True, slots=True)
class Side:
    """How MirrorMaker is let in by one cluster: the lines of a credentials file, by Kafka's names."""

    servers: str
    lines: dict[str, str]

    @classmethod
    def of(cls, file: Path) -> Side:
        """Read a credentials file, which stays where it is: the configuration names it.

        Raises:
            CredentialsError: it lets nobody in over TLS.
        """
        found, path = read_credentials(file), file.resolve().as_posix()
        protocol, servers = found.values.get("CBRN_SECURITY_PROTOCOL"), found.values.get("CBRN_BOOTSTRAP_SERVERS")
        if protocol not in {"SSL", "SASL_SSL"} or not servers:
            raise CredentialsError(
                f"{file} names no servers that speak TLS",
                "It needs CBRN_BOOTSTRAP_SERVERS, and CBRN_SECURITY_PROTOCOL=SASL_SSL or SSL.",
            )
        lines = {"security.protocol": protocol, "ssl.enabled.protocols": "TLSv1.3", "ssl.truststore.type": "PEM"}
        lines["ssl.truststore.location"] = path
        if protocol == "SSL":
            if not found.key:
                raise CredentialsError(f"{file} holds no key", "Ask for one with `--certificate`.")
            return cls(servers, {**lines, "ssl.keystore.type": "PEM", "ssl.keystore.location": path})
        if not found.password or not (user := found.values.get("CBRN_USERNAME")):
            raise CredentialsError(f"{file} holds no user with a password", "Ask for one: `cbrn access issue`.")
        module = "org.apache.kafka.common.security.scram.ScramLoginModule"
        password = f"${{file:{path}:CBRN_PASSWORD}}"
        lines["sasl.mechanism"] = "SCRAM-SHA-512"
        lines["sasl.jaas.config"] = f'{module} required username="{user}" password="{password}";'
        return cls(servers, lines)


@dataclass(frozen=True, slots=True)
class Mirror:
    """What is copied between us and one partner."""

    realm: Realm
    partner: str
    ours: Side
    theirs: Side
    out: bool = True
    """From us to the partner."""
    back: bool = True
    """From the partner to us."""
    outgoing: str | None = None
    """What the partner calls its topic for us; None: as we call it, `<realm>.from.<partner>.originals`."""

    def text(self) -> str:
        """Return the file."""
        return "".join(f"{line}\n" for line in self._lines())

    def properties(self) -> dict[str, str]:
        """Return what the file says."""
        return parse(self.text())

    def _lines(self) -> Iterator[str]:
        out, back = f"{OURS}->{self.partner}", f"{self.partner}->{OURS}"
        yield from _commented(
            f"MirrorMaker 2 between {OURS} (ours) and {self.partner}, in the realm {self.realm}: "
            "cbrn mirror config made this file.",
            "What each line is for, and what happens without it, stands in docs/mirrormaker.md.",
        )
        yield from _said({"clusters": f"{OURS},{self.partner}", f"{out}.enabled": _yes(self.out)})
        yield from _said({f"{back}.enabled": _yes(self.back)})
        if self.out:
            streams = [re.escape(to_topic(self.realm, self.partner, stream)) for stream in CARRIED]
            yield from _said({f"{out}.topics": ",".join(streams)})
        if self.back:
            yield from _said(self._back(back))
        yield from _said(COMMON)
        if self.ours.lines.get("sasl.jaas.config") or self.theirs.lines.get("sasl.jaas.config"):
            yield from _said(_PASSWORDS)
        for alias, side in ((OURS, self.ours), (self.partner, self.theirs)):
            own = {"bootstrap.servers": side.servers, **side.lines, **_cluster(mirror_name(self.realm, self.partner))}
            yield from ("", *_said({f"{alias}.{name}": value for name, value in own.items()}))

    def _back(self, flow: str) -> dict[str, str]:
        wanted = from_topic(self.realm, self.partner, ORIGINALS)
        lines = {f"{flow}.topics": re.escape(self.outgoing or wanted)}
        if self.outgoing not in {None, wanted}:
            lines |= {
                f"{flow}.transforms": "rename",
                f"{flow}.transforms.rename.type": "org.apache.kafka.connect.transforms.RegexRouter",
                f"{flow}.transforms.rename.regex": re.escape(self.outgoing or ""),
                f"{flow}.transforms.rename.replacement": wanted,
            }
        return lines


COMMON: Final = {
    "replication.policy.class": "org.apache.kafka.connect.mirror.IdentityReplicationPolicy",
    "emit.heartbeats.enabled": "false",
    "emit.checkpoints.enabled": "false",
    "emit.offset-syncs.enabled": "false",
    "sync.group.offsets.enabled": "false",
    "sync.topic.acls.enabled": "false",
    "sync.topic.configs.enabled": "false",
    "refresh.groups.enabled": "false",
    "refresh.topics.interval.seconds": "30",
    "replication.factor": "-1",
    "tasks.max": "1",
}
"""For both directions alike."""
_PASSWORDS: Final = {
    "config.providers": "file",
    "config.providers.file.class": "org.apache.kafka.common.config.provider.FileConfigProvider",
}


def _cluster(name: str) -> dict[str, str]:
    """Return the lines for a cluster as source and as target, whichever it is."""
    return {
        "consumer.isolation.level": "read_committed",
        "exactly.once.source.support": "enabled",
        "transaction.timeout.ms": str(TRANSACTION_MS),
        "producer.transaction.timeout.ms": str(TRANSACTION_MS),
        "producer.max.request.size": str(RECORD_BYTES),
        "group.id": f"{name}.workers",
        "config.storage.topic": f"{name}.configs",
        "offset.storage.topic": f"{name}.offsets",
        "status.storage.topic": f"{name}.status",
        "offset.storage.partitions": "1",
        "status.storage.partitions": "1",
        "config.storage.replication.factor": "-1",
        "offset.storage.replication.factor": "-1",
        "status.storage.replication.factor": "-1",
        "scheduled.rebalance.max.delay.ms": "0",
        "session.timeout.ms": "6000",
        "heartbeat.interval.ms": "2000",
    }


def _yes(said: bool) -> str:  # noqa: FBT001 - a word of the file for a truth value
    return "true" if said else "false"


def _commented(*lines: str) -> Iterator[str]:
    for line in lines:
        yield f"# {line}"


def _said(lines: dict[str, str]) -> Iterator[str]:
    """Yield lines of a properties file, in which a back-slash is written as two."""
    for name, value in lines.items():
        yield f"{name} = {value.replace(chr(92), chr(92) * 2)}"


def parse(text: str) -> dict[str, str]:
    """Read a properties file as Java does, as far as anybody writes one: comments, continued lines, back-slashes."""
    found: dict[str, str] = {}
    for line in re.sub(r"(?<!\\)((?:\\\\)*)\\\n[ \t]*", r"\1", text.replace("\r\n", "\n")).splitlines():
        stripped = line.strip()
        if not stripped or stripped[0] in "#!":
            continue
        name, _, value = (part.strip() for part in re.split(r"(\s*[=:]\s*|\s+)", stripped, maxsplit=1))
        found[name] = re.sub(r"\\(.)", r"\1", value)
    return found
