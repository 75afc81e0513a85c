"""What a person may give to many commands, and how it is understood: times, days, bodies, books, keys.

What cannot be understood raises UsageError, at once and before a broker is asked.
"""

# ruff: noqa: PLC0415 - what is heavy is imported where it is needed, so that help is quick

from __future__ import annotations

import re
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Final, Literal

import typer

from cbrn_deploy.cli.completion import complete_bodies, complete_books, complete_kinds, complete_publishers
from cbrn_schemas.errors import BusError

RealmName = Literal["cbrn", "cbrn-exercise"]
LanguageCode = Literal["ky", "ru", "en"]

RealmOption = Annotated[
    RealmName | None, typer.Option(help="Realm: real or exercise.  [default: CBRN_REALM or cbrn]", show_default=False)
]
ServersOption = Annotated[
    str | None,
    typer.Option(
        "--bootstrap-servers",
        metavar="HOST:PORT,...",
        help="Where Kafka is.  [default: CBRN_BOOTSTRAP_SERVERS or 127.0.0.1:9092]",
        show_default=False,
    ),
]
LangOption = Annotated[LanguageCode | None, typer.Option(help="Language of names and labels.", show_default=False)]
JsonOption = Annotated[bool, typer.Option("--json", help="Answer in JSON, for machines.")]
PlaintextOption = Annotated[
    bool,
    typer.Option(
        "--plaintext", help="Without encryption, users and rights: whoever is on this machine may do everything."
    ),
]
LimitOption = Annotated[int, typer.Option(min=1, help="Rows on the screen, those first that press most.")]
ROWS: Final = 200
"""Rows that a screen shows unless asked for more: nobody reads 5,000, and each costs a millisecond or two."""
BOOK_HELP: Final = "`national`, a folder of *.yaml, one such file, or the digest of an activated book."
BookArgument = Annotated[str, typer.Argument(metavar="BOOK", help=BOOK_HELP, autocompletion=complete_books)]
BookOption = Annotated[
    str, typer.Option("--book", "--rulebook", metavar="BOOK", help=BOOK_HELP, autocompletion=complete_books)
]
BodyArgument = Annotated[
    str,
    typer.Argument(
        metavar="BODY",
        help="The body, by code, name or abbreviation, such as mes, МЧС or moh.",
        autocompletion=complete_bodies,
    ),
]
PublisherOption = Annotated[
    str,
    typer.Option(
        "--as",
        metavar="BODY",
        help="The body that publishes, by code, name or abbreviation.",
        autocompletion=complete_publishers,
    ),
]
KindArgument = Annotated[
    str,
    typer.Argument(
        metavar="KIND", help="The kind, by code or name; `cbrn kinds` lists them.", autocompletion=complete_kinds
    ),
]
OnOption = Annotated[
    str | None,
    typer.Option(
        "--on",
        metavar="DATE",
        help="By the bodies and laws of this day, as 2026-11-23.  [default: today]",
        show_default=False,
    ),
]
MomentOption = Annotated[
    str | None,
    typer.Option(metavar="TIME", help="2026-11-01, 2026-11-01T08:00Z, or how long ago: 36h, 7d.", show_default=False),
]
SignersOption = Annotated[
    Path | None,
    typer.Option(
        "--signers",
        metavar="FILE",
        help="Trust file with the persons' keys.  [default: CBRN_RULEBOOK_SIGNERS]",
        show_default=False,
    ),
]

_EARLIEST, _LATEST = datetime(1970, 1, 2, tzinfo=UTC), datetime(2199, 12, 30, tzinfo=UTC)
_SPAN: Final = re.compile(r"([0-9]{1,5})([smhdw])")
_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


class UsageError(BusError):
    """An argument, option or setting that cannot be understood, or does not go with another."""

    bad_input = True


def parse_day(text: str) -> date:
    """Read a day that a person gave."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{text}: no such day", "Write it as 2026-11-23.") from None


def day_of(on: str | None) -> date:
    """Return the day asked for, or today in the country's time."""
    from cbrn_routing.rulebook.eras import local_day

    return local_day(datetime.now(UTC)) if on is None else parse_day(on)


def moment(text: str | None, now: datetime) -> datetime | None:
    """Read a time that a person gave, aware; a day begins at the country's midnight.

    What lies before or behind all that the bus can hold becomes the nearest time that Kafka knows.
    """
    from cbrn_schemas.events.time import LOCAL_TIME

    if text is None:
        return None
    if (ago := _span(text)) is not None:
        return max(now - ago, _EARLIEST)
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        hint = "Write 2026-11-01, 2026-11-01T08:00Z, or how long ago: 36h, 7d."
        raise UsageError(f"{text}: no such time", hint) from None
    aware = found if found.tzinfo is not None else found.replace(tzinfo=LOCAL_TIME)
    return min(max(aware, _EARLIEST), _LATEST)


def span(text: str) -> timedelta:
    """Read a length of time that a person gave: `90s`, `5m`, `2h`, `7d`."""
    if (found := _span(text)) is None:
        raise UsageError(f"{text}: no such length of time", "Write a number and s, m, h or d: 90s, 5m, 2h, 7d.")
    return found


def _span(text: str) -> timedelta | None:
    found = _SPAN.fullmatch(text)
    return None if found is None else timedelta(**{_UNITS[found[2]]: int(found[1])})


def body_code(text: str) -> str:
    """Return the code of the body that a person named, by code, name or abbreviation."""
    from cbrn_schemas.catalogue.bodies import body_meant, find_body

    if (found := find_body(text)) is not None:
        return found.code
    raise UsageError(f"no body is called «{text}»", body_meant(text))


def kind_code(text: str) -> str:
    """Return the code of the kind that a person named, by code or by its name in any language."""
    from cbrn_schemas.catalogue.searching import kind_names
    from cbrn_schemas.catalogue.spelling import OFFERED_MAX, offer

    found = kind_names().called(text)
    if len(found) == 1:
        return found[0]
    hint = offer(kind_names().meant(text)[:OFFERED_MAX], "`cbrn kinds` lists all of them.")
    raise UsageError(f"there is no kind «{text}»", hint)


def content_of(file: str) -> bytes:
    """Return the bytes of a file, or of standard input where it is called `-`."""
    return sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
