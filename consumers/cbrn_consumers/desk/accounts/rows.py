"""Rows of the accounts' database and what they stand for."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import delete, insert, select

from cbrn_consumers.desk.accounts.account import Account
from cbrn_consumers.desk.accounts.errors import AccountError
from cbrn_consumers.desk.accounts.rights import Role
from cbrn_consumers.desk.accounts.tables import ACCOUNTS, ENTRIES
from cbrn_schemas.catalogue.bodies import bodies

if TYPE_CHECKING:
    from sqlalchemy import Row
    from sqlalchemy.engine import Connection

NAME: Final = re.compile(r"[a-z0-9][a-z0-9._@-]{1,62}[a-z0-9]")
_SHOWN_CHARS: Final = range(2, 121)
"""A receipt holds 200; the body's name may stand behind it."""
_ADDRESS_CHARS_MAX: Final = 64
_AGENT_CHARS_MAX: Final = 120
_NOTE_CHARS_MAX: Final = 200
KEPT: Final = timedelta(days=400)
"""Of entries: a year, and a month to look into it."""
_PRUNED_EVERY: Final = 500
"""Entries between two looks at what is older."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What happened to an account.

    `act`: added, changed, disabled, enabled, password, signed-in, confirmed, refused, signed-out.

    `name` is empty where somebody typed a name that is none: it may have been a password.
    """

    at: datetime
    act: str
    name: str
    by: str
    address: str
    note: str


def ms(at: datetime) -> int:
    """Write a time as the database holds it."""
    return int(at.timestamp() * 1000)


def time_of(value: int) -> datetime:
    """Read a time."""
    return datetime.fromtimestamp(value / 1000, UTC)


def account_of(row: Row[Any]) -> Account:
    """Read an account, from a row that may hold more."""
    return Account(
        id=row.id,
        name=row.name,
        shown=row.shown,
        body=row.body,
        role=Role(row.role),
        lang=row.lang,
        created=time_of(row.created),
        disabled=row.disabled,
        must_change=row.must_change,
        has_password=row.password is not None,
        subject=row.subject,
    )


def stored_account(connection: Connection, **wanted: str) -> Row[Any] | None:
    """Find an account by columns of its own that are unique."""
    query = select(ACCOUNTS)
    for name, value in wanted.items():
        query = query.where(ACCOUNTS.c[name] == value)
    return connection.execute(query).one_or_none()


def note_entry(
    connection: Connection, act: str, now: datetime, *, by: str, row: Any = None, address: str = "", note: str = ""
) -> None:
    """Write down what happened to whose account; sometimes drop what is too old."""
    written = connection.execute(
        insert(ENTRIES).values(
            at=ms(now),
            act=act,
            account=None if row is None else row.id,
            name="" if row is None else row.name,
            by=_one_line(by),
            address=plain(address, _ADDRESS_CHARS_MAX),
            note=_one_line(note),
        )
    )
    key = written.inserted_primary_key
    if key is not None and key[0] % _PRUNED_EVERY == 0:
        connection.execute(delete(ENTRIES).where(ENTRIES.c.at < ms(now - KEPT)))


def _one_line(text: str) -> str:
    """Return a text with nothing that PostgreSQL would not hold, or a terminal would obey."""
    return "".join(each if each.isprintable() else "�" for each in text[:_NOTE_CHARS_MAX])


def plain(text: str, chars_max: int = _AGENT_CHARS_MAX) -> str:
    """Return a header's text as one that can be shown and kept."""
    return "".join(each for each in text if each.isascii() and each.isprintable())[:chars_max]


def sign_in_name(text: str) -> str:
    """Write a sign-in name one way: as typed on any keyboard with capitals and blanks around it."""
    return unicodedata.normalize("NFKC", text).strip().casefold()


def checked_name(text: str) -> str:
    """Return a name for a new account.

    Raises:
        AccountError: nobody can be called so.
    """
    name = sign_in_name(text)
    if not NAME.fullmatch(name):
        raise AccountError(
            f"{text[:40]!r} cannot be a sign-in name",
            "Write 3 to 64 Latin letters, digits, dots or hyphens, such as a.asanov: the same on every keyboard.",
        )
    return name


def checked_shown(text: str) -> str:
    """Return what an account is shown as: it stands in receipts, so it is one line.

    Raises:
        AccountError: it cannot be shown so.
    """
    shown = " ".join(unicodedata.normalize("NFC", text).split(" "))
    if shown != shown.strip() or len(shown) not in _SHOWN_CHARS or not shown.isprintable():
        raise AccountError(
            f"{text[:40]!r} cannot be shown in an answer",
            "Write post and surname in one line of 2 to 120 characters, such as «Duty officer Asanov».",
        )
    return shown


def checked_body(code: str) -> str:
    """Return the code of a body whose accounts there can be.

    Raises:
        AccountError: the catalogue has none such.
    """
    if code not in bodies():
        raise AccountError(f"there is no body {code[:40]!r}", "`cbrn bodies` lists them.")
    return code


def entries_in(connection: Connection, limit: int, account_id: str | None) -> tuple[Entry, ...]:
    """Read the newest entries."""
    query = select(ENTRIES).order_by(ENTRIES.c.number.desc()).limit(limit)
    if account_id is not None:
        query = query.where(ENTRIES.c.account == account_id)
    return tuple(
        Entry(at=time_of(row.at), act=row.act, name=row.name, by=row.by, address=row.address, note=row.note)
        for row in connection.execute(query)
    )
