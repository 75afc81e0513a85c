"""What an officer reads: one line that fits a message of 70 letters, the same at length, a letter, a digest. Pure.

What must not be overlooked stands first and is never cut: exercise, update, all-clear, how grave. The code to answer
with is never cut either. A restricted alert says over no channel what it is about.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

from cbrn_schemas.catalogue.naming import body_name, place_name
from cbrn_schemas.catalogue.words import word
from cbrn_schemas.details import details
from cbrn_schemas.events import Incident
from cbrn_schemas.events.time import LOCAL_TIME
from cbrn_schemas.held_alarm import HeldAlarm
from cbrn_schemas.marks import marks
from cbrn_schemas.notice import TEXT_MAX
from cbrn_schemas.silence import SEVERITY_ORDER
from cbrn_schemas.topics import Realm

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from cbrn_consumers.alert import Alert
    from cbrn_schemas.events.base import Language
    from cbrn_schemas.notice import Notice

SMS_LETTERS: Final = 70
"""One part of a message in Kyrgyz or Russian: 140 bytes, two a letter."""
SUBJECT_LETTERS: Final = 160
SHORTEST: Final = 6
"""Letters of a kind or a place that are left at the least."""
CUT: Final = "…"
UNREADABLE: Final = "\ufffd"
_CONTROLS: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
DIGEST_LINES: Final = 12
REPLY: Final = "A"
"""The letter with which an officer acknowledges; the Cyrillic one counts as well."""


class Letter(NamedTuple):
    """A notice with room: an e-mail."""

    subject: str
    text: str


def notice_of(alert: Alert, lang: Language, length: int = SMS_LETTERS, *, code: str | None = None) -> str:
    """Write an alert in one line of at most `length` letters, UTF-16 as a mobile network counts them.

    Exercise, update or all-clear first; then how grave, what and where, in which role, by when to answer, the
    situation's name and the code to answer with. What does not fit goes in this order: the situation's name, which the
    code stands for; the zone; letters of the kind; letters of the place; the role.
    """
    event: Any = alert.event
    kind = word("kind", event.kind, lang)
    # The bus's own alarms have no place: whose record or answer it is about says more.
    place = place_name(alert.place, lang) if isinstance(event, Incident) else _whose(event, lang)
    if alert.secret:
        kind, place = word("short", "restricted", lang), ""
    line = _Line(
        head=" ".join([*marks(event, lang, exercise=alert.exercise), f"{word('severity', event.severity, lang)}:"]),
        kind=kind,
        place=place,
        role="" if alert.role is None else word("short", alert.role, lang),
        due="" if alert.acknowledge_by is None else short_time(alert.acknowledge_by, alert.origin.timestamp),
        situation=alert.situation or "",
        code=f"{REPLY} {code}" if code else "",
    )
    return line.fitted(length)


def _whose(event: Any, lang: Language) -> str:
    return event.partner_in(lang) if isinstance(event, HeldAlarm) else body_name(getattr(event, "body", ""), lang)


def short_time(moment: datetime, on: datetime) -> str:
    """Write a time of the country's own clock, which is that of every officer's telephone; its day if it is another."""
    local, today = moment.astimezone(LOCAL_TIME), on.astimezone(LOCAL_TIME)
    return f"{local:%H:%M}" if local.date() == today.date() else f"{local:%d.%m %H:%M}"


def letters(text: str) -> int:
    """Count as a mobile network does: what lies beyond 16 bits counts twice."""
    return len(text.encode("utf-16-be")) // 2


class _Line(NamedTuple):
    head: str
    kind: str
    place: str
    role: str
    due: str
    situation: str
    code: str

    def __str__(self) -> str:
        what = ", ".join(filter(None, (self.kind, self.place)))
        tail = " ".join(filter(None, (self.role, self.due, self.situation, self.code)))
        return " ".join(filter(None, (self.head, what, tail)))

    def fitted(self, length: int) -> str:
        """Write it within a length."""
        zoned = self._replace(due=f"{self.due} +06") if self.due else self
        for line in (zoned, zoned._replace(situation=""), self._replace(situation="")):
            if line.length <= length:
                return str(line)
        line = line.cut("kind", length).cut("place", length)
        if line.length > length:
            line = line._replace(role="").cut("kind", length)
        if line.length > length:
            line = line._replace(place="").cut("kind", length)
        return str(line)

    @property
    def length(self) -> int:
        """How many letters it has."""
        return letters(str(self))

    def cut(self, field: str, length: int) -> _Line:
        """Take letters off a field until the whole fits, as long as enough of them are left."""
        text: str = getattr(self, field)
        over = self.length - length
        if over <= 0 or len(text) <= SHORTEST:
            return self
        kept = text[: max(SHORTEST, len(text) - over) - 1].rstrip(" ,(")
        return self._replace(**{field: f"{kept}{CUT}"})


def letter_of(alert: Alert, body: str, lang: Language, *, post: str) -> Letter:
    """Write an alert whole, what to do included; of a restricted one only that it waits at the desk."""
    subject = notice_of(alert, lang, SUBJECT_LETTERS)
    lines = [subject, ""] if alert.secret else [subject, "", *_body_of(alert, lang), ""]
    lines += _facts(alert, body, lang)
    if alert.situation:
        command = f'cbrn ack {alert.situation} --as {body} --by "{post}"'
        lines += ["", f"{word('notice', 'command', lang)}: {command}"]
    return Letter(subject, clipped("\n".join(lines)))


def _body_of(alert: Alert, lang: Language) -> list[str]:
    """Lay out headline, what to do, description, and everything else that the event says."""
    event: Any = alert.event
    text = alert.text(lang)
    found = [alert.headline(lang)]
    if text is not None and text.instruction:
        found += ["", f"{word('ui', 'remedy', lang).capitalize()}:", text.instruction]
    if text is not None and text.description:
        found += ["", text.description]
    if isinstance(event, Incident):
        found += ["", *map(str, details(cast("Any", event), lang))]
    return found


def _facts(alert: Alert, body: str, lang: Language) -> list[str]:
    def line(group: str, code: str, text: str) -> list[str]:
        return [f"{word(group, code, lang)}: {text}"] if text else []

    event: Any = alert.event
    observed = getattr(event, "observed", None)
    due = alert.acknowledge_by
    return [
        *line("ui", "to", body_name(body, lang)),
        *line("ui", "role", word("role", alert.role, lang) if alert.role else ""),
        *line("ui", "deadline", f"{due.astimezone(LOCAL_TIME):%d.%m.%Y %H:%M} +06" if due else ""),
        *line("ui", "from", body_name(alert.publisher, lang) if alert.publisher else ""),
        *line("notice", "since", f"{observed.astimezone(LOCAL_TIME):%d.%m.%Y %H:%M} +06" if observed else ""),
        *line("notice", "why", ", ".join(alert.rules)),
        *line("ui", "warnings", "; ".join(word("doubt", each, lang) for each in alert.warnings)),
        *line("ui", "situation", alert.situation or ""),
        *line("ui", "event-id", f"{alert.id} ({alert.source})"),
    ]


def digest_of(held: Sequence[Notice], lang: Language, *, lines: int = DIGEST_LINES) -> Letter:
    """Write what a flood has held back, gravest first."""
    subject = f"{len(held)} {word('notice', 'digest', lang)}"
    if held[0].realm is Realm.EXERCISE:
        subject = f"{word('mark', 'Exercise', lang)} {subject}"
    gravest = sorted(held, key=lambda each: -SEVERITY_ORDER[each.severity])[:lines]
    said = [each.subject for each in gravest]
    if len(held) > len(said):
        said.append(f"{word('notice', 'digest-more', lang)} {len(held) - len(said)}")
    return Letter(subject, clipped("\n".join([f"{subject}:", *said])))


def clipped(text: str) -> str:
    """Return a text that a record takes: cut where it is longer, and marked as cut; no control characters.

    What the bus itself reports may repeat bytes of a record that nobody could read.
    """
    safe = _CONTROLS.sub(UNREADABLE, text).encode("utf-8", "replace").decode()
    return safe if len(safe) <= TEXT_MAX else f"{safe[: TEXT_MAX - 1]}{CUT}"
