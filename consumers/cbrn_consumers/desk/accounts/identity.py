"""Who somebody is by the word of the state's own sign-in, and the account that this makes theirs."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import delete, insert, select, update

from cbrn_consumers.desk.accounts import sessions
from cbrn_consumers.desk.accounts.errors import Refusal, SignInError
from cbrn_consumers.desk.accounts.rows import checked_body, checked_name, checked_shown, ms, note_entry, stored_account
from cbrn_consumers.desk.accounts.tables import ACCOUNTS, BEGUN, SESSIONS

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Row
    from sqlalchemy.engine import Connection

    from cbrn_consumers.desk.accounts.rights import Role
    from cbrn_schemas.events.base import Language

BEGUN_FOR: Final = timedelta(minutes=10)
"""Time to sign in at the provider, with its second factor."""
BEGUN_MAX: Final = 10_000


class Begun(NamedTuple):
    """A sign-in that is under way at the provider."""

    verifier: str
    nonce: str
    next: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What the provider says of somebody. None: it says nothing of it, or is not asked."""

    issuer: str
    subject: str
    name: str | None = None
    """By which an account here may be theirs that nobody has signed in to so far."""
    shown: str | None = None
    body: str | None = None
    role: Role | None = None
    lang: Language
    creates: bool = False


def keep_begun(connection: Connection, state: str, begun: Begun, now: datetime) -> None:
    """Remember a sign-in under way, and forget those that took too long."""
    connection.execute(delete(BEGUN).where(BEGUN.c.at <= ms(now - BEGUN_FOR)))
    newest = select(BEGUN.c.state_hash).order_by(BEGUN.c.at.desc()).limit(BEGUN_MAX)
    connection.execute(delete(BEGUN).where(BEGUN.c.state_hash.not_in(newest.scalar_subquery())))
    connection.execute(insert(BEGUN).values(state_hash=sessions.hash_of(state), at=ms(now), **begun._asdict()))


def take_begun(connection: Connection, state: str, now: datetime) -> Begun | None:
    """Take a sign-in under way out: whoever comes second with the same state finds none."""
    taken = delete(BEGUN).where(BEGUN.c.state_hash == sessions.hash_of(state)).returning(BEGUN)
    row = connection.execute(taken).one_or_none()
    if row is None or row.at <= ms(now - BEGUN_FOR):
        return None
    return Begun(row.verifier, row.nonce, row.next)


def account_for(connection: Connection, who: Identity, now: datetime) -> Row[Any]:
    """Find, bind or make the account of somebody; its body and role as the provider says, where it is asked.

    Raises:
        SignInError: there is none.
        AccountError: one that should be made cannot be kept so.
    """
    by = who.issuer
    body = None if who.body is None else checked_body(who.body)
    row = stored_account(connection, issuer=who.issuer, subject=who.subject)
    if row is None:
        row = _bound(connection, who, now, by) or _made(connection, who, now, by)
    changed = {"body": body, "role": None if who.role is None else who.role.value}
    values = {key: value for key, value in changed.items() if value not in {None, getattr(row, key)}}
    if not values:
        return row
    connection.execute(update(ACCOUNTS).where(ACCOUNTS.c.id == row.id).values(values))
    sessions.end(connection, SESSIONS.c.account == row.id)
    told = ", ".join(f"{key}: {getattr(row, key)} → {value}" for key, value in values.items())
    note_entry(connection, "changed", now, by=by, row=row, note=told)
    return connection.execute(select(ACCOUNTS).where(ACCOUNTS.c.id == row.id)).one()


def _bound(connection: Connection, who: Identity, now: datetime, by: str) -> Row[Any] | None:
    """Make an account theirs that has this name and is nobody's yet; only once, since names are given anew."""
    row = None if who.name is None else stored_account(connection, name=checked_name(who.name))
    if row is None or row.subject is not None:
        return None
    values: dict[str, Any] = {"issuer": who.issuer, "subject": who.subject}
    if row.must_change:  # a password that was given out and never theirs: nobody needs it now
        values |= {"password": None, "must_change": False}
    mine = update(ACCOUNTS).where(ACCOUNTS.c.id == row.id, ACCOUNTS.c.subject.is_(None))
    if connection.execute(mine.values(values)).rowcount != 1:
        return None
    note_entry(connection, "changed", now, by=by, row=row, note="bound to the state's own sign-in")
    return stored_account(connection, id=row.id)


def _made(connection: Connection, who: Identity, now: datetime, by: str) -> Row[Any]:
    if not who.creates or who.body is None or who.role is None or who.name is None:
        raise SignInError(Refusal.UNKNOWN)
    values = {
        "id": secrets.token_hex(8),
        "name": checked_name(who.name),
        "shown": checked_shown(who.shown or who.name),
        "body": checked_body(who.body),
        "role": who.role.value,
        "lang": who.lang,
        "created": ms(now),
        "disabled": False,
        "must_change": False,
        "password": None,
        "issuer": who.issuer,
        "subject": who.subject,
    }
    row = connection.execute(insert(ACCOUNTS).values(values).returning(ACCOUNTS)).one()
    note_entry(connection, "added", now, by=by, row=row, note=f"{who.role}, {who.body}")
    return row
