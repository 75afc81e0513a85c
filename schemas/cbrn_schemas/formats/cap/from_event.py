"""An event of ours as a CAP alert: an info block a language, and a parameter for each field without an element.

Nothing is lost: `to_event.event_of` makes the same event of the document again. A parameter is called
`kg.cbrn:<field>`, its value is the field's JSON; they stand in the first info block. What an element holds exactly is
not said twice.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from cbrn_schemas.catalogue.naming import body_name
from cbrn_schemas.catalogue.words import word
from cbrn_schemas.events.base import Incident, Monitoring
from cbrn_schemas.events.kinds import ce_type
from cbrn_schemas.formats.cap import lexical
from cbrn_schemas.formats.cap.area import Places
from cbrn_schemas.formats.cap.coding import OET, PARAMETER, TYPE, codings
from cbrn_schemas.formats.cap.model import CapAlert, Info, Pair
from cbrn_schemas.formats.cap.wording import LANGUAGES, faithful, wording
from cbrn_schemas.formats.faults import error

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from cbrn_schemas.events import AnyEvent
    from cbrn_schemas.events.base import Language
    from cbrn_schemas.formats.cap.area import Outline
    from cbrn_schemas.formats.cap.coding import Coding
    from cbrn_schemas.formats.cap.model import CapMessageType, Reference, Scope

TEXT: Final = f"{PARAMETER}text"
"""Which texts of its info block are the publisher's own: a JSON list of `headline`, `description`, `instruction`."""
DOMAIN: Final = "cbrn.kg"
"""The bus's name in the order of the DNS: its events' types begin with it the other way round."""
_FOLLOWS: Final = frozenset({"Update", "Cancel"})
"""Messages that must name an earlier one."""


def sender_of(body: str, domain: str = DOMAIN) -> str:
    """Return the `sender` of a body's alerts: `mes@cbrn.kg`."""
    return f"{body}@{domain}"


def alert_of(
    event: AnyEvent,
    *,
    identifier: str,
    sender: str,
    sent: datetime,
    references: tuple[Reference, ...] = (),
    scope: Scope | None = None,
    restriction: str | None = None,
    addresses: tuple[str, ...] = (),
    expires: datetime | None = None,
    outline: Outline | None = None,
) -> CapAlert:
    """Make the alert of an event. `identifier` is the event's id, `sent` when this message is sent.

    `references` are all earlier messages of the situation that the same readers got. An update whose readers got none
    is their first message, hence an Alert. Without `scope` the event's TLP decides: CLEAR is Public, AMBER and RED are
    Private where there are `addresses`, all else is Restricted with the TLP as its restriction. `outline` draws
    districts.

    Raises:
        FormatError: a cancellation without references, which cancels nothing that a reader could find.
    """
    scope = scope or _scope(event, addresses)
    msg_type = _msg_type(event, references)
    situation: str | None = getattr(event, "situation", None)
    return CapAlert(
        identifier=lexical.identifier(identifier),
        sender=sender,
        sent=sent,
        status=event.status,
        msg_type=msg_type,
        source=event.station if isinstance(event, Monitoring) else None,
        scope=scope,
        restriction=(restriction or f"TLP:{event.tlp}") if scope == "Restricted" else None,
        addresses=addresses,
        note=_note(event),
        references=references,
        incidents=() if situation is None else (situation,),
        infos=_infos(event, msg_type, references, expires, outline),
    )


def _scope(event: AnyEvent, addresses: tuple[str, ...]) -> Scope:
    if event.tlp == "CLEAR":
        return "Public"
    return "Private" if addresses and event.tlp != "GREEN" else "Restricted"


def _msg_type(event: AnyEvent, references: tuple[Reference, ...]) -> CapMessageType:
    if not isinstance(event, Incident):
        return "Alert"
    if references or event.message_type not in _FOLLOWS:
        return event.message_type
    if event.message_type == "Update":
        return "Alert"
    raise error(
        "references-missing",
        "the event cancels earlier ones, and of none it is known when it was sent",
        "Give the earlier messages; who got none of them needs no cancellation.",
        where="alert/references",
    )


def _note(event: AnyEvent) -> str | None:
    """Say in three languages that it is not real."""
    if event.status == "Actual":
        return None
    return " / ".join(word("status", event.status, lang) for lang in LANGUAGES)


def _infos(
    event: AnyEvent,
    msg_type: CapMessageType,
    references: tuple[Reference, ...],
    expires: datetime | None,
    outline: Outline | None,
) -> tuple[Info, ...]:
    places = Places(event.where, getattr(event, "zone", None), outline)
    coding = codings()[event.kind]
    codes = _codes(event, coding)
    fields = _parameters(event, msg_type, references)
    cancelled = msg_type == "Cancel"
    contact = lexical.writable(getattr(event, "contact", None) or "") or None

    def info(lang: Language, parameters: tuple[Pair, ...]) -> Info:
        area = places.area(lang)
        words = wording(event, lang, area.desc)
        own = (Pair(TEXT, json.dumps(words.own)),) if words.own else ()
        return Info(
            language=LANGUAGES[lang],
            categories=coding.categories,
            event=word("kind", event.kind, lang),
            response_types=("AllClear",) if cancelled else coding.response_types,
            urgency=event.urgency,
            severity=event.severity,
            certainty=event.certainty,
            event_codes=codes,
            effective=event.reported,
            onset=event.observed,
            expires=expires,
            sender_name=body_name(event.body, lang),
            headline=words.headline,
            description=words.description,
            instruction=words.instruction,
            contact=contact,
            parameters=(*own, *parameters),
            areas=(area,),
        )

    return tuple(info(lang, fields if place == 0 else ()) for place, lang in enumerate(LANGUAGES))


def _codes(event: AnyEvent, coding: Coding) -> tuple[Pair, ...]:
    hazards = (event.hazard, *getattr(event, "further_hazards", ()))
    return (*(Pair(OET, code) for code in coding.codes(hazards)), Pair(TYPE, ce_type(event.kind)))


def _parameters(event: AnyEvent, msg_type: CapMessageType, references: tuple[Reference, ...]) -> tuple[Pair, ...]:
    """Return a parameter for each field that says something and that no element holds exactly."""
    given: Mapping[str, Any] = {
        "hazard": event.hazard,  # a reader without our schemas knows no defaults
        "tlp": event.tlp,
        **({"references": event.references} if isinstance(event, Incident) else {}),
        **event.model_dump(mode="json", exclude_defaults=True),
    }
    held = frozenset(_held(event, msg_type, references))
    return tuple(
        Pair(f"{PARAMETER}{name}", lexical.escaped_json(json.dumps(value, ensure_ascii=False, separators=(",", ":"))))
        for name, value in given.items()
        if name not in held
    )


def _held(event: AnyEvent, msg_type: CapMessageType, references: tuple[Reference, ...]) -> Iterator[str]:
    """Yield the fields that elements hold exactly."""
    yield from ("kind", "status", "severity", "urgency", "certainty", "situation", "station")
    if faithful(event):
        yield "texts"
    yield from (field for field in ("observed", "reported") if getattr(event, field).microsecond == 0)
    if isinstance(event, Incident):
        if event.message_type == msg_type:
            yield "message_type"
        if event.references == tuple(lexical.event_id(one.identifier) for one in references):
            yield "references"
        if event.contact is not None and lexical.writable(event.contact) == event.contact:
            yield "contact"
