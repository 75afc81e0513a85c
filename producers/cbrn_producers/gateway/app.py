"""The web application: `POST /events`, and what can be read beside it."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from functools import cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import APIRouter, FastAPI, Header, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from cbrn_producers.errors import TooLargeError
from cbrn_producers.files import Ready, checked, prepare_events
from cbrn_producers.gateway.answers import answer, answer_batch, answer_event, answer_problem
from cbrn_producers.gateway.description import DESCRIPTION, EVENTS, READ, READY, SCHEMA, describe
from cbrn_producers.gateway.errors import ContentTypeError, NoSuchPathError, SlowBodyError, UsageError
from cbrn_producers.gateway.guard import Guard
from cbrn_producers.gateway.reading import Form, form_of, is_batch, read_posted
from cbrn_schemas.contracts import as_text, event_documents
from cbrn_schemas.envelope import HEADER_BYTES_MAX, PAYLOAD_BYTES_MAX
from cbrn_schemas.errors import BusError
from cbrn_schemas.events import EVENT_TYPES, ce_type, lane_of

if TYPE_CHECKING:
    from cbrn_producers.gateway.counter import Counter
    from cbrn_producers.gateway.reading import Posted

EVENT_BYTES_MAX: Final = PAYLOAD_BYTES_MAX + HEADER_BYTES_MAX
"""80 KiB: an event's data, and as many attributes beside them as are carried."""
BATCH_BYTES_MAX: Final = 2 * 1024 * 1024
BODY_WITHIN_S: Final = 10.0
"""A batch comes with 0.2 MB/s; on a slower line it is split."""
DRY_RUN: Final = "dry-run"

router = APIRouter()


def gateway_app(counter: Counter, *, token: str | None = None) -> FastAPI:
    """Make the application that hands in events at a counter; with a token, for those who know it."""
    app = FastAPI(
        title="CBRN Alert Bus: gateway",
        version="1",
        description=DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.counter = counter
    app.add_middleware(Guard, token=token)
    app.include_router(router)
    for kind, handler in ((BusError, _problem), (HTTPException, _no_such_path), (RequestValidationError, _misused)):
        app.add_exception_handler(kind, handler)
    describe(app, token=token is not None)
    return app


@router.post("/events", **EVENTS)
async def post_events(
    request: Request,
    *,
    dry_run: Annotated[bool, Query(alias=DRY_RUN, description="Only check; nothing is sent.")] = False,
    idempotency_key: Annotated[
        str | None,
        Header(description="The id of a plain event. An event that has one, or is in a batch, keeps its own."),
    ] = None,
) -> Response:
    """Publish one event or a batch. Answered when Kafka holds it."""
    if unknown := [name for name in request.query_params if name != DRY_RUN]:  # one misspelt would send the alert
        raise UsageError(f"{unknown[0]}: there is no such parameter; nothing was sent")
    counter = _counter(request)
    async with AsyncExitStack() as work:
        posted = await _posted(request, counter, work)
        if idempotency_key is not None:
            posted = posted.named(idempotency_key.removeprefix('"').removesuffix('"'))
        prepared = list(prepare_events(posted.events, counter.sender, lang=counter.lang))
        outcomes = list(map(checked, prepared)) if dry_run else await counter.publish(prepared)
        ids = [found.outgoing.id if isinstance(found, Ready) else None for found in prepared]
        answered = list(zip(outcomes, ids, strict=True))
        return answer_batch(answered) if posted.batch else answer_event(*answered[0])


@router.get("/kinds", **READ)
async def get_kinds() -> Response:
    """List the kinds of events, with the address of each one's schema."""
    return answer(
        [
            {"kind": kind, "type": ce_type(kind), "lane": lane_of(kind), "schema": f"/schemas/{kind}"}
            for kind in EVENT_TYPES
        ]
    )


@router.get("/schemas/{kind}", **SCHEMA)
async def get_schema(kind: str) -> Response:
    """Return the JSON Schema of a kind."""
    if kind not in EVENT_TYPES:
        raise NoSuchPathError("no such kind", hint="GET /kinds lists them.")
    return Response(_schemas()[kind], media_type="application/schema+json")


@router.get("/healthz", **READ)
async def get_health() -> Response:
    """Tell that the gateway runs."""
    return answer({"status": "ok"})


@router.get("/readyz", **READY)
async def get_readiness(request: Request) -> Response:
    """Tell whether Kafka answers, so that events would be taken."""
    await _counter(request).look()
    return answer({"status": "ok"})


async def _posted(request: Request, counter: Counter, work: AsyncExitStack) -> Posted:
    """Read a request's events; where its body is large, it counts as such until `work` is done."""
    if request.headers.get("content-encoding", "identity") != "identity":
        raise ContentTypeError("the body is compressed")
    form = form_of(request.headers.get("content-type", "").encode())
    body = await _body(request, form, counter, work)
    return read_posted(form, request.headers.raw, body)


async def _body(request: Request, form: Form, counter: Counter, work: AsyncExitStack) -> bytes:
    body = bytearray()
    allowed = EVENT_BYTES_MAX
    try:
        async with asyncio.timeout(BODY_WITHIN_S):
            async for chunk in request.stream():
                body += chunk
                if len(body) > allowed == EVENT_BYTES_MAX and is_batch(form, body):
                    await work.enter_async_context(counter.large())
                    allowed = BATCH_BYTES_MAX
                if len(body) > allowed:
                    raise TooLargeError(
                        f"the body has more than {allowed} bytes",
                        hint="Leave attachments out and give their address instead; split a batch.",
                    )
    except TimeoutError:
        raise SlowBodyError(f"the body did not come within {BODY_WITHIN_S:g} s") from None
    return bytes(body)


@cache
def _schemas() -> dict[str, str]:
    return {document.name.partition(".")[0]: as_text(document.schema) for document in event_documents()}


def _counter(request: Request) -> Counter:
    counter: Counter = request.app.state.counter
    return counter


async def _problem(_request: Request, error: Any) -> Response:
    return answer_problem(error)


async def _no_such_path(_request: Request, error: Any) -> Response:
    """Answer where there is no such path (404), or it takes another method (405)."""
    problem = NoSuchPathError(error.detail)
    problem.status = HTTPStatus(error.status_code)
    response = answer_problem(problem)
    response.headers.update(error.headers or {})
    return response


async def _misused(_request: Request, error: Any) -> Response:
    """Answer where a parameter cannot be understood."""
    first = error.errors()[0]
    return answer_problem(UsageError(f"{first['loc'][-1]}: {first['msg']}"))
