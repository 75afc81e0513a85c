"""What is answered: a receipt, or a problem as RFC 9457 has it, in the words of the command line."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from pydantic import BaseModel
from starlette.responses import Response

from cbrn_producers.errors import RefusedEventError, TooLargeError
from cbrn_producers.files import Refusal
from cbrn_producers.gateway.errors import RequestError
from cbrn_schemas.errors import Reason

if TYPE_CHECKING:
    from cbrn_producers.files import Accepted
    from cbrn_schemas.errors import BusError

PROBLEM: Final = "application/problem+json"
RETRY_AFTER_S: Final = 5
_BY_REASON: Final = {
    Reason.FOREIGN_SOURCE: HTTPStatus.FORBIDDEN,
    Reason.TOO_LARGE: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
}
_HEADERS: Final = {
    HTTPStatus.SERVICE_UNAVAILABLE: {"retry-after": str(RETRY_AFTER_S)},
    HTTPStatus.UNAUTHORIZED: {"www-authenticate": "Bearer"},
}


class Warned(BaseModel):
    """A doubt about an event that is taken all the same."""

    doubt: str
    where: str
    message: str
    hint: str


class Stored(BaseModel):
    """Kafka holds the event (status 201). In a dry run it would be taken (200), and has no place yet."""

    status: int
    id: str
    topic: str | None = None
    partition: int | None = None
    offset: int | None = None
    timestamp: str | None = None
    warnings: list[Warned]


class Problem(BaseModel):
    """Why not (RFC 9457). With 503 the event of this `id` may be stored all the same; sent again it counts once."""

    type: str
    title: str
    status: int
    detail: str
    reason: str
    where: str | None
    message: str
    hint: str
    id: str | None = None


def answer(
    value: object, status: int = HTTPStatus.OK, media_type: str = "application/json", **headers: str
) -> Response:
    """Answer with JSON. Half a character (a lone surrogate), which a text from outside may hold, is written escaped."""
    content = json.dumps(value, ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n"
    return Response(content, status, headers, media_type)


def answer_event(outcome: Accepted | Refusal, event_id: str | None) -> Response:
    """Answer for one event."""
    if isinstance(outcome, Refusal):
        return answer_problem(outcome.error, event_id)
    stored = stored_of(outcome)
    return answer(stored, stored["status"])


def answer_problem(error: BusError, event_id: str | None = None) -> Response:
    """Answer with what speaks against an event or a request."""
    problem = problem_of(error, event_id)
    return answer(problem, problem["status"], PROBLEM, **_HEADERS.get(problem["status"], {}))


def answer_batch(outcomes: list[tuple[Accepted | Refusal, str | None]]) -> Response:
    """Answer for each event of a batch, in their order.

    200 says that each has been answered for; 503, that one at least may be missing: the whole batch is sent again.
    """
    said = [
        problem_of(each.error, event_id) if isinstance(each, Refusal) else stored_of(each)
        for each, event_id in outcomes
    ]
    again = any(one["status"] == HTTPStatus.SERVICE_UNAVAILABLE for one in said)
    status = HTTPStatus.SERVICE_UNAVAILABLE if again else HTTPStatus.OK
    return answer(said, status, **_HEADERS.get(status, {}))


def stored_of(outcome: Accepted) -> dict[str, Any]:
    """Describe an event that Kafka holds, or would be handed."""
    return {"status": HTTPStatus.OK if outcome.receipt is None else HTTPStatus.CREATED, **outcome.as_json()}


def problem_of(error: BusError, event_id: str | None = None) -> dict[str, Any]:
    """Describe what speaks against an event or a request, in the command line's words."""
    status = _status_of(error)
    problem = {
        "type": "about:blank",
        "title": status.phrase,
        "status": status,
        "detail": str(error),
        **error.as_json(),
    }
    return problem if event_id is None else problem | {"id": event_id}


def _status_of(error: BusError) -> HTTPStatus:
    """Tell the sender's faults; what else goes wrong is none: 503, try again with the same id."""
    if isinstance(error, RefusedEventError):
        return _BY_REASON.get(error.reason, HTTPStatus.UNPROCESSABLE_ENTITY)
    if isinstance(error, TooLargeError):
        return HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    return error.status if isinstance(error, RequestError) else HTTPStatus.SERVICE_UNAVAILABLE
