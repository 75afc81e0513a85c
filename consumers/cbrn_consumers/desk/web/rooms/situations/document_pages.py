"""The documents of a situation: itself as CAP, and what arrived from abroad, byte for byte."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

from fastapi import APIRouter, Query, Response
from starlette.exceptions import HTTPException

from cbrn_consumers.desk.accounts import Right
from cbrn_consumers.desk.web.rooms.situations.foreign import Arrived, arrived, as_text
from cbrn_consumers.desk.web.visit import Visitor, needs
from cbrn_schemas.errors import BusError

if TYPE_CHECKING:
    from cbrn_consumers.desk.web.visit import Visit
    from cbrn_consumers.standing.reader import Read

CAP_TYPE: Final = "application/cap+xml"
Word = Annotated[str, Query(max_length=200)]

router = APIRouter(dependencies=[needs(Right.READ)])


@router.get("/situations/{name}/cap.xml")
async def cap_of_path(visit: Visitor, name: str, event: Word = "") -> Response:
    """Hand out the latest message about a situation as a CAP document, or the one that is named."""
    return await _cap(visit, name, event)


@router.get("/cap.xml")
async def cap(visit: Visitor, name: Word = "", event: Word = "") -> Response:
    """Hand out the CAP document of a situation whose name no path can hold."""
    return await _cap(visit, name, event)


@router.get("/original")
async def original(visit: Visitor, name: Word = "", event: Word = "") -> Response:
    """Show what a partner sent as text: nothing of it is run, whatever it is."""
    one = await _arrived(visit, name, event)
    content, problem = await _bytes(visit, one)
    text, whole = as_text(content or b"")
    return visit.render(
        "situations/original.html",
        503 if problem else 200,
        situation=name,
        one=one,
        text=text if content is not None else None,
        whole=whole,
        problem=problem,
    )


@router.get("/original/file")
async def original_file(visit: Visitor, name: Word = "", event: Word = "") -> Response:
    """Hand out what a partner sent, byte for byte, as a file that no browser makes anything of."""
    one = await _arrived(visit, name, event)
    content, problem = await _bytes(visit, one)
    if content is None:
        raise HTTPException(503 if problem else 404)
    headers = {"content-disposition": f'attachment; filename="{one.partner}-{one.document.digest[:12]}.xml"'}
    return Response(content, media_type="application/octet-stream", headers=headers)


async def _cap(visit: Visit, name: str, event: str) -> Response:
    from cbrn_consumers.situation.document import document_of  # noqa: PLC0415 - few ask, and it brings its tables

    read = await _read(visit, name)
    alert = read.latest if not event else next((each for each in read.events.values() if each.id == event), None)
    if alert is None:
        raise HTTPException(404)
    try:
        content = document_of(alert, read)
    except BusError:  # a cancellation of what this body was never told: to nobody is there anything to cancel
        raise HTTPException(404) from None
    headers = {"content-disposition": 'attachment; filename="cap.xml"'}
    return Response(content, media_type=CAP_TYPE, headers=headers)


async def _arrived(visit: Visit, name: str, event: str) -> Arrived:
    read = await _read(visit, name)
    found = next((each for each in arrived(read, name) if each.event == event), None)
    if found is None:
        raise HTTPException(404)
    return found


async def _bytes(visit: Visit, one: Arrived) -> tuple[bytes | None, str]:
    """Return the document, or why it is not known whether it is there."""
    try:
        return await visit.desk.bus.original(one.partner, one.document), ""
    except BusError as error:
        return None, f"{error}. {error.hint}"


async def _read(visit: Visit, name: str) -> Read:
    """Read a situation; one that is not shown to the visitor is as one that does not exist."""
    scope = visit.scope.name
    read = None if scope is None or not name else await visit.desk.store.read(scope, name)
    if read is None:
        raise HTTPException(404)
    return read
