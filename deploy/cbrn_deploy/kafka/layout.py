"""Where a cluster's files lie, and what its brokers are told: pure text and paths, no process and no socket.

A broker has four listeners: CLIENT (TLS, and a user with a password: SCRAM-SHA-512), MTLS (TLS, and a certificate),
INTERNAL and CONTROLLER (the brokers among themselves, by their own certificates). Nothing is allowed without a rule.
A broker in the clear (`plaintext`) has one for clients, and one for itself.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cbrn_deploy.authority import ADMIN, LOOPBACK_HOSTS, PRINCIPAL_RULES
from cbrn_deploy.kafka.supervisor import PRIVATE
from cbrn_schemas.private_file import write_private

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from cbrn_deploy.authority import Authority

HOST = "127.0.0.1"
KAFKA_VERSION = "4.3.0"
MIB = 1024 * 1024
# The largest record any topic of the bus takes: a quarantined one of 1 MiB with what is said about it.
MESSAGE_BYTES_MAX = 2 * MIB
# 16 MiB hold about 600,000 keys (24 bytes each, filled to 0.9) per pass of the log cleaner; Kafka's own 128 MiB would
# take a third of the heap for a bus whose compacted topics have some thousands of keys.
CLEANER_BUFFER_BYTES = 16 * MIB
SEGMENT_BYTES = 256 * MIB
# 8 bytes for each 4 KiB of a segment make 512 KiB; twice that, against 10 MiB for each of two files per partition.
INDEX_BYTES = 1 * MIB
# An agency that was offline for a month still finds its place: as long as the longest retention of an alert.
OFFSETS_RETENTION_MINUTES = 90 * 24 * 60

# An alarm must not wait longer than this behind a publisher that was killed in the middle of a transaction.
TRANSACTION_MS_MAX = 30_000

REAUTHENTICATE_MS = 300_000
"""So long a session of a user with a password lasts, before it must be shown again."""

# What is refused has a file of its own, and only so many lines a second: whoever asks in vain as fast as he can would
# else wash away what the broker says of itself.
LOG4J = """\
status=error
rootLogger.level=warn
rootLogger.appenderRef.file.ref=FILE
appender.file.type=RollingFile
appender.file.name=FILE
appender.file.fileName={log}
appender.file.filePattern={log}.%i
appender.file.layout.type=PatternLayout
appender.file.layout.pattern=%d{{ISO8601}} %p %c{{1}} %m%n
appender.file.policies.type=Policies
appender.file.policies.size.type=SizeBasedTriggeringPolicy
appender.file.policies.size.size=5MB
appender.file.strategy.type=DefaultRolloverStrategy
appender.file.strategy.max=3
logger.denied.name=kafka.authorizer.logger
logger.denied.level=info
logger.denied.additivity=false
logger.denied.appenderRef.refused.ref=REFUSED
logger.unknown.name=org.apache.kafka.common.network.Selector
logger.unknown.level=info
logger.unknown.additivity=false
logger.unknown.appenderRef.refused.ref=REFUSED
appender.refused.type=RollingFile
appender.refused.name=REFUSED
appender.refused.fileName={refused}
appender.refused.filePattern={refused}.%i
appender.refused.layout.type=PatternLayout
appender.refused.layout.pattern=%d{{ISO8601}} %m%n
appender.refused.policies.type=Policies
appender.refused.policies.size.type=SizeBasedTriggeringPolicy
appender.refused.policies.size.size=5MB
appender.refused.strategy.type=DefaultRolloverStrategy
appender.refused.strategy.max=1
appender.refused.filter.burst.type=BurstFilter
appender.refused.filter.burst.level=INFO
appender.refused.filter.burst.rate=5
appender.refused.filter.burst.maxBurst=200
"""


@dataclass(frozen=True, slots=True)
class Node:
    """One broker, which is a controller too."""

    number: int
    folder: Path
    port: int
    """Of the listener CLIENT, or of the only one for clients."""
    controller_port: int
    mutual_port: int = 0
    """Of the listener MTLS."""
    internal_port: int = 0

    @property
    def user(self) -> str:
        """The user that the broker's own certificate names."""
        return f"broker-{self.number}"

    @property
    def ports(self) -> tuple[int, ...]:
        """All ports that it listens at."""
        all_ports = self.port, self.mutual_port, self.internal_port, self.controller_port
        return tuple(port for port in all_ports if port)

    @property
    def properties(self) -> Path:
        """The broker's configuration file."""
        return self.folder / "server.properties"

    @property
    def log4j(self) -> Path:
        """Configuration of the broker's logging."""
        return self.folder / "log4j2.properties"

    @property
    def log(self) -> Path:
        """What the broker logs: at most four files of 5 MB."""
        return self.folder / "kafka.log"

    @property
    def refused(self) -> Path:
        """Whom the broker refused what: two files of 5 MB."""
        return self.folder / "refused.log"

    @property
    def certificate(self) -> Path:
        """The broker's own key and certificate."""
        return self.folder / "broker.pem"

    @property
    def trusted(self) -> Path:
        """Certificates of the authorities whose word it takes for others' certificates."""
        return self.folder / "trusted.pem"

    @property
    def output(self) -> Path:
        """What the JVM itself prints."""
        return self.folder / "jvm.log"

    @property
    def data(self) -> Path:
        """Kafka's own folder."""
        return self.folder / "data"


@dataclass(frozen=True, slots=True)
class Cluster:
    """All brokers of one data folder."""

    nodes: tuple[Node, ...]
    overrides: Mapping[str, str] = field(default_factory=dict)
    authority: Authority | None = None
    """Who vouches for the brokers; None where they speak in the clear and let everybody do everything."""

    @property
    def bootstrap_servers(self) -> str:
        """The address for clients, comma-separated."""
        return ",".join(f"{HOST}:{node.port}" for node in self.nodes)

    @property
    def mutual_servers(self) -> str:
        """The address for clients with a certificate, comma-separated."""
        return ",".join(f"{HOST}:{node.mutual_port}" for node in self.nodes)

    def properties(self, node: Node) -> dict[str, str]:
        """Return the broker's configuration. `overrides` win."""
        network = _clear(node) if self.authority is None else {**_secured(node), **_access(self.nodes)}
        voters = {"controller.quorum.voters": ",".join(f"{n.number}@{HOST}:{n.controller_port}" for n in self.nodes)}
        return {**network, **voters, **_durability(len(self.nodes)), **_SMALL_MACHINE, **self.overrides}

    def write(self) -> None:
        """Write each node's configuration files."""
        for node in self.nodes:
            node.folder.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
            node.folder.chmod(PRIVATE)  # a folder of an earlier release was open to every account
            text = "".join(f"{name}={value}\n" for name, value in sorted(self.properties(node).items()))
            node.properties.write_text(text, encoding="utf-8")
            log4j = LOG4J.format(log=node.log.as_posix(), refused=node.refused.as_posix())
            node.log4j.write_text(log4j, encoding="utf-8")
            if self.authority is not None:
                pem = self.authority.certificate(node.user, LOOPBACK_HOSTS)
                write_private(node.certificate, pem.key + pem.certificate)
                write_private(node.trusted, self.authority.bundle)


def _clear(node: Node) -> dict[str, str]:
    return {
        **_node(node),
        "listeners": f"PLAINTEXT://{HOST}:{node.port},CONTROLLER://{HOST}:{node.controller_port}",
        "advertised.listeners": f"PLAINTEXT://{HOST}:{node.port}",
        "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
    }


def _node(node: Node) -> dict[str, str]:
    return {
        "process.roles": "broker,controller",
        "node.id": str(node.number),
        "controller.listener.names": "CONTROLLER",
        "log.dirs": node.data.as_posix(),
    }


def _secured(node: Node) -> dict[str, str]:
    clients = f"CLIENT://{HOST}:{node.port},MTLS://{HOST}:{node.mutual_port},INTERNAL://{HOST}:{node.internal_port}"
    return {
        **_node(node),
        "listeners": f"{clients},CONTROLLER://{HOST}:{node.controller_port}",
        "advertised.listeners": clients,
        "listener.security.protocol.map": "CLIENT:SASL_SSL,MTLS:SSL,INTERNAL:SSL,CONTROLLER:SSL",
        "inter.broker.listener.name": "INTERNAL",
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": node.certificate.as_posix(),
        "ssl.truststore.type": "PEM",
        "ssl.truststore.location": node.trusted.as_posix(),
        "ssl.client.auth": "required",
        "listener.name.client.ssl.client.auth": "none",
        "ssl.enabled.protocols": "TLSv1.3",
        "ssl.protocol": "TLSv1.3",
        "ssl.principal.mapping.rules": PRINCIPAL_RULES,
        "sasl.enabled.mechanisms": "SCRAM-SHA-512",
        "listener.name.client.sasl.enabled.mechanisms": "SCRAM-SHA-512",
        "listener.name.client.scram-sha-512.sasl.jaas.config": (
            "org.apache.kafka.common.security.scram.ScramLoginModule required;"
        ),
        "connections.max.reauth.ms": str(REAUTHENTICATE_MS),
    }


def _access(nodes: tuple[Node, ...]) -> dict[str, str]:
    return {
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "allow.everyone.if.no.acl.found": "false",
        "super.users": ";".join(f"User:{name}" for name in (*(node.user for node in nodes), ADMIN)),
    }


def _durability(brokers: int) -> dict[str, str]:
    copies, in_sync = str(brokers), "2" if brokers > 1 else "1"
    return {
        "default.replication.factor": copies,
        "min.insync.replicas": in_sync,
        "offsets.topic.replication.factor": copies,
        "transaction.state.log.replication.factor": copies,
        "transaction.state.log.min.isr": in_sync,
        "share.coordinator.state.topic.replication.factor": copies,
        "share.coordinator.state.topic.min.isr": in_sync,
        "unclean.leader.election.enable": "false",
        # Measured on three brokers: a killed leader is replaced after 3.7 s, against 9.2 s with Kafka's defaults.
        "broker.session.timeout.ms": "3000",
        "broker.heartbeat.interval.ms": "500",
        "controller.quorum.fetch.timeout.ms": "1500",
        "controller.quorum.election.timeout.ms": "500",
        "controller.quorum.election.backoff.max.ms": "500",
        "controller.quorum.request.timeout.ms": "1000",
        "replica.lag.time.max.ms": "5000",
    }


_SMALL_MACHINE = {
    # Topics come from the catalogue; a misspelt one must fail instead of coming into being.
    "auto.create.topics.enable": "false",
    "num.partitions": "1",
    "offsets.topic.num.partitions": "4",
    "transaction.state.log.num.partitions": "4",
    "share.coordinator.state.topic.num.partitions": "1",
    "offsets.retention.minutes": str(OFFSETS_RETENTION_MINUTES),
    "group.initial.rebalance.delay.ms": "0",
    "group.min.session.timeout.ms": "1000",
    # An abandoned transaction holds back every reader; looked for each second instead of each ten.
    "transaction.abort.timed.out.transaction.cleanup.interval.ms": "1000",
    # How long anybody's open transaction may hold back the readers of a partition: a publisher may ask for 15 minutes
    # of Kafka's default. The bus's own producers ask for 10 s; who asks for more than this is refused when it begins.
    "transaction.max.timeout.ms": str(TRANSACTION_MS_MAX),
    "message.max.bytes": str(MESSAGE_BYTES_MAX),
    "log.segment.bytes": str(SEGMENT_BYTES),
    "log.index.size.max.bytes": str(INDEX_BYTES),
    "log.cleaner.threads": "1",
    "log.cleaner.dedupe.buffer.size": str(CLEANER_BUFFER_BYTES),
    # Over how many seconds a quota is reckoned: with Kafka's 11 a body that floods may send what it is allowed in ten
    # seconds at once, and is then held back for seconds. A tenfold burst of a sensor net fits into three as well.
    "quota.window.num": "3",
    "num.network.threads": "2",
    "num.io.threads": "4",
}
