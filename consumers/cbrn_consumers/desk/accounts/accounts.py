"""The accounts of a desk as its pages use them: signing in, sessions, one's own password.

A call is one transaction or two; those that take a password cost a third of a second and are for threads of their own
(`HASHES_AT_ONCE`). A refused sign-in says and costs the same, whether the name, the password or the account is at
fault.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from cbrn_consumers.desk.accounts import identity, sessions
from cbrn_consumers.desk.accounts.database import accounts_url, open_database
from cbrn_consumers.desk.accounts.errors import AccountError, Refusal, SignInError, WaitError
from cbrn_consumers.desk.accounts.guard import Guard
from cbrn_consumers.desk.accounts.passwords import Passwords
from cbrn_consumers.desk.accounts.people import People, stored
from cbrn_consumers.desk.accounts.rows import NAME, account_of, note_entry, sign_in_name, stored_account
from cbrn_consumers.desk.accounts.sessions import Lasting
from cbrn_consumers.desk.accounts.tables import ACCOUNTS, SESSIONS

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Row
    from sqlalchemy.engine import Engine

    from cbrn_consumers.desk.accounts.account import Account, Session
    from cbrn_consumers.desk.accounts.identity import Begun, Identity
    from cbrn_consumers.desk.accounts.oidc import Oidc
    from cbrn_schemas.settings import Settings

_NAME_CHARS_MAX: Final = 64
"""Of what is typed as a name, and counted."""


class SignedIn(NamedTuple):
    """What a sign-in gives. The token is for the browser's cookie, and is kept nowhere else."""

    token: str
    session: Session
    ends: datetime
    """When it ends in any case."""


class Accounts(People):
    """A desk's accounts, in a database of their own; to be closed, or used as a context."""

    def __init__(self, engine: Engine, *, passwords: Passwords | None = None, lasting: Lasting | None = None) -> None:
        super().__init__(engine, passwords or Passwords())
        self._lasting = lasting or Lasting()
        self._guard = Guard()
        self.provider: Oidc | None = None
        """The state's own sign-in; None: there is none."""

    @classmethod
    def open(cls, url: str, *, passwords: Passwords | None = None, lasting: Lasting | None = None) -> Self:
        """Open the database at an address, in its newest form.

        Raises:
            AccountsFileError: it cannot be used, or others may read it.
        """
        return cls(open_database(url), passwords=passwords, lasting=lasting)

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Open the database that the settings name.

        Raises:
            AccountsFileError: as in `open`, and where the file of the provider cannot be used.
        """
        made = cls.open(accounts_url(settings), lasting=Lasting(settings.desk_idle, settings.desk_session))
        if settings.desk_oidc is not None:
            from cbrn_consumers.desk.accounts.oidc import Oidc  # noqa: PLC0415 - it brings a client, and few have one

            made.provider = Oidc.of(settings.desk_oidc, made)
        return made

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the database, and of the provider."""
        if self.provider is not None:
            self.provider.close()
        self._engine.dispose()

    def sign_in(self, name: str, password: str, *, address: str, agent: str = "", now: datetime) -> SignedIn:
        """Begin a session for whoever knows the password.

        Raises:
            WaitError: too many attempts; after `wait_s` seconds again.
            SignInError: refused, in the same words for whatever reason.
        """
        row = self._admitted(name, address, now)
        made = None if row is None else row.password
        right = self._passwords.fits(made, password)
        if row is None or not right or row.disabled:
            raise self._refused(row, address, now)
        if self._passwords.outdated(row.password):
            made = self._renewed(row, password)
        self._guard.forget(row.name, address)
        return self._begun(row, made, address=address, agent=agent, now=now)

    def begin(self, account_id: str, *, address: str, agent: str = "", now: datetime, note: str = "") -> SignedIn:
        """Begin a session for somebody whom another has made sure of (the state's own sign-in).

        Raises:
            NoAccountError: there is no such account.
            SignInError: it is disabled.
        """
        with self._engine.connect() as connection:
            row = stored(connection, id=account_id)
        if row.disabled:
            raise self._refused(row, address, now)
        return self._begun(row, row.password, address=address, agent=agent, now=now, note=note)

    def keep_begun(self, state: str, begun: Begun, *, address: str, now: datetime) -> None:
        """Remember a sign-in under way at the provider.

        Raises:
            WaitError: too many attempts from this address.
        """
        with self._engine.begin() as connection:
            self._guard.admit_address(address, now)
            identity.keep_begun(connection, state, begun, now)

    def take_begun(self, state: str, now: datetime) -> Begun | None:
        """Take a sign-in under way out, once; None where there is none, or it took too long."""
        with self._engine.begin() as connection:
            return identity.take_begun(connection, state, now)

    def sign_in_as(self, who: Identity, *, address: str, agent: str = "", now: datetime) -> SignedIn:
        """Begin a session for somebody whom the provider has made sure of.

        Raises:
            SignInError: there is no account for them, or it is disabled.
        """
        try:
            with self._engine.begin() as connection:
                row = identity.account_for(connection, who, now)
        except (AccountError, IntegrityError, SignInError) as error:
            why = error.why if isinstance(error, SignInError) else Refusal.PROVIDER
            self.note_refusal(f"{why}: {who.subject}", address=address, now=now)
            raise SignInError(why) from None
        return self.begin(row.id, address=address, agent=agent, now=now, note=who.issuer)

    def note_refusal(self, why: str, *, address: str, now: datetime) -> None:
        """Write down that somebody was refused of whom no name is known."""
        with self._engine.begin() as connection:
            note_entry(connection, "refused", now, by="", address=address, note=why)

    def change_own_password(
        self, token: str, old: str, new: str, *, address: str, agent: str = "", now: datetime
    ) -> SignedIn:
        """Change one's password, knowing the old one; every session ends, and a new one begins.

        Raises:
            WaitError: too many attempts.
            SignInError: the session is over, or the old password is not right.
            PasswordError: the new one would be guessed.
        """
        session = self.session(token, now)
        if session is None:
            raise SignInError(Refusal.SESSION, "the session is over")
        account = session.account
        row = self._admitted(account.name, address, now)
        if row is None or not self._passwords.fits(row.password, old):
            raise self._refused(row, address, now)
        self.set_password(account.id, new, by=account.shown, now=now, must_change=False)
        self._guard.forget(account.name, address)
        return self.begin(account.id, address=address, agent=agent, now=now)

    def confirm(self, account: Account, password: str, *, address: str, now: datetime) -> None:
        """Make sure that it is still its owner who sits before a session, ahead of what nobody can take back.

        Raises:
            WaitError: too many attempts.
            SignInError: the password is not right, or the account is disabled.
        """
        row = self._admitted(account.name, address, now)
        right = self._passwords.fits(None if row is None else row.password, password)
        if row is None or not right or row.id != account.id or row.disabled:
            raise self._refused(row, address, now)
        self._guard.forget(row.name, address)
        with self._engine.begin() as connection:
            note_entry(connection, "confirmed", now, by=account.shown, row=row, address=address)

    def session(self, token: str, now: datetime) -> Session | None:
        """Find the session of a token and count this as use; None where it has ended, or the account is disabled."""
        with self._engine.begin() as connection:
            return sessions.find(connection, token, now, self._lasting)

    def sessions(self, account_id: str, now: datetime) -> tuple[Session, ...]:
        """List an account's sessions, those used last first."""
        with self._engine.connect() as connection:
            return sessions.sessions_of(connection, account_id, now, self._lasting)

    def sign_out(self, token: str, now: datetime) -> None:
        """End the session of a token."""
        with self._engine.begin() as connection:
            session = sessions.find(connection, token, now, self._lasting)
            if session is None:
                return
            row = stored(connection, id=session.account.id)
            note_entry(connection, "signed-out", now, by=row.shown, row=row, address=session.address)
            sessions.end(connection, SESSIONS.c.id == session.id)

    def end_session(self, account_id: str, session_id: str, *, by: str, now: datetime) -> bool:
        """End one session of an account, and tell whether there was one. Another account's is none."""
        with self._changed(account_id) as (connection, row):
            wanted = (SESSIONS.c.account == account_id) & (SESSIONS.c.id == session_id)
            ended = sessions.end(connection, wanted) > 0
            if ended:
                note_entry(connection, "signed-out", now, by=by, row=row, note="one session")
            return ended

    def sign_out_everywhere(self, account_id: str, *, by: str, now: datetime) -> int:
        """End all sessions of an account, and return how many there were.

        Raises:
            NoAccountError: there is no such account.
        """
        with self._changed(account_id) as (connection, row):
            ended = sessions.end(connection, SESSIONS.c.account == account_id)
            note_entry(connection, "signed-out", now, by=by, row=row, note=f"everywhere: {ended}")
            return ended

    def _admitted(self, name: str, address: str, now: datetime) -> Row[Any] | None:
        """Count the attempt, then look the name up; None: nobody is called so, and that is not said yet."""
        name = sign_in_name(name)[:_NAME_CHARS_MAX]
        with self._engine.begin() as connection:
            row = stored_account(connection, name=name) if NAME.fullmatch(name) else None
            try:
                self._guard.admit(connection, name, None if row is None else row.id, address, now)
            except WaitError as error:
                if not self._guard.first_of_many(address, now):
                    raise
                refusal = error
            else:
                return row
        self._note_refusal(row, Refusal.RATE, address, now)
        raise refusal

    def _refused(self, row: Row[Any] | None, address: str, now: datetime) -> SignInError:
        if row is None:
            why = Refusal.UNKNOWN
        elif row.disabled:
            why = Refusal.DISABLED
        else:
            why = Refusal.NO_PASSWORD if row.password is None else Refusal.PASSWORD
        self._note_refusal(row, why, address, now)
        return SignInError(why)

    def _note_refusal(self, row: Row[Any] | None, why: Refusal, address: str, now: datetime) -> None:
        with self._engine.begin() as connection:
            note_entry(connection, "refused", now, by="", row=row, address=address, note=why)

    def _renewed(self, row: Row[Any], password: str) -> str:
        """Make the hash anew with today's parameters, unless it was changed meanwhile."""
        made = self._passwords.made(password)
        with self._engine.begin() as connection:
            unchanged = (ACCOUNTS.c.id == row.id) & (ACCOUNTS.c.password == row.password)
            connection.execute(update(ACCOUNTS).where(unchanged).values(password=made))
        return made

    def _begun(
        self, row: Row[Any], made: str | None, *, address: str, agent: str, now: datetime, note: str = ""
    ) -> SignedIn:
        """Begin a session, if the account is still what it was before the third of a second that a hash takes."""
        with self._engine.begin() as connection:
            now_stored = stored(connection, id=row.id)
            if now_stored.disabled or now_stored.password != made:
                raise SignInError(Refusal.DISABLED if now_stored.disabled else Refusal.PASSWORD)
            account = account_of(now_stored)
            token, session = sessions.start(
                connection, account, address=address, agent=agent, now=now, lasting=self._lasting
            )
            note_entry(connection, "signed-in", now, by=account.shown, row=now_stored, address=address, note=note)
            return SignedIn(token, session, now + self._lasting.of(account.role)[1])
