"""Rotas, officers and what is said of a watch, to test with."""

from datetime import UTC, datetime, timedelta

from cbrn_consumers.rota import ShiftLog, read_officers, read_rota
from cbrn_schemas.shift import ChannelTestAsked, ChannelTested, ShiftHandedOver, ShiftTaken, state_fact
from cbrn_schemas.topics import Realm

NUMBER = "+996 700 123-456"
"""Planted: it must be seen nowhere. In any spelling: its last digits."""
MAIL = "duty.officer@mes.example.kg"
HOOK = "https://hooks.example.kg/secret-path"
PLANTED = (NUMBER, "996700123456", "123-456", "123456", MAIL, "duty.officer", HOOK, "secret-path")
BISHKEK = ";TZID=Asia/Bishkek:"
START = datetime(2026, 11, 1, tzinfo=UTC)
BY = "Asanov, duty officer"

OFFICERS = f"""\
body: mes
officers:
  - post: duty-1
    title: Дежурный 1-й смены
    language: ky
    channels:
      - {{name: mobile, kind: sms, to: "{NUMBER}"}}
      - {{name: desk, kind: bell}}
  - post: duty-2
    title: Дежурный 2-й смены
    channels:
      - {{name: mail, kind: email, to: {MAIL}}}
      - {{name: hook, kind: webhook, to: "{HOOK}"}}
  - post: duty-3
    title: Дежурный 3-й смены
"""


def entry(uid="a", post="first: duty-1", begins="20261101T080000", lasts="PT12H", *more):
    """The lines of one entry, in the country's time."""
    return (f"UID:{uid}", f"SUMMARY:{post}", f"DTSTART{BISHKEK}{begins}", f"DURATION:{lasts}", *more)


def calendar(*entries):
    """A calendar's bytes."""
    blocks = ("\r\n".join(("BEGIN:VEVENT", *each, "END:VEVENT", "")) for each in entries)
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{''.join(blocks)}END:VCALENDAR\r\n".encode()


def rota(*entries):
    """The rota of a calendar."""
    return read_rota(calendar(*entries), "mes")


ROUND = (
    entry("day", "first: duty-1", "20261101T080000", "PT12H", "RRULE:FREQ=DAILY;UNTIL=20271231"),
    entry("night", "first: duty-2", "20261101T200000", "PT12H", "RRULE:FREQ=DAILY;UNTIL=20271231"),
)
"""Nobody's hole: days and nights."""


def officers(text=OFFICERS):
    """The officers of a file."""
    return read_officers(text.encode())


def local(day, hour=0, minute=0):
    """A time of November 2026 in the country, as UTC."""
    return START + timedelta(days=day - 1, hours=hour - 6, minutes=minute)


_SAID = iter(range(1_000_000))


def fact(model, **fields):
    """A fact of the Ministry of Emergency Situations."""
    given = {"id": f"mes.{next(_SAID)}", "realm": Realm.REAL, "body": "mes", "post": "duty-1", "by": BY, "at": START}
    if model is ChannelTested:
        given |= {"channel": "mobile", "kind": "sms", "outcome": "answered"}
    elif model is not ChannelTestAsked:
        given |= {"seat": "first", "until": START + timedelta(days=400)}
    return state_fact(model, **given | fields)


def taken(post, at, until, **fields):
    """A shift that is taken."""
    return fact(ShiftTaken, post=post, at=at, until=until, **fields)


def handed_over(post, at, until, **fields):
    """A shift that is handed over."""
    return fact(ShiftHandedOver, post=post, at=at, until=until, **fields)


def channel_test(officer, name, at, outcome="answered", **fields):
    """A test of an officer's channel."""
    channel = officer.channel(name)
    why = {} if outcome == "answered" else {"why": "no-answer"}
    said = {"post": officer.post, "channel": name, "kind": channel.kind, "check": channel.check}
    return fact(ChannelTested, at=at, outcome=outcome, **why | said | fields)


def log(*facts):
    """A log of facts, each on the broker when it was said."""
    made = ShiftLog("mes")
    for each in facts:
        made.note(each, each.at)
    return made
