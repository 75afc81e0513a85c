"""What the watch says: an alert that nobody answers, and what it concluded; a part of the bus that has fallen silent.

Pure: the models, and the words in three languages. When it is said is the watch's business.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from pydantic import Strict, StringConstraints

from cbrn_schemas.catalogue.naming import body_name
from cbrn_schemas.catalogue.words import word
from cbrn_schemas.catalogue.written import local_time
from cbrn_schemas.envelope import Header, binary_headers
from cbrn_schemas.events.base import Code, Count, Identifier, Language, Severity, Text
from cbrn_schemas.events.model import Model
from cbrn_schemas.events.time import Time, to_wire
from cbrn_schemas.receipt import SeenEvent
from cbrn_schemas.records import LEVEL, LOCAL_LANGUAGES, RESTRICTED, ROLE, spoken

if TYPE_CHECKING:
    from collections.abc import Mapping

UNANSWERED_TYPE: Final = "kg.cbrn.alarm.unanswered.v1"
"""CloudEvents type of the alarm about an alert without an answer."""
SILENT_TYPE: Final = "kg.cbrn.alarm.silent.v1"
"""CloudEvents type of the alarm about a part of the bus that has fallen silent."""
WATCH_SOURCE: Final = "/bus/watch"
LANGUAGES: Final[tuple[Language, ...]] = ("en", *LOCAL_LANGUAGES)

Lacking = Literal["not-acknowledged", "not-accepted", "declined"]
"""What is lacking: it was not acknowledged in time; it was acknowledged, and not accepted in time; it was declined."""
Step = Literal["second-officer", "deputy", "body", "parent", "crisis-centre", "other-body"]
"""To whom it is passed on: a post of the body that was asked, that body as a whole, its parent, the crisis centre, or
another body that the policy names."""
Words = dict[Language, Annotated[str, StringConstraints(min_length=1, max_length=600)]]
"""One line by language."""


class Unanswered(Model):
    """An alert was not answered in time, or was declined, and is passed on. To who is asked now, and to the lead."""

    kind: Literal["unanswered"] = "unanswered"
    situation: Identifier
    body: Code
    """Who was asked."""
    lacking: Lacking
    event: SeenEvent
    """The event whose alert lacks an answer; receipts may name it."""
    due: Time
    """Which time has run out; of what was declined, when it was."""
    at: Time
    level: Count
    """How often this has been passed on, from 1."""
    step: Step
    asked: Code
    """The body that is asked now; of its own posts the `step` says which."""
    again: Time | None = None
    """When it is passed on further if nobody answers; absent: to nobody further."""
    severity: Severity = "Unknown"
    headline: Words | None = None
    """Of the alert; absent where it is for named duty officers alone, as all further content is."""
    changed: Annotated[tuple[Words, ...], Strict(strict=False)] = ()
    """What had changed since the body had last answered."""
    reason: Annotated[str, StringConstraints(min_length=1, max_length=200)] | None = None
    """Why it was declined."""

    @property
    def texts(self) -> Mapping[Language, Text]:
        """What an officer reads, as every event has it."""
        return {lang: self._text(lang) for lang in LANGUAGES}

    def headline_in(self, lang: Language, *, named: bool = True) -> str:
        """Say who has not answered what, and who is asked now; not `named` where the situation stands beside it."""
        lacking, asked = word("lacking", self.lacking, lang), body_name(self.asked, lang)
        step = "" if self.step in {"crisis-centre", "other-body"} else f"{word('step', self.step, lang)}, "
        what = f", {self.situation}" if named else ""
        return (
            f"{word('kind', self.kind, lang)} ({self.level}): {body_name(self.body, lang)}{what}: "
            f"{lacking}. {word('ui', 'asked-now', lang)}: {step}{asked}"
        )

    def _text(self, lang: Language) -> Text:
        headlines = self.headline or {}
        title = headlines.get(lang) or next(iter(headlines.values()), None)
        parts = [
            f"{word('ui', 'due', lang)} {local_time(self.due)}",
            *([] if title is None else [title]),
            *(change.get(lang) or next(iter(change.values()), "") for change in self.changed),
            *([] if self.reason is None else [f"{word('ui', 'reason', lang)}: {self.reason}"]),
        ]
        if self.again is not None:
            parts.append(f"{word('ui', 'passed-on-at', lang)} {local_time(self.again)}")
        command = f"cbrn ack {self.situation} --as {self.asked}"
        what_to_do = word("alarm", "answer-it", lang).format(command=command)
        return spoken(self.headline_in(lang), description="; ".join(parts), instruction=what_to_do)


class Conclusion(Model):
    """What the watch concluded about an answer that was missing: passed on, or no longer lacking."""

    situation: Identifier
    body: Code
    event: SeenEvent
    lacking: Lacking
    outcome: Literal["passed-on", "answered", "answered-elsewhere", "withdrawn", "forgotten"]
    """`answered-elsewhere`: by a body to which it was passed on; `withdrawn`: cancelled, or no longer asked for;
    `forgotten`: there was no room for it any more."""
    due: Time
    at: Time
    level: Count
    step: Step | None = None
    told: Annotated[tuple[Code, ...], Strict(strict=False)] = ()
    """Who got the alarm."""
    exhausted: bool = False
    """There is nobody further to whom it could be passed on."""


SilentPart = Literal["lane", "feed", "publisher", "clock", "shift"]


class Silent(Model):
    """A part of the bus has fallen silent, or cannot be believed: nothing comes, and nobody says so but the watch."""

    kind: Literal["silent"] = "silent"
    part: SilentPart
    """`lane`: its routers commit nothing while input waits; `feed`: nobody takes a body's alerts off the bus;
    `publisher`: a body has sent nothing on a lane for longer than the office expects; `clock`: a publisher's is off;
    `shift`: nobody is in a seat of a body's watch, or no channel of the officer is known to work."""
    name: Identifier
    """Of the lane or the body; of a publisher `<body>/<lane>`, of a shift `<body>/<seat>/<what is wrong>`."""
    since: Time
    """Since when nothing has come."""
    at: Time
    waiting: Count = 0
    """Records that wait."""
    body: Code | None = None
    """Whose it is."""

    @property
    def severity(self) -> Severity:
        """What is not heard, nobody has rated."""
        return "Unknown"

    @property
    def texts(self) -> Mapping[Language, Text]:
        """What an officer reads, as every event has it."""
        return {lang: self._text(lang) for lang in LANGUAGES}

    def headline_in(self, lang: Language) -> str:
        """Say what is silent, and since when."""
        name = body_name(self.name, lang) if self.part == "feed" else self.name
        if self.part == "publisher":
            code, _, lane = self.name.partition("/")
            name = f"{body_name(code, lang)}, {word('lane', lane, lang)}"
        if self.part == "shift":
            code, seat, why = (*self.name.split("/"), "", "")[:3]
            name = f"{body_name(code, lang)}, {word('seat', seat, lang)}: {word('rota', why, lang)}"
        return f"{word('silent', self.part, lang)}: {name}, {word('ui', 'since', lang)} {local_time(self.since)}"

    def _text(self, lang: Language) -> Text:
        waiting = f"{word('ui', 'records-waiting', lang)}: {self.waiting}" if self.waiting else None
        return spoken(self.headline_in(lang), description=waiting, instruction=word("silent_remedy", self.part, lang))


def unanswered_record(alarm: Unanswered, identifier: str, role: str, *, restricted: bool) -> tuple[list[Header], bytes]:
    """Return headers and value of an alarm for one body, which is asked, or only hears of it."""
    headers = _headers(UNANSWERED_TYPE, identifier, alarm.at, alarm.situation, role)
    headers.append((LEVEL, str(alarm.level).encode()))
    if restricted:
        headers.append((RESTRICTED, b"true"))
    return headers, _value(alarm)


def silent_record(alarm: Silent, identifier: str, role: str) -> tuple[list[Header], bytes]:
    """Return headers and value of an alarm for one body."""
    return _headers(SILENT_TYPE, identifier, alarm.at, alarm.name, role), _value(alarm)


def _headers(ce_type: str, identifier: str, at: Any, subject: str, role: str) -> list[Header]:
    headers = binary_headers(id=identifier, source=WATCH_SOURCE, type=ce_type, time=to_wire(at), subject=subject)
    return [*headers, (ROLE, role.encode())]


def _value(alarm: Unanswered | Silent) -> bytes:
    return alarm.model_dump_json(exclude_none=True).encode()
