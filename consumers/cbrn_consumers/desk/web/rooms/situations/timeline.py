"""What happened in a situation, in order: what was told, answered and sent, by the broker's time. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from cbrn_consumers.desk.web.words import N_, say
from cbrn_consumers.situation import change_texts
from cbrn_schemas.catalogue.naming import body_name
from cbrn_schemas.catalogue.words import word
from cbrn_schemas.marks import marks

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from cbrn_consumers.desk.store import Sent
    from cbrn_consumers.situation import Overview
    from cbrn_schemas.events.base import Language
    from cbrn_schemas.notice import Result

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
    """`told`, `answer` or `notice`: for the eye."""


def timeline(overview: Overview, notices: Iterable[Sent], lang: Language) -> list[Moment]:
    """List it, the newest first."""
    every = [*_told(overview, lang), *_answers(overview, lang), *_notices(notices, lang)]
    return sorted(every, key=lambda one: one.at, reverse=True)


def _told(overview: Overview, lang: Language) -> Iterator[Moment]:
    versions = overview.versions
    for earlier, version in zip((None, *versions), versions, strict=False):
        told = version.told
        said = [told.headline(lang), *(() if earlier is None else change_texts(earlier, version, lang))]
        what = " · ".join(marks(told, lang)) or word("message_type", told.message_type, lang)
        yield Moment(told.at, body_name(told.publisher, lang), what, " · ".join(said), "told")


def _answers(overview: Overview, lang: Language) -> Iterator[Moment]:
    for party in overview.standing.parties:
        for answer in party.answers:
            receipt = answer.receipt
            said = " · ".join(filter(None, (receipt.to, receipt.reason, receipt.text)))
            who = f"{body_name(party.body, lang)}: {receipt.by}"
            yield Moment(answer.at, who, word("act", receipt.act, lang), said, "answer")


def _notices(notices: Iterable[Sent], lang: Language) -> Iterator[Moment]:
    for sent in notices:
        notice = sent.notice
        way = "" if notice.kind is None else word("channel", notice.kind, lang)
        yield Moment(
            sent.at, notice.post, way, ", ".join(say(RESULTS[one.result], lang) for one in sent.outcomes), "notice"
        )
