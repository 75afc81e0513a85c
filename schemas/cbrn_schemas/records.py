"""What the bus itself writes: headers of an alert, records of the quarantine, the alarm about an unreadable incident.

Names only; who writes them when is the router's business.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec

from cbrn_schemas.catalogue.naming import body_name
from cbrn_schemas.catalogue.words import word, words
from cbrn_schemas.envelope import RESERVED_PREFIX, Header, binary_headers, encode_key
from cbrn_schemas.events.base import Code, Language, Severity, Text
from cbrn_schemas.events.model import Model
from cbrn_schemas.events.time import Time
from cbrn_schemas.headers import SIGNATURE, is_reserved

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cbrn_schemas.errors import InvalidEventError

# Headers that the router adds to an alert. Absent ones mean: level 0, no deadline, no warnings, not restricted.
ROLE: Final = "cbrn_role"
"""`lead`, `support` or `inform`."""
RULE: Final = "cbrn_rule"
"""Ids of the rules that named the body, comma-separated; `earlier-recipient` where only the situation did."""
ACKNOWLEDGE_BY: Final = "cbrn_acknowledge_by"
"""RFC 3339 time by which the body must acknowledge."""
LEVEL: Final = "cbrn_level"
"""Escalation level: how often the alert has been passed on for want of an acknowledgement."""
WARNINGS: Final = "cbrn_warnings"
"""Codes of `Doubt`, comma-separated."""
RULEBOOK: Final = "cbrn_rulebook"
"""First 12 hexadecimal digits of the digest of the rule book that decided."""
PLACE: Final = "cbrn_place"
"""District, else region, else country, as found."""
RESTRICTED: Final = "cbrn_restricted"
"""`true` where only named duty officers may see it."""
SIGNED_BY: Final = "cbrn_signed_by"
"""Id of the key whose signature over the event the router has verified. Absent: not signed, or not verified."""
PARTNER: Final = "cbrn_partner"
"""On the outbound topic: the partner for whom the copy waits until a named person releases it."""

PUBLIC: Final = "cbrn_public"
"""On a partner's documents: `true` where the agreement under which it was released makes it public, too."""

AGREEMENT: Final = "cbrn_agreement"
"""On what was released to a partner: the agreement under which it left, and its version."""

DOCUMENT_TYPE: Final = "kg.cbrn.partner.document.v1"
"""CloudEvents type of a document in a partner's form, that partner's or for it: its data are the document itself."""

STAMPED_BY_BROKER: Final = 1
"""Kafka's number for `LogAppendTime`."""


def broker_time(timestamp_ms: int, timestamp_type: int | None, now: datetime) -> datetime:
    """Return when the broker took a record, by the broker's clock.

    Where the topic leaves the stamping to its writers, the time is a writer's word, and whoever wants to have signed
    before a key ran out would only have to write it: then it is `now`, the time of reading, the latest that it can be.
    """
    if timestamp_type != STAMPED_BY_BROKER or timestamp_ms < 0:
        return now
    return record_time(timestamp_ms)


EARLIER_RECIPIENT: Final = "earlier-recipient"
"""In place of a rule: the body got the original, so it gets what corrects it."""

# Headers of a quarantined record, beside its own.
REASON: Final = "cbrn_reason"
WHERE: Final = "cbrn_where"
MESSAGE: Final = "cbrn_message"
HINT: Final = "cbrn_hint"
ORIGIN_TOPIC: Final = "cbrn_topic"
ORIGIN_PARTITION: Final = "cbrn_partition"
ORIGIN_OFFSET: Final = "cbrn_offset"
ORIGIN_KEY: Final = "cbrn_key"
QUARANTINED_AT: Final = "cbrn_time"
STATE: Final = "cbrn_state"
"""`released`, or `refused` where a decision changes nothing: `cbrn_message` and `cbrn_hint` then say why."""
DECISION: Final = "cbrn_decision"
"""Id of the person's decision that is answered."""
RELEASED_BY: Final = "cbrn_released_by"
RELEASED_AT: Final = "cbrn_released_at"

ALARM_TYPE: Final = "kg.cbrn.alarm.quarantined.v1"
"""CloudEvents type of the alarm about an incident in quarantine."""
MORE_REFUSED: Final = "more-refused"
"""Reason of an alarm that tells of those to come, too: a body is refused again and again for the same."""
ALARM_SOURCE: Final = "/bus/router"


LOCAL_LANGUAGES: Final[tuple[Language, ...]] = ("ky", "ru")
"""Languages besides English, in which alarms are made of the catalogue's words."""


class Alarm(Model):
    """An incident lies in quarantine: nobody can route what nobody can read. To its publisher and to `mes`."""

    kind: Literal["quarantined"] = "quarantined"
    quarantine_id: str
    """`<topic>/<partition>/<offset>`, as `cbrn quarantine show` takes it."""
    body: Code
    """Who published the record."""
    at: Time
    reason: str
    where: str
    message: str
    hint: str

    @property
    def severity(self) -> Severity:
        """What nobody could read, nobody has rated."""
        return "Unknown"

    @property
    def texts(self) -> Mapping[Language, Text]:
        """What an officer reads, as every event has it; what was wrong exactly is in English."""
        said = f"{self.where}: {self.message}"
        english = spoken(f"Not readable: {said} ({self.quarantine_id})", instruction=self.hint)
        found: dict[Language, Text] = {"en": english}
        for lang in LOCAL_LANGUAGES:
            reason, publisher = word("reason", self.reason, lang), body_name(self.body, lang)
            headline = f"{word('kind', self.kind, lang)}: {reason} ({publisher}, {self.quarantine_id})"
            field = f"{word('ui', 'field', lang)}: {said}"
            found[lang] = spoken(headline, description=field, instruction=self._look(lang))
        return found

    def _look(self, lang: Language) -> str:
        what = remedy_in(lang, self.reason, self.hint)
        return f"{word('ui', 'remedy', lang)}: `cbrn quarantine show {self.quarantine_id}`; {what}"


def remedy_in(lang: Language, reason: str, hint: str) -> str:
    """Say what to do, in the reader's language; behind it the refusal's own, more exact words, which are English."""
    if lang == "en" or ("remedy", reason) not in words():
        return hint
    return f"{word('remedy', reason, lang)} [en: {hint}]"


def spoken(headline: str, *, description: str | None = None, instruction: str | None = None) -> Text:
    """Make a text of the bus itself. Unlike a publisher's it is held against no length: it must be heard."""
    return Text.model_construct(headline=headline, description=description, instruction=instruction)


def bus_headers(headers: Iterable[tuple[str, bytes | None]]) -> dict[str, str]:
    """Read what the bus wrote beside a record, by the names of this module, whatever the bytes are.

    A header without a value counts as absent: one odd record must not end a reader for everybody.
    """
    return {
        name: content.decode("utf-8", "backslashreplace")
        for name, content in headers
        if content is not None and name.startswith(RESERVED_PREFIX)
    }


TIMESTAMP_MAX: Final = 253_370_764_799_999
"""Milliseconds of the end of the year 9998: beyond it no time can be shown in every time zone."""


def record_time(timestamp: int) -> datetime:
    """Read a record's Kafka timestamp (UTC); one before 1970 or after 9998 becomes the nearest that can be shown."""
    return datetime.fromtimestamp(min(max(timestamp, 0), TIMESTAMP_MAX) / 1000, UTC)


def quarantine_id(topic: str, partition: int, offset: int) -> str:
    """Name a quarantined record, from where it came."""
    return f"{topic}/{partition}/{offset}"


def rfc3339(moment: datetime) -> str:
    """Write UTC with milliseconds: `2024-06-01T08:15:00.000Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def quarantine_headers(
    own: Iterable[Header],
    error: InvalidEventError,
    *,
    topic: str,
    partition: int,
    offset: int,
    key: bytes | None,
    at: str,
) -> list[Header]:
    """Return the record's own headers and, beside them, where it came from, what was wrong and what to do.

    Always fits: of a record of 1 MiB the key grows to 4/3 in base64, and ours are 14 kB at the most (three texts of
    1,000 characters, a topic of 249, numbers); the quarantine's topic takes 2 MiB.
    """
    return [
        # A signature stays with its bytes: they may be put back as they are, and it is evidence.
        *(header for header in own if header[0] == SIGNATURE or not is_reserved(header[0])),
        (REASON, error.reason.encode()),
        (WHERE, error.where.encode()),
        (MESSAGE, error.message.encode()),
        (HINT, error.hint.encode()),
        (ORIGIN_TOPIC, topic.encode()),
        (ORIGIN_PARTITION, str(partition).encode()),
        (ORIGIN_OFFSET, str(offset).encode()),
        (ORIGIN_KEY, encode_key(key)),
        (QUARANTINED_AT, at.encode()),
    ]


def alarm_record(error: InvalidEventError, *, identifier: str, body: str, at: str) -> tuple[list[Header], bytes]:
    """Make the headers and value of the alarm about one quarantined incident.

    Its id is that of the quarantined record, so the same record never raises two.
    """
    return _alarm(identifier, body, at, (error.reason.value, error.where, error.message, error.hint))


def alarm_of_more(
    error: InvalidEventError, *, identifier: str, body: str, at: str, until: datetime
) -> tuple[list[Header], bytes]:
    """Make the alarm about a quarantined incident that tells for those that follow it, too.

    `MORE_REFUSED` is a reason like others, so that whoever reads alarms reads this one, with words in three languages.
    """
    message = f"{error.reason.value}, many times within a minute: until {rfc3339(until)} none is told of by itself"
    hint = f"All lie in quarantine: `cbrn quarantine list`. Ask {body} to stop what sends them. Here: {error.message}"
    return _alarm(identifier, body, at, (MORE_REFUSED, error.where, message, hint))


def _alarm(identifier: str, body: str, at: str, said: tuple[str, str, str, str]) -> tuple[list[Header], bytes]:
    data: dict[str, Any] = {"kind": "quarantined", "quarantine_id": identifier, "body": body, "at": at}
    data |= dict(zip(("reason", "where", "message", "hint"), said, strict=True))
    return (
        binary_headers(id=identifier, source=ALARM_SOURCE, type=ALARM_TYPE, time=at, subject=identifier),
        msgspec.json.encode(data),
    )
