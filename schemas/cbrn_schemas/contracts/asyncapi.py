"""The AsyncAPI 3.0 document: which topics there are, who writes and reads them, under which keys, headers and groups.

Made from the catalogue of bodies, the topics' names and the JSON Schemas. One document for three parties: the tag of an
operation says whose it is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from cbrn_schemas.catalogue.bodies import bodies
from cbrn_schemas.contracts.asyncapi_messages import (
    BINDING_VERSION,
    HEADERS,
    bus_messages,
    decision_messages,
    delivered,
    duty_messages,
    event_messages,
    is_incident,
    published,
    reference,
    rulebook_messages,
    silence_messages,
)
from cbrn_schemas.silence import STREAM
from cbrn_schemas.topics import DECISIONS, Lane, Realm, router_group

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cbrn_schemas.contracts.documents import Document

ASYNCAPI_VERSION: Final = "3.0.0"
OF_RECEIVERS: Final = frozenset({f"from.{{body}}.{STREAM}", f"from.{{body}}.{DECISIONS}"})
"""Who is told may quieten its inbox and decide, also where it publishes nothing else."""
_WHO: Final = {
    "agency": "Who publishes: a ministry, a service, a laboratory.",
    "ministry": "Who is told.",
    "router": "The bus's own process.",
    "clerk": "The bus's clerk of duties.",
    "keeper": "The bus's keeper of the quarantine.",
}


@dataclass(frozen=True, slots=True)
class StreamShape:
    """How the topics of one pattern are kept."""

    partitions: int
    replicas: int
    configuration: Mapping[str, str]
    """Kafka's own names and values, as text."""


@dataclass(frozen=True, slots=True)
class _Stream:
    """A pattern of topic names."""

    name: str
    address: str
    description: str
    messages: tuple[str, ...] = ()


def asyncapi_document(
    events: Sequence[Document],
    alarm: Document,
    decision: Document,
    *,
    silences: Sequence[Document],
    decisions: Sequence[Document],
    activation: Document,
    status: Document,
    duties: Sequence[Document],
    shapes: Mapping[str, StreamShape],
) -> dict[str, Any]:
    """The whole document. `shapes` by address pattern without the realm: `from.{body}.incidents`.

    Raises:
        KeyError: no shape is given for a pattern.
    """
    books = activation, status
    streams = _streams(events, alarm, decision, silences=silences, decisions=decisions, books=books, duties=duties)
    return {
        "asyncapi": ASYNCAPI_VERSION,
        "info": _info(events),
        "defaultContentType": "application/json",
        "servers": _servers(),
        "channels": {stream.name: _channel(stream, shapes[stream.address]) for stream in streams},
        "operations": _operations({stream.name: stream for stream in streams}),
        "components": {
            "schemas": HEADERS,
            "messages": {
                **event_messages(events),
                **bus_messages(alarm, decision, events),
                **silence_messages(silences),
                **decision_messages(decisions),
                **rulebook_messages(activation, status),
                **duty_messages(duties),
            },
            "parameters": _parameters(),
            "securitySchemes": {
                "certificate": {"type": "X509", "description": "Mutual TLS: the process's own certificate."},
                "password": {"type": "scramSha512", "description": "SASL over TLS."},
            },
        },
    }


def _info(events: Sequence[Document]) -> dict[str, Any]:
    versions = {int(event.name.rpartition(".v")[2]) for event in events}
    return {
        "title": "CBRN Alert Bus",
        "version": f"{max(versions)}.0.0",
        "description": "Event bus on which the state agencies of the Kyrgyz Republic warn one another of chemical, "
        "biological, radiological and nuclear danger.\n\nA topic's name is its access rule: a body writes only under "
        "`<realm>.from.<body>.` and reads only under `<realm>.to.<body>.`. Readers leave out members that they do not "
        "know, and read only what is committed (`isolation.level=read_committed`).\n\nA record's partition follows "
        "from its key by Kafka's murmur2, as Java's clients place it; librdkafka (C, Go, .NET, Node, kcat) does so "
        "with `partitioner=murmur2_random`. What lies elsewhere is routed once all the same, with the warning "
        "`partition-differs`. The version is that of the newest type.",
        "license": {"name": "Apache-2.0"},
        "tags": [{"name": name, "description": text} for name, text in _WHO.items()],
    }


def _servers() -> dict[str, Any]:
    variables = {"host": {"description": "Of any broker."}, "port": {"default": "9092"}}
    open_server = {"host": "{host}:{port}", "pathname": "", "protocol": "kafka", "variables": variables}
    return {
        "embedded": {
            **open_server,
            "description": "The broker that `cbrn kafka start` and `cbrn up` run, on this machine only.",
            "variables": {"host": {"default": "127.0.0.1"}, "port": {"default": "9092"}},
        },
        "cluster": {
            **open_server,
            "protocol": "kafka-secure",
            "description": "A cluster: TLS, and a certificate or SCRAM.",
            "security": [reference("components", "securitySchemes", name) for name in ("certificate", "password")],
        },
    }


def _streams(
    events: Sequence[Document],
    alarm: Document,
    decision: Document,
    *,
    silences: Sequence[Document],
    decisions: Sequence[Document],
    books: tuple[Document, Document],
    duties: Sequence[Document],
) -> list[_Stream]:
    incidents = [event for event in events if is_incident(event)]
    readings = [event for event in events if not is_incident(event)]
    activation, status = books
    later = "Reserved: nothing is written here yet."
    return [
        _Stream(
            "incidentsFromBody",
            "from.{body}.incidents",
            "What has happened, as a body publishes it.",
            (*map(published, incidents), "structured-event"),
        ),
        _Stream(
            "readingsFromBody",
            "from.{body}.monitoring",
            "What was measured or counted, as a body publishes it.",
            (*map(published, readings), "structured-event"),
        ),
        _Stream("receiptsFromBody", "from.{body}.receipts", f"What a body answers to an alert. {later}"),
        _Stream(
            "silencesOfBody",
            f"from.{{body}}.{STREAM}",
            "What a body's duty officers need not be shown for a while, by whom, why and until when. It hides from "
            "their inbox only, never from a topic. The body itself reads it back.",
            tuple(silence.name for silence in silences),
        ),
        _Stream(
            "decisionsOfBody",
            f"from.{{body}}.{DECISIONS}",
            "What a body's persons decide: a duty released or answered, a quarantined record released. It changes "
            "nothing by itself: the bus's processes check it, apply it once, and answer with its id.",
            tuple(each.name for each in decisions),
        ),
        _Stream(
            "alertsToBody",
            "to.{body}.alerts",
            "Incidents that a body is told of; alarms about what nobody could read, and about overdue duties.",
            (*map(delivered, incidents), alarm.name, *(duty.name for duty in duties if duty.ce_type)),
        ),
        _Stream(
            "readingsToBody",
            "to.{body}.monitoring",
            "Readings that a body is told of.",
            tuple(map(delivered, readings)),
        ),
        _Stream("decisions", "bus.decisions", "One record an event: who was told and why.", (decision.name,)),
        _Stream("quarantine", "bus.quarantine", "What could not be understood or trusted.", ("quarantined-record",)),
        _Stream("outbound", "bus.outbound", "Copies for partners abroad, held for release.", ("outbound-copy",)),
        _Stream(
            "duties",
            "bus.duties",
            "What frameworks ask of the country, and how far it has come: a log, whose records together are the state.",
            tuple(duty.name for duty in duties if not duty.ce_type),
        ),
        _Stream(
            "rulebook",
            "bus.rulebook",
            "Rule books that two persons have put into force, in partition 0, for good. Of those that are signed as "
            "they must be and pass their check, the one with the highest number is in force.",
            (activation.name,),
        ),
        _Stream(
            "rulebookStatus",
            "bus.rulebook-status",
            "Which rule book each router decides by, and which it refused and why; repeated every 20 seconds, by the "
            "router's name. For people: no router obeys it. Who has left is taken away, or falls out after a day.",
            (status.name,),
        ),
        _Stream("routerState", "bus.state-{lane}", "What the routers of a lane remember.", ("router-state",)),
        _Stream(
            "misplaced",
            "bus.misplaced-{lane}",
            "Records that lay in another partition than that of their situation, on their way to the router that "
            "remembers it. For the routers alone.",
            ("misplaced-record",),
        ),
    ]


def _channel(stream: _Stream, shape: StreamShape) -> dict[str, Any]:
    used = re.findall(r"\{(\w+)\}", stream.address)
    party = {"from": "publisher", "to": "receiver"}.get(stream.address.partition(".")[0], "")
    if stream.address in OF_RECEIVERS:
        party = "receiver"
    parameters = {name: reference("components", "parameters", party if name == "body" else name) for name in used}
    return {
        "address": f"{{realm}}.{stream.address}",
        "description": stream.description,
        "parameters": {"realm": reference("components", "parameters", "realm"), **parameters},
        "messages": {name: reference("components", "messages", name) for name in stream.messages},
        "bindings": {
            "kafka": {
                "partitions": shape.partitions,
                "replicas": shape.replicas,
                "topicConfiguration": _configuration(shape.configuration),
                "bindingVersion": BINDING_VERSION,
            }
        },
    }


_NUMBERS: Final = ("retention.ms", "retention.bytes", "delete.retention.ms", "max.message.bytes")
"""Settings of a topic that the binding knows, beside its clean-up policy."""


def _configuration(given: Mapping[str, str]) -> dict[str, Any]:
    shown: dict[str, Any] = {name: int(given[name]) for name in _NUMBERS if name in given}
    return {"cleanup.policy": given["cleanup.policy"].split(","), **shown}


def _parameters() -> dict[str, Any]:
    writers = [code for code, body in bodies().items() if body.publishes]
    readers = [code for code, body in bodies().items() if body.receives]
    dated = "Codes of the catalogue, former and future bodies included."
    return {
        "realm": {
            "enum": list(map(str, Realm)),
            "default": str(Realm.REAL),
            "description": "Real and exercise never meet.",
        },
        "publisher": {"enum": sorted(writers), "description": f"Who publishes. {dated}"},
        "receiver": {"enum": sorted(readers), "description": f"Who is told. {dated}"},
        "lane": {"enum": list(map(str, Lane)), "description": "Incidents or monitoring."},
    }


_OPERATIONS: Final = (
    ("publishIncident", "send", "incidentsFromBody", "agency", "Say that something happened."),
    ("publishReading", "send", "readingsFromBody", "agency", "Say what was measured."),
    ("receiveAlerts", "receive", "alertsToBody", "ministry", "Be told of incidents, and of what nobody could read."),
    ("receiveReadings", "receive", "readingsToBody", "ministry", "Be told of readings."),
    ("declareSilence", "send", "silencesOfBody", "ministry", "Declare a silence, or end one early."),
    ("heedSilences", "receive", "silencesOfBody", "ministry", "Read the body's own silences, all of them."),
    ("decide", "send", "decisionsOfBody", "ministry", "Release or answer a duty, release a quarantined record."),
    ("routeIncidents", "receive", "incidentsFromBody", "router", "Take incidents of every body in."),
    ("routeReadings", "receive", "readingsFromBody", "router", "Take readings of every body in."),
    ("deliverAlerts", "send", "alertsToBody", "router", "Tell each body that the rule book names."),
    ("deliverReadings", "send", "readingsToBody", "router", "Tell each body that the rule book names."),
    ("recordDecisions", "send", "decisions", "router", "Write down who was told and why."),
    ("setAside", "send", "quarantine", "router", "Keep what could not be understood, with the remedy."),
    ("holdForPartners", "send", "outbound", "router", "Keep copies for partners until a person releases them."),
    ("followRuleBooks", "receive", "rulebook", "router", "Verify each book that is put into force, then decide by it."),
    ("reportRuleBooks", "send", "rulebookStatus", "router", "Say which book is in force here, and what was refused."),
    ("raiseDuties", "send", "duties", "router", "Write down what the country owes to others because of an event."),
    ("keepDuties", "receive", "duties", "clerk", "Draft what is raised, and see what has become overdue."),
    ("draftDuties", "send", "duties", "clerk", "Write down drafts, and that an alarm went out."),
    ("remindOfDuties", "send", "alertsToBody", "clerk", "Say once that a duty's time has run out."),
    ("heedDutyDecisions", "receive", "decisionsOfBody", "clerk", "Check what is decided on duties."),
    ("answerDutyDecisions", "send", "duties", "clerk", "Write down what was decided, and that it was applied or not."),
    ("heedReleases", "receive", "decisionsOfBody", "keeper", "Check what is decided on quarantined records."),
    ("answerReleases", "send", "quarantine", "keeper", "Say of each decision that it was applied, or why not."),
    ("giveBackIncident", "send", "incidentsFromBody", "keeper", "Put a record back where it came from."),
    ("giveBackReading", "send", "readingsFromBody", "keeper", "Put a record back where it came from."),
    ("rememberState", "send", "routerState", "router", "Remember ids seen, situations and whom they reached."),
    ("restoreState", "receive", "routerState", "router", "Read it back when a shard is taken over."),
    ("passOn", "send", "misplaced", "router", "Pass a record on to the shard of its situation."),
    ("takeOver", "receive", "misplaced", "router", "Judge it as if it had lain in the right partition."),
)
"""Name, action, channel, whose it is, what it does."""

_ROUTED: Final = {"routeIncidents": Lane.INCIDENTS, "routeReadings": Lane.MONITORING}


def _operations(streams: Mapping[str, _Stream]) -> dict[str, Any]:
    operations: dict[str, Any] = {}
    for name, action, channel, party, summary in _OPERATIONS:
        stream = streams[channel]
        operations[name] = {
            "action": action,
            "channel": reference("channels", channel),
            "summary": summary,
            "tags": [{"name": party}],
            "messages": [reference("channels", channel, "messages", message) for message in stream.messages],
            "bindings": {"kafka": {**_group(name, stream), "bindingVersion": BINDING_VERSION}},
        }
    return operations


def _group(operation: str, stream: _Stream) -> dict[str, Any]:
    """The consumer group of an operation that has one."""
    lane = _ROUTED.get(operation)
    if lane is not None:
        return {"groupId": {"type": "string", "enum": [router_group(realm, lane) for realm in Realm]}}
    if operation.startswith("receive"):
        realms = "|".join(re.escape(realm) for realm in Realm)
        return {
            "groupId": {
                "type": "string",
                "pattern": rf"^({realms})\.to\.[a-z][a-z0-9-]*\..+$",
                "description": "Begins as the body's topics do: `<realm>.to.<body>.<name>`, so that one prefixed rule "
                f"covers both. Processes of one name share {stream.address}.",
            }
        }
    return {}
