"""What the OpenAPI document says beyond what FastAPI finds by itself: bodies by content type, and problems."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from cbrn_producers.gateway.answers import PROBLEM, Problem, Stored
from cbrn_schemas.events import EVENT_TYPES, ce_type

if TYPE_CHECKING:
    from fastapi import FastAPI

DESCRIPTION: Final = """Publishes events of one body on the CBRN Alert Bus.

An answer of success means that Kafka holds the event. The same event may be sent again: an id counts once. Each kind's
JSON Schema is at `/schemas/KIND`; `GET /kinds` lists them."""

_PROBLEMS: Final = {
    403: "The event is of another body.",
    404: "There is no such kind.",
    408: "The body did not come in time.",
    413: "More bytes, or more events, than are carried.",
    415: "Not JSON by its content type.",
    422: "The event would be set aside by the bus: what, where, and what to do.",
    503: "Not acknowledged: send it again with the same id.",
    431: "More bytes of headers than are carried.",
    401: "The gateway asks for a token.",
    421: "The request names another host.",
}


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Describe what may be answered instead; the last three wherever a gateway is asked."""
    return {
        status: {
            "description": _PROBLEMS[status],
            "content": {PROBLEM: {"schema": _ref("Problem")}},
        }
        for status in (*statuses, 401, 421, 431)
    }


_PLAIN: Final = {
    "type": "object",
    "description": "A plain event; its kind's schema is at /schemas/KIND.",
    "required": ["kind", "body"],
    "properties": {"kind": {"enum": list(EVENT_TYPES)}, "body": {"type": "string"}},
}
_CLOUD_EVENT: Final = {
    "type": "object",
    "description": "A structured CloudEvent 1.0.",
    "required": ["specversion", "id", "source", "type", "data"],
    "properties": {
        "specversion": {"const": "1.0"},
        "id": {"type": "string", "minLength": 1, "maxLength": 128},
        "source": {"type": "string", "pattern": "^/"},
        "type": {"enum": [ce_type(kind) for kind in EVENT_TYPES]},
        "data": _ref("PlainEvent"),
    },
}
_BODY: Final = {
    "required": True,
    "content": {
        "application/json": {"schema": {"anyOf": [_ref("PlainEvent"), {"type": "array", "items": _ref("PlainEvent")}]}},
        "application/cloudevents+json": {"schema": _ref("CloudEvent")},
        "application/cloudevents-batch+json": {"schema": {"type": "array", "items": _ref("CloudEvent")}},
        "application/x-ndjson": {"schema": {"type": "string", "description": "An event a line, plain or structured."}},
    },
}
_EACH: Final = {"type": "array", "items": {"anyOf": [_ref("Stored"), _ref("Problem")]}}

EVENTS: Final[dict[str, Any]] = {
    "status_code": 201,
    "openapi_extra": {"requestBody": _BODY},
    "responses": {
        **_problems(403, 408, 413, 415, 422, 503),
        201: {"model": Stored, "description": "Kafka holds the event."},
        200: {
            "description": "A batch: each event with its own status, in order. A dry run: what would be answered.",
            "content": {"application/json": {"schema": {"anyOf": [_EACH, _ref("Stored")]}}},
        },
    },
}
EVENTS["responses"][503]["content"]["application/json"] = {"schema": _EACH}  # of a batch
READ: Final[dict[str, Any]] = {"responses": _problems()}
READY: Final[dict[str, Any]] = {"responses": _problems(503)}
SCHEMA: Final[dict[str, Any]] = {
    "responses": {
        **_problems(404),
        200: {"content": {"application/schema+json": {"schema": {"type": "object"}}}},
    }
}


def describe(app: FastAPI, *, token: bool) -> None:
    """Add to the document that FastAPI made what it could not know."""
    document = app.openapi()  # made once, and kept by it
    parts = document["components"]
    parts["schemas"] |= {"Problem": Problem.model_json_schema(), "PlainEvent": _PLAIN, "CloudEvent": _CLOUD_EVENT}
    if token:
        parts["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
        document["security"] = [{"token": []}]
