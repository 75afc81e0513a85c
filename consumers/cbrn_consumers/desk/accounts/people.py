"""Who can sign in: accounts added, changed, disabled, each with an entry that says by whom."""

from __future__ import annotations

import secrets
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, get_args

from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from cbrn_consumers.desk.accounts import sessions
from cbrn_consumers.desk.accounts.errors import AccountError, NoAccountError
from cbrn_consumers.desk.accounts.passwords import check_password
from cbrn_consumers.desk.accounts.rows import (
    Entry,
    account_of,
    checked_body,
    checked_name,
    checked_shown,
    entries_in,
    ms,
    note_entry,
    sign_in_name,
    stored_account,
)
from cbrn_consumers.desk.accounts.tables import ACCOUNTS, SESSIONS
from cbrn_schemas.catalogue.bodies import body as body_of
from cbrn_schemas.events.base import Language

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from sqlalchemy import Row
    from sqlalchemy.engine import Connection, Engine

    from cbrn_consumers.desk.accounts.account import Account
    from cbrn_consumers.desk.accounts.passwords import Passwords
    from cbrn_consumers.desk.accounts.rights import Role

COMMAND_LINE: Final = "command line"
"""Who changes an account without being signed in: whoever may write the database anyway."""


class People:
    """The accounts in a database. Times are given, never read."""

    def __init__(self, engine: Engine, passwords: Passwords) -> None:
        self._engine = engine
        self._passwords = passwords

    def add(
        self,
        name: str,
        *,
        shown: str,
        body: str,
        role: Role,
        lang: Language,
        password: str | None,
        by: str,
        now: datetime,
        must_change: bool = True,
    ) -> Account:
        """Add an account; without a password it signs in through the provider only.

        Raises:
            AccountError: it cannot be kept so, or the name is taken.
        """
        name, shown, body = checked_name(name), checked_shown(shown), checked_body(body)
        made = None if password is None else self._made(password, name, shown, body)
        account_id = secrets.token_hex(8)
        values = {
            "id": account_id,
            "name": name,
            "shown": shown,
            "body": body,
            "role": role.value,
            "lang": lang,
            "created": ms(now),
            "disabled": False,
            "must_change": must_change and made is not None,
            "password": made,
        }
        try:
            with self._engine.begin() as connection:
                connection.execute(insert(ACCOUNTS).values(values))
                row = stored(connection, id=account_id)
                note_entry(connection, "added", now, by=by, row=row, note=f"{role}, {body}")
                return account_of(row)
        except IntegrityError:
            hint = "`cbrn desk account list` shows who there is; `change` changes one."
            raise AccountError(f"there is an account {name} already", hint) from None

    def list(self) -> tuple[Account, ...]:
        """Return all accounts, by name."""
        with self._engine.connect() as connection:
            return tuple(map(account_of, connection.execute(select(ACCOUNTS).order_by(ACCOUNTS.c.name))))

    def named(self, name: str) -> Account:
        """Find an account by its sign-in name.

        Raises:
            NoAccountError: there is none.
        """
        with self._engine.connect() as connection:
            return account_of(stored(connection, name=sign_in_name(name)))

    def get(self, account_id: str) -> Account:
        """Find an account by its id.

        Raises:
            NoAccountError: there is none.
        """
        with self._engine.connect() as connection:
            return account_of(stored(connection, id=account_id))

    def change(
        self,
        account_id: str,
        *,
        by: str,
        now: datetime,
        shown: str | None = None,
        body: str | None = None,
        role: Role | None = None,
        lang: Language | None = None,
    ) -> Account:
        """Change what is given. Another role or body ends the account's sessions: they began with other rights.

        Raises:
            NoAccountError: there is no such account.
            AccountError: it cannot be kept so.
        """
        given = {
            "shown": None if shown is None else checked_shown(shown),
            "body": None if body is None else checked_body(body),
            "role": None if role is None else role.value,
            "lang": lang,
        }
        with self._changed(account_id) as (connection, row):
            values = {key: value for key, value in given.items() if value not in {None, getattr(row, key)}}
            if not values:
                return account_of(row)
            connection.execute(update(ACCOUNTS).where(ACCOUNTS.c.id == account_id).values(values))
            told = ", ".join(f"{key}: {getattr(row, key)} → {value}" for key, value in values.items())
            note_entry(connection, "changed", now, by=by, row=row, note=told)
            if values.keys() & {"role", "body"}:
                sessions.end(connection, SESSIONS.c.account == account_id)
            return account_of(stored(connection, id=account_id))

    def disable(self, account_id: str, *, by: str, now: datetime) -> Account:
        """Let an account sign in no more, and end its sessions at once. It stays: answers bear its name.

        Raises:
            NoAccountError: there is no such account.
        """
        return self._set_disabled(account_id, by, now, disabled=True)

    def enable(self, account_id: str, *, by: str, now: datetime) -> Account:
        """Let an account sign in again.

        Raises:
            NoAccountError: there is no such account.
        """
        return self._set_disabled(account_id, by, now, disabled=False)

    def _set_disabled(self, account_id: str, by: str, now: datetime, *, disabled: bool) -> Account:
        with self._changed(account_id) as (connection, row):
            connection.execute(update(ACCOUNTS).where(ACCOUNTS.c.id == account_id).values(disabled=disabled))
            note_entry(connection, "disabled" if disabled else "enabled", now, by=by, row=row)
            sessions.end(connection, SESSIONS.c.account == account_id)
            return account_of(stored(connection, id=account_id))

    def set_password(
        self, account_id: str, password: str, *, by: str, now: datetime, must_change: bool = True
    ) -> Account:
        """Give an account a password, and end its sessions: for whoever keeps the accounts.

        Raises:
            NoAccountError: there is no such account.
            PasswordError: it would be guessed.
        """
        known = self.get(account_id)
        made = self._made(password, known.name, known.shown, known.body)
        with self._changed(account_id) as (connection, row):
            values = {"password": made, "must_change": must_change}
            connection.execute(update(ACCOUNTS).where(ACCOUNTS.c.id == account_id).values(values))
            note_entry(connection, "password", now, by=by, row=row)
            sessions.end(connection, SESSIONS.c.account == account_id)
            return account_of(stored(connection, id=account_id))

    def entries(self, limit: int, account_id: str | None = None) -> tuple[Entry, ...]:
        """Return what happened last, newest first; of one account, where it is named."""
        with self._engine.connect() as connection:
            return entries_in(connection, limit, account_id)

    def _made(self, password: str, name: str, shown: str, body: str) -> str:
        check_password(password, names_of(name, shown, body))
        return self._passwords.made(password)

    @contextmanager
    def _changed(self, account_id: str) -> Iterator[tuple[Connection, Row[Any]]]:
        with self._engine.begin() as connection:
            yield connection, stored(connection, id=account_id)


def stored(connection: Connection, **wanted: str) -> Row[Any]:
    """Find the row of an account.

    Raises:
        NoAccountError: there is none.
    """
    row = stored_account(connection, **wanted)
    if row is None:
        raise NoAccountError("there is no such account", "`cbrn desk account list` shows who there is.")
    return row


def names_of(name: str, shown: str, body: str) -> tuple[str, ...]:
    """Return what stands on every page and so is no password: names of the account, its holder and its body."""
    known = body_of(body)
    return name, shown, body, *(form for lang in get_args(Language) for form in (known.name(lang), known.short(lang)))
