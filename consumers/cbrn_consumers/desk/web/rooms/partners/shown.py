"""A copy as the pages show it to somebody: how far it has come, whose word it waits for, what may be done. Pure."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import quote

from cbrn_consumers.desk.web.rooms.partners.reasons import clauses_in, verdict_in, withheld_in
from cbrn_consumers.partners.copies import words_of
from cbrn_schemas.because import said
from cbrn_schemas.partner_release import Refused, Released

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from cbrn_consumers.partners import Copy
    from cbrn_schemas.events.base import Language, MessageType, Severity
    from cbrn_schemas.partner_release import Approved, Shown

EVENT_FORMAT: Final = "json"
EVENT_TYPE: Final = "application/json"


class Word(NamedTuple):
    """What a person has decided."""

    act: str
    """`release` or `refuse`."""
    by: str
    body: str
    at: datetime
    reason: str


class Document(NamedTuple):
    """What the partner gets, as it leaves."""

    format: str
    content_type: str
    text: str
    path: str

    @property
    def bytes(self) -> int:
        """How long it is."""
        return len(self.text.encode())


class Seen(NamedTuple):
    """What goes along with what the partner sees."""

    acknowledge_within: timedelta | None
    signed: bool
    public: bool


class CopyShown(NamedTuple):
    """One copy, for a template."""

    id: str
    path: str
    partner: str
    situation: str
    kind: str
    message_type: MessageType
    severity: Severity
    headlines: Mapping[Language, str]
    restricted: bool
    exercise: bool
    held_at: datetime
    correction: str
    """`recalls` or `corrects`: what it does to what the partner has got of its situation; empty: it has nothing."""
    ended_at: datetime
    """When it was over; of one that waits, when it came."""
    state: str
    """`waiting`, `half`, `scheduled`, `blocked`, `new`, or what became of it."""
    open: bool
    until: datetime | None
    not_before: datetime | None
    agreement: str
    persons: int
    bodies: Sequence[str]
    approvals: Sequence[Word]
    words: Sequence[Word]
    """Everything that persons have decided of it."""
    why: str
    """In the bus's own English words."""
    verdict: str
    """Why, in the reader's language; empty where the log says it in English alone, as older records do."""
    no_agreement: bool
    seen: str
    """Digest of what is shown; empty: it cannot leave."""
    may: bool
    """Whether whoever looks may decide."""
    automatic: bool
    unsigned: str
    clauses: Sequence[tuple[str, str]]
    withheld: Sequence[tuple[str, str]]
    digests: Sequence[tuple[str, str]]


def copy_path(identifier: str, page: str = "copy") -> str:
    """Return the address of a copy's page: its name has parts that no path would hold whole."""
    return f"/partners/{page}?id={quote(identifier, safe='')}"


def shown_to(copy: Copy, *, body: str, decides: bool, lang: Language) -> CopyShown:
    """Lay a copy out for somebody of a body; `decides`: whether that account may release at all."""
    held, weighed, shown, end = copy.held, copy.weighed, copy.shown, copy.end
    bodies = () if weighed is None else weighed.bodies
    left = end if isinstance(end, Released) else None
    clauses, withheld = _passed(left if left is not None else shown, lang)
    approvals = [_approved(each) for each in (copy.approvals if left is None else left.approvals)]
    return CopyShown(
        id=copy.id,
        path=copy_path(copy.id),
        partner=held.partner,
        situation=held.situation,
        kind=held.kind,
        message_type=held.message_type,
        severity=held.severity,
        headlines=held.headlines,
        restricted=held.restricted,
        exercise=held.status != "Actual",
        held_at=held.at,
        correction="" if copy.corrects is None else "recalls" if copy.recalls else "corrects",
        ended_at=held.at if end is None else end.at,
        state=_state(copy),
        open=copy.waits,
        until=copy.due,
        not_before=None if weighed is None else weighed.not_before,
        agreement=left.agreement if left is not None else "" if shown is None else shown.agreement,
        persons=2 if weighed is None else weighed.persons,
        bodies=bodies,
        approvals=approvals,
        words=[*approvals, *([_refused(end)] if isinstance(end, Refused) else [])],
        why="" if copy.end is not None and words_of(copy.end) else copy.why,
        verdict=said(copy.because, lang) or ("" if weighed is None else verdict_in(weighed.why, lang)),
        no_agreement=weighed is not None and not weighed.agreement_in_force,
        seen="" if shown is None else shown.digest,
        may=decides and copy.waits and body in bodies,
        automatic=left is not None and left.automatic,
        unsigned="" if left is None else left.unsigned or "",
        clauses=clauses,
        withheld=withheld,
        digests=[] if left is None else [("record", left.event_digest), *sorted(left.documents.items())],
    )


def may_see(copy: Copy, body: str, *, everything: bool) -> bool:
    """Tell whether somebody of a body sees a copy at all: who sees all bodies, and those whom the agreement asks."""
    return everything or (copy.weighed is not None and body in copy.weighed.bodies)


def seen_of(shown: Shown | None) -> Seen | None:
    """Say what goes along with what the partner sees; None where the copy cannot leave."""
    if shown is None:
        return None
    within = shown.acknowledge_within_s
    return Seen(None if within is None else timedelta(seconds=within), shown.signed, shown.public)


def documents_of(copy: Copy) -> list[Document]:
    """List what the partner gets: the documents, then the record itself."""
    shown = copy.shown
    if shown is None:
        return []
    given = [(each.format, each.content_type, each.text) for each in shown.documents]
    given.append((EVENT_FORMAT, EVENT_TYPE, shown.event))
    return [
        Document(name, kind, text, f"{copy_path(copy.id, 'document')}&format={quote(name, safe='')}")
        for name, kind, text in given
    ]


def _passed(shown: Shown | Released | None, lang: Language) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """List by which clause each field passes, and why others do not."""
    if shown is None:
        return [], []
    return sorted(clauses_in(shown.clauses, lang).items()), sorted(withheld_in(shown.withheld, lang).items())


def _state(copy: Copy) -> str:
    if not copy.waits:
        return copy.state.value
    if copy.weighed is None:
        return "new"
    if copy.shown is None:
        return "blocked"
    if copy.leaves_at is not None:
        return "scheduled"
    return "half" if copy.approvals else "waiting"


def _approved(word: Approved) -> Word:
    return Word("release", word.by.removesuffix(f" ({word.body})"), word.body, word.at, word.reason)


def _refused(word: Refused) -> Word:
    return Word("refuse", word.by.removesuffix(f" ({word.body})"), word.body, word.at, word.reason)
