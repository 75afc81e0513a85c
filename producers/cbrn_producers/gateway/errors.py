"""What is wrong with a request, beside what is wrong with its events. The base of all is `BusError`."""

from __future__ import annotations

from cbrn_schemas.errors import BusError


class ContentTypeError(BusError, ValueError):
    """Not JSON by its headers."""

    hint = (
        "Send application/json, application/cloudevents+json, application/cloudevents-batch+json or "
        "application/x-ndjson, not compressed."
    )


class SlowBodyError(BusError, TimeoutError):
    """The body did not come in time."""

    hint = "Send it again; on a slow line, fewer events at once."


class BusyError(BusError):
    """Too much is in work at once."""

    hint = "Send it again in a moment, with the same ids."


class AddressError(BusError, ValueError):
    """The request names a host that this gateway does not answer to."""

    hint = "Call it as 127.0.0.1 or localhost; other names need a gateway with --token-file."


class HeadersTooLargeError(BusError, ValueError):
    """More bytes in headers than any event's attributes have."""

    hint = "Put what belongs to the event into its data; headers name and trace it."


class TokenError(BusError, PermissionError):
    """No token, or another one."""

    hint = "Send the header `Authorization: Bearer ...` with the token that stands in the gateway's file."


class NoSuchPathError(BusError, LookupError):
    """Nothing is there to be read."""

    hint = "POST /events takes events; GET /kinds, /schemas/KIND, /openapi.json, /healthz and /readyz can be read."


class UsageError(BusError, ValueError):
    """A parameter that cannot be understood."""

    hint = "Write ?dry-run=true, or leave it out."
