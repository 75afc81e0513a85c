"""What happened in a situation, in order: what was told, answered and sent, by the broker's time. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from cbrn_consumers.desk.web.words import N_, say
from cbrn_consumers.situation import change_texts
from cbrn_schemas.catalogue.naming import body_name
from cbrn_schemas.catalogue.words import word
from cbrn_schemas.catalogue.written import local_time
from cbrn_schemas.marks import marks
from cbrn_schemas.unanswered import Unanswered

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from cbrn_consumers.desk.store import Sent
    from cbrn_consumers.situation import Overview
    from cbrn_consumers.standing import Answer
    from cbrn_consumers.standing.reader import Read
    from cbrn_schemas.events.base import Language
    from cbrn_schemas.notice import Result

MOMENT: Final = "%d.%m %H:%M"
RESULTS: Final[Mapping[Result, str]] = {
    "sent": N_("sent"),
    "delivered": N_("delivered"),
    "undelivered": N_("not delivered"),
    "failed": N_("failed, will be tried again"),
    "given-up": N_("given up"),
    "unreachable": N_("no channel reaches them"),
    "too-old": N_("too old to wake anybody"),
    "answered": N_("answered"),
    "reply-refused": N_("the reply counts for nothing"),
}


class Moment(NamedTuple):
    """One thing that happened."""

    at: datetime
    who: str
    what: str
    """The act, or the mark of a message."""
    text: str
    kind: str
    """`told`, `answer`, `passed-on` or `notice`: for the eye."""


def timeline(overview: Overview, read: Read, notices: Iterable[Sent], lang: Language) -> list[Moment]:
    """List it, the newest first."""
    standing = overview.standing
    told = {party.body for party in standing.parties}
    given = [answer for party in standing.parties for answer in party.answers]
    given += [answer for answer, _ in standing.strays if answer.receipt.body not in told]
    every = [*_told(overview, lang), *_again(overview, lang)]
    return _sorted([*every, *_said(read, given, notices, lang)])


def timeline_in_place(read: Read, given: Iterable[Answer], notices: Iterable[Sent], lang: Language) -> list[Moment]:
    """List what a body knows that was only asked in another's place."""
    return _sorted(_said(read, given, notices, lang))


def _sorted(moments: Iterable[Moment]) -> list[Moment]:
    return sorted(moments, key=lambda one: one.at, reverse=True)


def _said(read: Read, given: Iterable[Answer], notices: Iterable[Sent], lang: Language) -> Iterator[Moment]:
    yield from _passed_on(read, lang)
    yield from _answers(given, lang)
    yield from _notices(notices, lang)


def _told(overview: Overview, lang: Language) -> Iterator[Moment]:
    versions = overview.versions
    for earlier, version in zip((None, *versions), versions, strict=False):
        told = version.told
        said = [told.headline(lang), *(() if earlier is None else change_texts(earlier, version, lang))]
        what = " · ".join(marks(told, lang)) or word("message_type", told.message_type, lang)
        yield Moment(told.at, body_name(told.publisher, lang), what, " · ".join(said), "told")


def _again(overview: Overview, lang: Language) -> Iterator[Moment]:
    """Tell of alerts that came again for want of an answer, to the body or to another post of it."""
    for party in overview.standing.parties:
        for told in party.repeats:
            text = word("ui", "passed-on-steps", lang).format(told.level)
            yield Moment(told.at, body_name(party.body, lang), word("news", "escalation", lang), text, "passed-on")


def _passed_on(read: Read, lang: Language) -> Iterator[Moment]:
    """Tell of what was not answered, and who was asked then; once, whoever heard it."""
    seen: set[str] = set()
    for alarm in read.passed_on.values():
        if alarm.id in seen or not isinstance(alarm.event, Unanswered):
            continue
        seen.add(alarm.id)
        said, asked = alarm.event, body_name(alarm.event.asked, lang)
        step = word("step", said.step, lang)
        whom = asked if said.step in {"crisis-centre", "other-body"} else f"{step}, {asked}"
        parts = [
            f"{word('ui', 'asked-now', lang)}: {whom}",
            *([] if said.reason is None else [f"{word('ui', 'reason', lang)}: {said.reason}"]),
            word("ui", "passed-on-steps", lang).format(said.level),
            *([] if said.again is None else [f"{word('ui', 'passed-on-at', lang)} {local_time(said.again, MOMENT)}"]),
        ]
        what = word("lacking", said.lacking, lang)
        yield Moment(alarm.origin.timestamp, body_name(said.body, lang), what, " · ".join(parts), "passed-on")


def _answers(given: Iterable[Answer], lang: Language) -> Iterator[Moment]:
    for answer in given:
        receipt = answer.receipt
        said = " · ".join(filter(None, (receipt.to, receipt.reason, receipt.text)))
        who = f"{body_name(receipt.body, lang)}: {receipt.by}"
        yield Moment(answer.at, who, word("act", receipt.act, lang), said, "answer")


def _notices(notices: Iterable[Sent], lang: Language) -> Iterator[Moment]:
    for sent in notices:
        notice = sent.notice
        way = "" if notice.kind is None else word("channel", notice.kind, lang)
        yield Moment(
            sent.at, notice.post, way, ", ".join(say(RESULTS[one.result], lang) for one in sent.outcomes), "notice"
        )
