"""What is wrong with a request, beside what is wrong with its events."""

from __future__ import annotations

from http import HTTPStatus

from cbrn_schemas.errors import BusError


class RequestError(BusError):
    """Base of all of them."""

    status = HTTPStatus.SERVICE_UNAVAILABLE


class ContentTypeError(RequestError):
    """Not JSON by its headers."""

    status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE
    hint = (
        "Send application/json, application/cloudevents+json, application/cloudevents-batch+json or "
        "application/x-ndjson, not compressed."
    )


class SlowBodyError(RequestError):
    """The body did not come in time."""

    status = HTTPStatus.REQUEST_TIMEOUT
    hint = "Send it again; on a slow line, fewer events at once."


class BusyError(RequestError):
    """Too much is in work at once."""

    hint = "Send it again in a moment, with the same ids."


class AddressError(RequestError):
    """The request names a host that this gateway does not answer to."""

    status = HTTPStatus.MISDIRECTED_REQUEST
    hint = "Call it as 127.0.0.1 or localhost; other names need a gateway with --token-file."


class HeadersTooLargeError(RequestError):
    """More bytes in headers than any event's attributes have."""

    status = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
    hint = "Put what belongs to the event into its data; headers name and trace it."


class TokenError(RequestError):
    """No token, or another one."""

    status = HTTPStatus.UNAUTHORIZED
    hint = "Send the header `Authorization: Bearer ...` with the token that stands in the gateway's file."


class NoSuchPathError(RequestError):
    """Nothing is there to be read."""

    status = HTTPStatus.NOT_FOUND
    hint = "POST /events takes events; GET /kinds, /schemas/KIND, /openapi.json, /healthz and /readyz can be read."


class UsageError(RequestError):
    """A parameter that cannot be understood."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    hint = "Write ?dry-run=true, or leave it out."
