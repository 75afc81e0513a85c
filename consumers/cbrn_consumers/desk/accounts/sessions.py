"""Sessions: how long one lasts, how it begins, is found again and ends. Only the hash of its token is kept.

An officer's page stays open all night and its stream counts as use; a phone in a pocket has no stream. So a session may
rest for 12 hours: who is called at 3 a.m. need not type a password first. It ends after 25 hours in any case: a watch
lasts a day, and the hand-over at its end falls within (NIST SP 800-63B gives 24). Who keeps accounts has no such night:
30 minutes and 8 hours.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import and_, delete, insert, or_, select, update

from cbrn_consumers.desk.accounts.account import Account, Session
from cbrn_consumers.desk.accounts.rights import Role
from cbrn_consumers.desk.accounts.rows import account_of, ms, plain, time_of
from cbrn_consumers.desk.accounts.tables import ACCOUNTS, SESSIONS

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Row
    from sqlalchemy.engine import Connection

TOKEN_BYTES: Final = 32
SESSIONS_MAX: Final = 20
"""Of one account; the one longest unused ends."""
_SEEN_EVERY: Final = timedelta(minutes=1)
"""Use is written down so often: 500 streams would else write with every page."""
_ADMINISTRATOR: Final = timedelta(minutes=30), timedelta(hours=8)
_ADDRESS_CHARS_MAX: Final = 64


@dataclass(frozen=True, slots=True)
class Lasting:
    """How long sessions last."""

    idle: timedelta = timedelta(hours=12)
    whole: timedelta = timedelta(hours=25)

    def of(self, role: Role) -> tuple[timedelta, timedelta]:
        """Return how long a role's session may rest, and how long it may last."""
        if role is Role.ADMINISTRATOR:
            return min(self.idle, _ADMINISTRATOR[0]), min(self.whole, _ADMINISTRATOR[1])
        return self.idle, self.whole

    def until(self, began: datetime, seen: datetime, role: Role) -> datetime:
        """Return when a session ends that is not used again."""
        idle, whole = self.of(role)
        return min(seen + idle, began + whole)


def hash_of(token: str) -> str:
    """Return what is kept of a token: it is random, so nothing slower is needed."""
    return sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def start(
    connection: Connection, account: Account, *, address: str, agent: str, now: datetime, lasting: Lasting
) -> tuple[str, Session]:
    """Begin a session under a new token: one that was planted before the sign-in opens nothing."""
    token, known = secrets.token_urlsafe(TOKEN_BYTES), secrets.token_hex(8)
    address, agent = plain(address, _ADDRESS_CHARS_MAX), plain(agent)
    forget_past(connection, now, lasting)
    query = select(SESSIONS.c.id).where(SESSIONS.c.account == account.id).order_by(SESSIONS.c.seen.desc())
    crowd = connection.execute(query.offset(SESSIONS_MAX - 1)).scalars().all()
    connection.execute(delete(SESSIONS).where(SESSIONS.c.id.in_(crowd)))
    connection.execute(
        insert(SESSIONS).values(
            token_hash=hash_of(token),
            id=known,
            account=account.id,
            began=ms(now),
            seen=ms(now),
            address=address,
            agent=agent,
        )
    )
    until = lasting.until(now, now, account.role)
    session = Session(id=known, account=account, began=now, seen=now, until=until, address=address, agent=agent)
    return token, session


def find(connection: Connection, token: str, now: datetime, lasting: Lasting) -> Session | None:
    """Find the session of a token and note that it is used; None where it is over or the account disabled."""
    found = _listed(connection, SESSIONS.c.token_hash == hash_of(token), now, lasting)
    if not found or found[0].account.disabled:
        return None
    session = found[0]
    if now - session.seen >= _SEEN_EVERY:
        connection.execute(update(SESSIONS).where(SESSIONS.c.id == session.id).values(seen=ms(now)))
    return session


def sessions_of(connection: Connection, account_id: str, now: datetime, lasting: Lasting) -> tuple[Session, ...]:
    """List the sessions of an account, those used last first."""
    return _listed(connection, SESSIONS.c.account == account_id, now, lasting)


def _listed(
    connection: Connection, wanted: ColumnElement[bool], now: datetime, lasting: Lasting
) -> tuple[Session, ...]:
    columns = SESSIONS.c.id.label("session"), *(SESSIONS.c[name] for name in ("began", "seen", "address", "agent"))
    query = select(ACCOUNTS, *columns).join(SESSIONS, SESSIONS.c.account == ACCOUNTS.c.id)
    rows = connection.execute(query.where(wanted).order_by(SESSIONS.c.seen.desc(), SESSIONS.c.id)).all()
    read = (_session_of(row, lasting) for row in rows)
    return tuple(each for each in read if now < each.until)


def _session_of(row: Row[Any], lasting: Lasting) -> Session:
    account, began, seen = account_of(row), time_of(row.began), time_of(row.seen)
    until = lasting.until(began, seen, account.role)
    return Session(
        id=row.session, account=account, began=began, seen=seen, until=until, address=row.address, agent=row.agent
    )


def end(connection: Connection, wanted: ColumnElement[bool]) -> int:
    """End the sessions that are meant, and return how many."""
    return connection.execute(delete(SESSIONS).where(wanted)).rowcount


def forget_past(connection: Connection, now: datetime, lasting: Lasting) -> None:
    """Drop sessions that are over."""
    by_role = (
        and_(
            SESSIONS.c.account.in_(select(ACCOUNTS.c.id).where(ACCOUNTS.c.role == role.value)),
            or_(SESSIONS.c.seen <= ms(now - idle), SESSIONS.c.began <= ms(now - whole)),
        )
        for role in Role
        for idle, whole in [lasting.of(role)]
    )
    connection.execute(delete(SESSIONS).where(or_(*by_role)))
