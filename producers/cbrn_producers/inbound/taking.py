"""A document that arrived, taken in: an event, a receipt, left alone, or refused with reason and remedy. Pure.

Nothing raises for a document, however it is made: what is wrong with it is an answer.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from cbrn_producers.errors import RefusedEventError, TooLargeError
from cbrn_producers.inbound.answers import receipt_of
from cbrn_producers.inbound.hazards import danger_of
from cbrn_producers.inbound.mapping import Matter, foreign_alert, id_of, own_event
from cbrn_producers.inbound.memory import content_of
from cbrn_producers.inbound.reports import FORMAT, danger_of_report, further_fields, is_routine
from cbrn_producers.inbound.reports import alert_of as alert_of_report
from cbrn_producers.inbound.signed import WHERE, Proved, proved
from cbrn_producers.outgoing import Sender, prepare
from cbrn_schemas.errors import InvalidEventError, Reason
from cbrn_schemas.events import Incident, key_of
from cbrn_schemas.events.time import to_wire
from cbrn_schemas.formats import edxl, irix
from cbrn_schemas.formats.cap import lexical
from cbrn_schemas.formats.cap.reading import read
from cbrn_schemas.formats.cap.to_event import kind_in
from cbrn_schemas.formats.edxl.reading import ROOTS
from cbrn_schemas.formats.faults import FormatError
from cbrn_schemas.formats.irix.model import ROOT
from cbrn_schemas.formats.xml import read_xml
from cbrn_schemas.topics import Realm

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from cbrn_producers.inbound.hazards import Danger
    from cbrn_producers.inbound.memory import Before, Memory
    from cbrn_producers.inbound.original import Arrived
    from cbrn_producers.inbound.terms import Terms
    from cbrn_producers.outgoing import Outgoing
    from cbrn_routing.jurisdiction import Gazetteer
    from cbrn_schemas.formats.cap.model import CapAlert
    from cbrn_schemas.receipt import Receipt

REPORT: Final = f"{{{ROOT}}}Report"
_SIGNATURE: Final = "{http://www.w3.org/2000/09/xmldsig#}Signature"
SYSTEM: Final = "inbound"
"""Of the source under which partners' events are said: `/kz/inbound`."""


class Said(NamedTuple):
    """An event of the partner, to be written."""

    record: Outgoing
    situation: str
    remarks: tuple[str, ...] = ()
    """What the log says of it."""


class Answered(NamedTuple):
    """A partner's answer to an alert of ours."""

    receipt: Receipt
    remarks: tuple[str, ...] = ()
    """What the log says of it."""


class Kept(NamedTuple):
    """A document that is kept, and of which nothing more becomes. `why` is a code for counting."""

    why: str
    message: str


class Refused(NamedTuple):
    """A document that is set aside."""

    error: InvalidEventError


Outcome = Said | Answered | Kept | Refused


@dataclass(frozen=True, slots=True)
class Intake:
    """What the taking in needs beside a document."""

    realm: Realm
    terms: Mapping[str, Terms]
    memory: Memory
    gazetteer: Gazetteer


def take(document: Arrived, intake: Intake, now: datetime) -> list[Outcome]:
    """Take in a document; an envelope may hold several alerts, hence several outcomes."""
    terms = intake.terms.get(document.partner)
    if terms is None:
        said = f"nobody has said on which terms documents of {document.partner or 'nobody'} are taken in"
        return [Refused(_wrong(Reason.UNKNOWN_BODY, said, "Name the partner in the file of `cbrn run inbound`."))]
    try:
        return list(_outcomes(_Case(document, intake, terms, now)))
    except FormatError as error:
        return [Refused(_unreadable(error))]
    except InvalidEventError as error:
        return [Refused(error)]


class _Case(NamedTuple):
    """A document with all that its taking in depends on."""

    document: Arrived
    intake: Intake
    terms: Terms
    now: datetime

    @property
    def released(self) -> bool:
        """Whether a person has let it through."""
        return self.document.released_by is not None

    def proved(self, data: bytes, terms: Terms, *, envelope: bool = False) -> Proved:
        """Look at the signatures of the document, or of what lies in it; raises as `signed.proved`."""
        return proved(data, terms, self.document.received, self.document.released_by, envelope=envelope)


def _outcomes(case: _Case) -> Iterator[Outcome]:
    root = read_xml(case.document.data)
    if str(root.tag) in ROOTS:
        yield from _enveloped(case, whole=any(child.tag == _SIGNATURE for child in root))
    else:
        yield _one(case, case.proved(case.document.data, case.terms))


def _enveloped(case: _Case, *, whole: bool) -> Iterator[Outcome]:
    """Take each alert out of an envelope. A signature over the `whole` of it counts for what lies in it."""
    unsigned_is_fine = replace(case.terms, signature="optional")
    outer = Proved(case.document.data, {"state": "absent"})
    if whole:  # else a signature that stands in it is that of an alert
        outer = case.proved(case.document.data, unsigned_is_fine, envelope=True)
    envelope = edxl.read(outer.data)
    lying = [content.data for content in envelope.contents if content.data is not None and _may_be_alert(content)]
    if not lying:
        yield Kept("empty-envelope", f"the envelope {envelope.id} holds no alert")
    vouched = outer.signature["state"] == "valid"
    for data in lying:
        try:
            inner = case.proved(data, unsigned_is_fine if vouched else case.terms)
            found = inner._replace(signature=outer.signature) if vouched else inner
            yield _one(case, found, status=envelope.status)
        except FormatError as error:
            yield Refused(_unreadable(error))
        except InvalidEventError as error:
            yield Refused(error)


def _may_be_alert(content: edxl.Content) -> bool:
    return content.xml or "xml" in (content.mime_type or "")


def _one(case: _Case, found: Proved, status: str = "Actual") -> Outcome:
    intake, terms = case.intake, case.terms
    message = _read(found.data, terms, released=case.released)
    if isinstance(message, Kept):
        return message
    alert = message.alert
    if status in {"Exercise", "System", "Test"} and alert.status == "Actual":
        alert = _with_status(alert, status)
        message = message._replace(alert=alert)
    if (kept := _not_for_us(alert, intake.realm)) is not None:
        return kept
    if terms.senders and alert.sender not in terms.senders and not case.released:
        said = f"the sender {alert.sender[:80]} is none of those that speak for {terms.partner}"
        raise _wrong(Reason.FOREIGN_SOURCE, said, "Ask the partner whose it is; if it is theirs, release it.")
    if alert.msg_type in {"Ack", "Error"}:
        answer = receipt_of(alert, terms, intake.realm, intake.memory, case.document.received)
        if answer is None:
            return Kept("ack-unknown", f"{alert.msg_type} of {alert.sender} to what was never sent to {terms.partner}")
        dated = (f"dated {to_wire(alert.sent)}, which is ahead: it counts from its receipt",)
        return Answered(answer, dated if answer.at != alert.sent else ())
    if not alert.infos:
        return Kept("no-info", f"{alert.msg_type} {alert.identifier} of {alert.sender} says nothing in words")
    return _event(message, case, found.signature)


class _Message(NamedTuple):
    """An alert, whatever it was written as."""

    alert: CapAlert
    format: str
    danger: Danger | None = None
    """What it is about, where its form says that."""
    further: dict[str, Any] = {}  # noqa: RUF012 - never changed
    """Fields for which an alert has no element."""


def _read(data: bytes, terms: Terms, *, released: bool) -> _Message | Kept:
    """Read a report of IRIX or an alert of CAP."""
    if read_xml(data).tag == REPORT:
        report = irix.read(data)
        if is_routine(report):
            return Kept("routine", f"{report.uuid} of {report.organisation} is a routine report")
        return _Message(alert_of_report(report), FORMAT, danger_of_report(report), further_fields(report))
    alert = _alert(data, terms, released=released)
    return _Message(alert, f"cap-{alert.version}")


def _alert(data: bytes, terms: Terms, *, released: bool) -> CapAlert:
    """Read an alert by the partner's profile; what the lenient one can read, a person may let through.

    Raises:
        InvalidEventError: DOCUMENT_FAULTY.
        FormatError: it cannot be read at all.
    """
    if terms.profile == "lenient" or released:
        return read(data, "lenient")
    try:
        return read(data, "strict")
    except FormatError as error:
        read(data, "lenient")
        raise _unreadable(error, Reason.DOCUMENT_FAULTY) from None


def _with_status(alert: CapAlert, status: str) -> CapAlert:
    """Give an alert the status of its envelope: an exercise is one, whatever lies in it."""
    from msgspec.structs import replace as changed  # noqa: PLC0415 - seldom needed

    return changed(alert, status=status)


def _not_for_us(alert: CapAlert, realm: Realm) -> Kept | None:
    """Tell whether an alert is no business of this realm: real and exercise never meet."""
    if alert.status not in {"Actual", "Exercise"}:
        return Kept(f"status-{alert.status.lower()}", f"{alert.identifier} of {alert.sender} has status {alert.status}")
    if (alert.status == "Exercise") is not (realm is Realm.EXERCISE):
        elsewhere = "the exercise realm" if alert.status == "Exercise" else "the real realm"
        return Kept("other-realm", f"{alert.identifier} of {alert.sender} belongs to {elsewhere}")
    return None


def _event(message: _Message, case: _Case, signature: dict[str, Any]) -> Outcome:
    intake, terms = case.intake, case.terms
    alert = message.alert
    ours = kind_in(alert)
    remarks: list[str] = []
    if signature.get("algorithm", "").endswith("sha1"):
        remarks.append("signed with SHA-1, which the agreement allows")
    identifier = id_of(alert)
    if intake.memory.sent_to(terms.partner, lexical.event_id(alert.identifier)) is not None:
        # It would come back as a second incident, in the partner's name, and all would be told once more.
        return Kept("echo", f"{alert.identifier} of {alert.sender} is what we sent to {terms.partner}")
    if ours is not None:
        event: Any = own_event(alert, terms.partner)
        if not isinstance(event, Incident):
            return Kept(
                "reading", f"{alert.identifier} of {alert.sender} is a reading, and partners' readings are kept"
            )
    else:
        danger = message.danger or danger_of(alert, terms.meanings)
        if danger is None:
            return Kept("not-cbrn", f"{alert.identifier} of {alert.sender} is about nothing of ours: {_named(alert)}")
        original = _original(case.document, message.format, signature)
        event = foreign_alert(Matter(alert, danger, original, terms, intake.memory, intake.gazetteer, message.further))
    expires = alert.infos[0].expires
    if expires is not None and expires < case.now:
        remarks.append(f"it ended at {to_wire(expires)}, before it was taken in")
    try:
        record = prepare(event, Sender(terms.partner, SYSTEM, intake.realm), event_id=identifier)
    except TooLargeError as error:
        raise _wrong(Reason.TOO_LARGE, str(error), error.hint) from None
    except RefusedEventError as error:
        raise InvalidEventError(error.reason, where=error.where, message=error.message, hint=error.hint) from None
    again = _again(alert, record, intake.memory.before(terms.partner, identifier))
    return again or Said(record, key_of(event), tuple(remarks))


def _again(alert: CapAlert, record: Outgoing, before: Before | None) -> Kept | None:
    """Tell whether an alert was taken in before; set it aside where it said something else then."""
    if before is None:
        return None
    now = content_of(record.value)
    if before.content is None or now is None or before.content.agrees(now):
        return Kept("known", f"{alert.identifier} of {alert.sender} was taken in before")
    raise InvalidEventError(
        Reason.ID_REUSED,
        where="identifier",
        message=f"{alert.identifier[:80]} of {alert.sender[:80]} was taken in before with the same time, and said "
        f"something else; that is routed as {record.id}",
        hint="Compare them, and ask the partner which holds: a correction is an Update with an identifier of its own.",
    )


def _original(document: Arrived, form: str, signature: dict[str, Any]) -> dict[str, Any]:
    """Say of a document what an event keeps: by which it is found again, and what its signature was worth."""
    return {
        "id": document.id,
        "digest": document.digest,
        "bytes": len(document.data),
        "received": document.received,
        "format": form,
        "came_from": document.came_from,
        "signature": signature,
    }


def _named(alert: CapAlert) -> str:
    return ", ".join(dict.fromkeys((*alert.infos[0].categories, alert.infos[0].event)))[:120]


def _unreadable(error: FormatError, reason: Reason = Reason.DOCUMENT_UNREADABLE) -> InvalidEventError:
    """Say what is wrong with a document: the first fault, with its line, and how many there are."""
    first, more = error.faults[0], len(error.faults) - 1
    line = "" if first.line is None else f"line {first.line}, "
    also = f" (and {more} more faults)" if more else ""
    return InvalidEventError(
        reason, where=f"{line}{first.where}", message=f"{first.message} [{first.rule}]{also}", hint=first.hint
    )


def _wrong(reason: Reason, message: str, hint: str) -> InvalidEventError:
    return InvalidEventError(reason, where=WHERE, message=message, hint=hint)
