"""Messages of the AsyncAPI document: headers, keys and payloads of what stands in the topics."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from cbrn_schemas import records
from cbrn_schemas.envelope import PAYLOAD_BYTES_MAX
from cbrn_schemas.errors import Doubt, Reason

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cbrn_schemas.contracts.documents import Document

BINDING_VERSION: Final = "0.5.0"
"""Of the AsyncAPI Kafka bindings."""
JSON: Final = "application/json"
SCHEMAS: Final = "../json"
"""Folder of the JSON Schemas, as seen from the AsyncAPI document."""

_IDENTIFIER: Final = {"type": "string", "minLength": 1, "maxLength": 128}
_TIME: Final = {"type": "string", "format": "date-time"}
_CODES: Final = {"type": "string", "description": "Codes, comma-separated."}
_DECIMAL: Final = {"type": "string", "pattern": "^[0-9]+$"}
# The word «schema» of a header: every value travels as UTF-8 text.

_CLOUDEVENT: Final[dict[str, Any]] = {
    "ce_specversion": {"type": "string", "const": "1.0"},
    "ce_id": {**_IDENTIFIER, "description": "Unique for its source; a resent event keeps its id and is counted once."},
    "ce_source": {
        "type": "string",
        "pattern": "^/[a-z][a-z0-9-]*(/.*)?$",
        "maxLength": 256,
        "description": "`/<body>` or `/<body>/<system>`; the body is the topic's.",
    },
    "ce_type": {"type": "string", "description": "`kg.cbrn.<family>.<kind>.<version>`."},
    "ce_time": {**_TIME, "description": "When the event was published, RFC 3339."},
    "ce_subject": {"type": "string"},
    "ce_dataschema": {"type": "string", "format": "uri", "description": "`$id` of the type's JSON Schema."},
    "traceparent": {"type": "string", "description": "W3C Trace Context."},
    "content-type": {"type": "string", "const": JSON},
}
_DELIVERY: Final[dict[str, Any]] = {
    records.ROLE: {"type": "string", "enum": ["lead", "support", "inform"]},
    records.RULE: {**_CODES, "description": f"Rules that named the body; `{records.EARLIER_RECIPIENT}` if none did."},
    records.ACKNOWLEDGE_BY: {**_TIME, "description": "Incidents only. Absent: no answer is asked for."},
    records.LEVEL: {**_DECIMAL, "description": "Escalation level. Absent: 0."},
    records.WARNINGS: {**_CODES, "description": f"What is doubtful; an open list, now: {', '.join(Doubt)}."},
    records.RESTRICTED: {"type": "string", "const": "true", "description": "For named duty officers only."},
    records.RULEBOOK: {"type": "string", "pattern": "^[0-9a-f]{12}$"},
    records.PLACE: {"type": "string", "description": "District, else region, else country; empty where unknown."},
}
_QUARANTINE: Final[dict[str, Any]] = {
    records.REASON: {"type": "string", "description": f"An open list, now: {', '.join(Reason)}."},
    records.WHERE: {"type": "string", "description": "Field in dotted form, `header:<name>` or `value`."},
    records.MESSAGE: {"type": "string"},
    records.HINT: {"type": "string", "description": "What to do."},
    records.ORIGIN_TOPIC: {"type": "string"},
    records.ORIGIN_PARTITION: _DECIMAL,
    records.ORIGIN_OFFSET: _DECIMAL,
    records.ORIGIN_KEY: {"type": "string", "contentEncoding": "base64", "description": "Empty: the record had no key."},
    records.QUARANTINED_AT: _TIME,
    records.STATE: {
        "type": "string",
        "enum": ["released", "refused"],
        "description": "On the record that answers a person's decision on the first: done, or refused, with message "
        "and hint.",
    },
    records.DECISION: {**_IDENTIFIER, "description": "Id of that decision."},
    records.RELEASED_BY: {"type": "string"},
    records.RELEASED_AT: _TIME,
}

HEADERS: Final[dict[str, Any]] = {
    "CloudEventHeaders": {
        "type": "object",
        "description": "CloudEvents 1.0.2, Kafka binding, binary mode. Headers beginning `cbrn_` are the bus's own; "
        "a publisher's are left out, with a warning.",
        "required": ["ce_specversion", "ce_id", "ce_source", "ce_type"],
        "properties": _CLOUDEVENT,
    },
    "DeliveryHeaders": {
        "type": "object",
        "description": "What the router says to the body that is told. The event's own headers stand beside them.",
        "required": [records.ROLE, records.RULE, records.RULEBOOK, records.PLACE],
        "properties": _DELIVERY,
    },
    "OutboundHeaders": {
        "type": "object",
        "required": [records.PARTNER],
        "properties": {
            records.PARTNER: {"type": "string", "description": "For whom the copy waits until a person releases it."}
        },
    },
    "QuarantineHeaders": {
        "type": "object",
        "description": "Where the record came from, what was wrong, what to do. Its own headers stand beside them.",
        "required": [records.ORIGIN_TOPIC, records.ORIGIN_PARTITION, records.ORIGIN_OFFSET],
        "properties": _QUARANTINE,
    },
}
"""Schemas of headers, by name."""

INCIDENT_KEY: Final = {**_IDENTIFIER, "description": "The situation: all about it stays in order and in one shard."}
READING_KEY: Final = {**_IDENTIFIER, "description": "The station."}
_EITHER_KEY: Final = {**_IDENTIFIER, "description": "Situation of an incident, station of a reading."}


def reference(*path: str) -> dict[str, str]:
    """A reference within the document."""
    return {"$ref": "#/" + "/".join(part.replace("~", "~0").replace("/", "~1") for part in path)}


def payload(document: Document) -> dict[str, str]:
    """A reference to the type's JSON Schema."""
    return {"$ref": f"{SCHEMAS}/{document.name}.json"}


def event_messages(documents: Sequence[Document]) -> dict[str, Any]:
    """For each kind two messages: as an agency publishes it, and as a body that is told receives it."""
    messages: dict[str, Any] = {}
    for document in documents:
        kind = document.name.rpartition(".")[0]
        key = INCIDENT_KEY if is_incident(document) else READING_KEY
        summary = document.schema.get("description", kind).partition("\n")[0]
        constant = {"type": "object", "properties": {"ce_type": {"type": "string", "const": document.ce_type}}}
        headers: list[dict[str, Any]] = [reference("components", "schemas", "CloudEventHeaders"), constant]
        delivery = reference("components", "schemas", "DeliveryHeaders")
        messages[published(document)] = _message(document.ce_type, summary, headers, payload(document), key)
        messages[delivered(document)] = _message(
            document.ce_type, summary, [*headers, delivery], payload(document), key
        )
    return messages


def published(document: Document) -> str:
    """Name of the message in which an agency publishes the type."""
    return document.name


def delivered(document: Document) -> str:
    """Name of the message in which a body receives the type."""
    return f"{document.name}.delivered"


def is_incident(document: Document) -> bool:
    """Whether the type travels on the lane of incidents."""
    return document.ce_type is not None and document.ce_type.split(".")[2] == "incident"


def bus_messages(alarm: Document, decision: Document, events: Sequence[Document]) -> dict[str, Any]:
    """What the bus itself writes, and what it takes from agencies in another form."""
    cloudevent = reference("components", "schemas", "CloudEventHeaders")
    delivery = reference("components", "schemas", "DeliveryHeaders")
    outbound = reference("components", "schemas", "OutboundHeaders")
    quarantine = reference("components", "schemas", "QuarantineHeaders")
    origin = {"type": "string", "description": "`<topic>/<partition>/<offset>` of the record that was set aside."}
    return {
        "structured-event": _structured(events),
        alarm.name: _message(
            alarm.ce_type, "An incident lies in quarantine: nobody could read it.", [cloudevent], payload(alarm), origin
        ),
        decision.name: _message(
            None, "Who was told of an event, in which role and by which rules.", [], payload(decision), _EITHER_KEY
        ),
        "outbound-copy": _message(
            None,
            "A copy for a partner abroad, held until a named person releases it.",
            [cloudevent, delivery, outbound],
            {"oneOf": [payload(event) for event in events]},
            _EITHER_KEY,
        ),
        "quarantined-record": _message(
            None, "A record as it came, with the reason why it was set aside.", [quarantine], {}, origin
        )
        | {"contentType": "application/octet-stream"},
        "router-state": _message(
            None, "What a shard remembers. For the router alone; its form may change.", [], {}, {"type": "string"}
        ),
        "misplaced-record": _message(
            None,
            "A record as it came, and behind its own headers where it came from. For the routers alone; may change.",
            [],
            {},
            _EITHER_KEY,
        ),
    }


def silence_messages(silences: Sequence[Document]) -> dict[str, Any]:
    """A silence and its early end, as a body writes them for itself."""
    return _of_body(silences, "The silence's id.")


def decision_messages(decisions: Sequence[Document]) -> dict[str, Any]:
    """What a body's persons decide."""
    return _of_body(decisions, "The decision's id.")


def _of_body(documents: Sequence[Document], keyed_by: str) -> dict[str, Any]:
    key = {**_IDENTIFIER, "description": keyed_by}
    headers = [reference("components", "schemas", "CloudEventHeaders")]
    return {
        each.name: _message(each.ce_type, each.schema["description"].partition("\n")[0], headers, payload(each), key)
        for each in documents
    }


def rulebook_messages(activation: Document, status: Document) -> dict[str, Any]:
    """A rule book put into force, and what a router says of it."""
    key = {"type": "string", "pattern": "^[0-9]{10}$", "description": "The sequence number in ten digits."}
    router = {"type": "string", "description": "The router's name. An empty value takes its report away."}
    return {
        activation.name: _message(None, "A rule book put into force by two persons.", [], payload(activation), key),
        status.name: _message(None, "What a router says of the rule books.", [], payload(status), router),
    }


def duty_messages(duties: Sequence[Document]) -> dict[str, Any]:
    """The alarm about an overdue duty, and the records of the log of duties."""
    headers = [reference("components", "schemas", "CloudEventHeaders")]
    key = {"type": "string", "description": "The duty's id, `<situation>/<rule>`."}
    return {
        duty.name: _message(
            duty.ce_type,
            duty.schema["description"].partition("\n")[0],
            headers if duty.ce_type else [],
            payload(duty),
            key,
        )
        for duty in duties
    }


def _structured(events: Sequence[Document]) -> dict[str, Any]:
    types = {"type": "string", "enum": [event.ce_type for event in events]}
    value = {
        "type": "object",
        "required": ["id", "source", "type", "specversion", "data"],
        "properties": {
            "id": _CLOUDEVENT["ce_id"],
            "source": _CLOUDEVENT["ce_source"],
            "type": types,
            "specversion": _CLOUDEVENT["ce_specversion"],
            "time": _CLOUDEVENT["ce_time"],
            "subject": _CLOUDEVENT["ce_subject"],
            "dataschema": _CLOUDEVENT["ce_dataschema"],
            "datacontenttype": {"type": "string", "const": JSON},
            "data": {"oneOf": [payload(event) for event in events]},
        },
    }
    content_type = {"type": "string", "pattern": r"^application/cloudevents\+json"}
    headers = {"type": "object", "required": ["content-type"], "properties": {"content-type": content_type}}
    message = _message(
        None, "Any event in structured mode; the router turns it into binary mode.", [headers], value, _EITHER_KEY
    )
    return message | {"contentType": "application/cloudevents+json"}


def _message(
    name: str | None, summary: str, headers: list[dict[str, Any]], body: dict[str, Any], key: dict[str, Any]
) -> dict[str, Any]:
    message: dict[str, Any] = {
        "summary": summary,
        "contentType": JSON,
        "payload": body,
        "bindings": {"kafka": {"key": key, "bindingVersion": BINDING_VERSION}},
    }
    if name is not None:
        message["name"] = name
        message["description"] = f"At most {PAYLOAD_BYTES_MAX} bytes."
    if headers:
        message["headers"] = headers[0] if len(headers) == 1 else {"type": "object", "allOf": headers}
    return message
