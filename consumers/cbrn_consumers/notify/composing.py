"""The records of one body's notices: an alert for one channel, a digest, an answer to a reply, an outcome. Pure.

An id follows from what is said to whom, so that whatever is composed again after a restart is the same notice.
"""

from __future__ import annotations

import json
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from cbrn_consumers.notify.codes import Reply
from cbrn_consumers.notify.writing import SUBJECT_LETTERS, digest_of, letter_of, notice_of, short_time
from cbrn_consumers.rota.channel_tests import message_for
from cbrn_schemas.catalogue.words import word
from cbrn_schemas.notice import Notice, NoticeOutcome
from cbrn_schemas.receipt import give
from cbrn_schemas.shift import ChannelTested, state_fact
from cbrn_schemas.silence import SEVERITY_ORDER
from cbrn_schemas.unanswered import Unanswered

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from cbrn_consumers.alert import Alert
    from cbrn_schemas.notice import Result
    from cbrn_schemas.officers import Channel, Officer
    from cbrn_schemas.receipt import Receipt
    from cbrn_schemas.shift import Outcome as TestOutcome
    from cbrn_schemas.shift import Why
    from cbrn_schemas.topics import Realm

SMS_DIGEST_LINES: Final = 2
LETTERS_OF_PERSON_MIN: Final = 3
LETTERS_OF_PERSON_MAX: Final = 200
TESTER: Final = "notify, the process"
"""Who says what came of sending a test; that it came, the officer does."""


class Way(NamedTuple):
    """An officer, and one channel to that officer."""

    officer: Officer
    channel: Channel


class Composer:
    """Writes the records of one body in one realm."""

    def __init__(self, body: str, realm: Realm, clock: Callable[[], datetime]) -> None:
        self._body, self._realm, self._clock = body, realm, clock

    def identifier(self, alert: Alert, post: str = "", channel: str = "") -> str:
        """Return the id of what is said of an alert to a post over a channel; without a channel, of what is held."""
        return self._id(_what(alert), post, channel)

    def wants_code(self, alert: Alert, channel: Channel) -> bool:
        """Tell whether an alert can be answered over the channel, and is to be."""
        passed_on = isinstance(alert.event, Unanswered) and alert.role == "lead"
        return (
            channel.kind == "sms" and (passed_on or alert.acknowledge_by is not None) and alert.answerable is not None
        )

    def notice(self, way: Way, alert: Alert, code: str | None = None) -> Notice:
        """Compose what an officer is told of an alert over one channel."""
        officer, channel = way
        subject = notice_of(alert, officer.language, SUBJECT_LETTERS)
        if channel.kind == "sms":
            text = notice_of(alert, officer.language, code=code)
        elif channel.kind == "bell":
            text = subject
        else:
            text = letter_of(alert, self._body, officer.language, post=officer.title).text
        return self._notice(way, _what(alert), subject=subject, text=text, code=code, **_about(alert))

    def held(self, officer: Officer, alert: Alert) -> Notice:
        """Compose what an officer is told of an alert in the next digest."""
        subject = notice_of(alert, officer.language, SUBJECT_LETTERS)
        return self._notice(
            Way(officer, officer.channels[0]), _what(alert), held=True, subject=subject, text=subject, **_about(alert)
        )

    def digest(self, way: Way, held: list[Notice]) -> Notice:
        """Compose the digest of what a flood has held back."""
        officer, channel = way
        lines = {"lines": SMS_DIGEST_LINES} if channel.kind == "sms" else {}
        letter = digest_of(held, officer.language, **lines)
        gravest = max((each.severity for each in held), key=SEVERITY_ORDER.__getitem__)
        what = f"digest/{held[0].id}/{held[-1].id}"
        return self._notice(way, what, subject=letter.subject, text=letter.text, severity=gravest, digest_of=len(held))

    def answer(self, way: Way, reply: Reply, notice: Notice | None) -> Notice:
        """Compose what an officer is told of what a reply came to."""
        now = self._clock()
        tested = notice is not None and notice.is_test
        counts = "tested" if tested else "answered"
        said = word("notice", counts if reply is Reply.COUNTS else reply.value, way.officer.language)
        text = said if notice is None or tested else f"{notice.situation}: {said}, {short_time(now, now)}"
        severity = "Unknown" if notice is None else notice.severity
        return self._notice(way, f"reply/{now.isoformat()}/{reply}", subject=text, text=text, severity=severity)

    def probe(self, way: Way, asked: str, code: str) -> Notice:
        """Compose the test of a channel that was asked for under this id: a code that the officer gives back."""
        officer, channel = way
        text = subject = message_for(officer, self._body, self._realm, code).text
        if channel.kind not in {"sms", "bell"}:
            command = f'cbrn shift answer {code} --body {self._body} --by "{officer.title}"'
            text = f"{subject}\n\n{word('notice', 'command', officer.language)}: {command}"
        return self._notice(way, _test(asked), subject=subject, text=text, severity="Unknown", code=code)

    def probe_id(self, way: Way, asked: str) -> str:
        """Return the id of the test of a channel that was asked for under an id."""
        return self._id(_test(asked), way.officer.post, way.channel.name)

    def tested(self, notice: Notice, way: Way, outcome: TestOutcome, why: Why | None = None) -> ChannelTested:
        """Compose what came of the test of a channel; the same of the same outcome."""
        return state_fact(
            ChannelTested,
            id=self._id(f"tested/{notice.id}/{outcome}", "", ""),
            realm=self._realm,
            body=self._body,
            post=way.officer.post,
            by=_person(way.officer, self._body) if outcome == "answered" else TESTER,
            at=self._clock(),
            channel=way.channel.name,
            kind=way.channel.kind,
            check=way.channel.check,
            outcome=outcome,
            why=why,
        )

    def receipt(self, notice: Notice, officer: Officer) -> Receipt:
        """Compose the receipt of an officer who has acknowledged a notice; the same of the same notice."""
        return give(
            id=self._id("receipt", notice.id, ""),
            realm=self._realm,
            body=self._body,
            situation=notice.situation,
            act="acknowledged",
            event=notice.event,
            level=notice.level,
            by=_person(officer, self._body),
            at=self._clock(),
        )

    def outcome(
        self, notice: Notice | None, result: Result, *, attempt: int = 0, why: str | None = None, way: Way | None = None
    ) -> NoticeOutcome:
        """Compose what came of a notice, or of a reply that came over `way`."""
        post, channel = (way.officer.post, way.channel.name) if way else (None, None)
        if notice is not None:
            post, channel = notice.post, notice.channel
        identifier = None if notice is None else notice.id
        return self._outcome(identifier, post, channel, result=result, attempt=attempt, why=why)

    def unsent(self, alert: Alert, post: str | None, result: Result, why: str) -> NoticeOutcome:
        """Compose that nothing was sent of an alert, and why."""
        return self._outcome(self.identifier(alert, post or ""), post, None, result=result, why=why)

    def _outcome(self, notice: str | None, post: str | None, channel: str | None, **fields: Any) -> NoticeOutcome:
        return NoticeOutcome(
            realm=self._realm, body=self._body, notice=notice, post=post, channel=channel, at=self._clock(), **fields
        )

    def _notice(self, way: Way, what: str, *, held: bool = False, **fields: Any) -> Notice:
        officer, channel = way
        return Notice(
            id=self._id(what, officer.post, "" if held else channel.name),
            realm=self._realm,
            body=self._body,
            post=officer.post,
            kind=None if held else channel.kind,
            channel=None if held else channel.name,
            language=officer.language,
            at=self._clock(),
            **fields,
        )

    def _id(self, what: str, post: str, channel: str) -> str:
        words = json.dumps([self._realm, what, post, channel])
        digest = blake2b(words.encode(), digest_size=12).hexdigest()
        return f"{self._body}.{digest}"


def _person(officer: Officer, body: str) -> str:
    """Name who has answered as a receipt takes it, however short the title is, or long with the name."""
    said = officer.title if officer.name is None else f"{officer.title} {officer.name}"
    told_apart = sum(map(str.isalpha, said)) >= LETTERS_OF_PERSON_MIN
    return said[:LETTERS_OF_PERSON_MAX] if told_apart else f"{said}, SMS {body}/{officer.post}"


def _test(asked: str) -> str:
    return f"test/{asked}"


def _what(alert: Alert) -> str:
    return "/".join(map(str, alert.identity))


def _about(alert: Alert) -> dict[str, Any]:
    return {
        "severity": alert.event.severity,
        "situation": alert.situation,
        "event": alert.answerable,
        "level": alert.level,
    }
