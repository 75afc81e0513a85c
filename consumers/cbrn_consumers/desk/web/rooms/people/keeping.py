"""What an administrator may do to which account. Everything is refused that is not allowed; one change at a time.

Beside it the command line keeps accounts, too: whoever may write the database needs no page, and is not held back here.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from cbrn_consumers.desk.accounts import Account, NoAccountError, Right, Role, may, new_password
from cbrn_schemas.errors import BusError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from cbrn_consumers.desk.accounts import Accounts, Entry
    from cbrn_schemas.events.base import Language

ENTRIES_READ: Final = 2_000
ENTRIES_SHOWN: Final = 300
_SINGLE: Final = threading.Lock()
"""Two administrators who disable one another at once would leave nobody."""


class Ruling(StrEnum):
    """Why an account may not be changed so."""

    ONESELF = "oneself"
    LAST = "last"
    """The last administrator of the desk."""
    BODY = "body"
    """Of another body."""


class RulingError(BusError):
    """An account may not be changed so. Nothing was changed."""

    bad_input = True

    def __init__(self, ruling: Ruling) -> None:
        super().__init__(f"refused: {ruling}")
        self.ruling = ruling


@dataclass(frozen=True, slots=True)
class Keeping:
    """The accounts as one administrator keeps them. Every call is for a thread: it asks a database."""

    accounts: Accounts
    actor: Account
    desk_body: str
    all_bodies: bool
    now: datetime

    @property
    def whole(self) -> bool:
        """Whether accounts of all bodies are kept: at the crisis centre's desk, by those of its own body."""
        return self.all_bodies and self.actor.body == self.desk_body

    def keeps(self, account: Account) -> bool:
        """Tell whether an account may be shown and changed."""
        return self.whole or account.body == self.actor.body

    def listed(self) -> list[Account]:
        """Return the accounts that are kept, by body and name."""
        found = [each for each in self.accounts.list() if self.keeps(each)]
        return sorted(found, key=lambda each: (each.body != self.actor.body, each.body, each.disabled, each.name))

    def one(self, account_id: str) -> Account:
        """Find an account; another body's is answered as one that does not exist.

        Raises:
            NoAccountError: there is none that may be shown.
        """
        found = self.accounts.get(account_id)
        if not self.keeps(found):
            raise NoAccountError("there is no such account", "See the list.")
        return found

    def add(self, name: str, *, shown: str, body: str, role: Role, lang: Language) -> tuple[Account, str]:
        """Add an account; return it and its password, which must be changed at the first sign-in.

        Raises:
            RulingError: it is of another body.
            AccountError: it cannot be kept so, or the name is taken.
        """
        with self._alone():
            if not self.whole and body != self.actor.body:
                raise RulingError(Ruling.BODY)
            made, by = new_password(), self.actor.shown
            account = self.accounts.add(
                name, shown=shown, body=body, role=role, lang=lang, password=made, by=by, now=self.now
            )
            return account, made

    def change(self, account_id: str, *, shown: str, role: Role, lang: Language, body: str) -> Account:
        """Change an account; of one's own the language alone.

        Raises:
            NoAccountError, AccountError: as `Accounts.change`.
            RulingError: it is one's own rights, the last administrator's, or another body's.
        """
        with self._alone():
            known = self.one(account_id)
            if known.id == self.actor.id and (known.shown, known.role, known.body) != (shown, role, body):
                raise RulingError(Ruling.ONESELF)
            if not self.whole and body != self.actor.body:
                raise RulingError(Ruling.BODY)
            if (role, body) != (known.role, known.body):
                self._leave_one(known)
            return self.accounts.change(
                account_id, by=self.actor.shown, now=self.now, shown=shown, role=role, lang=lang, body=body
            )

    def disable(self, account_id: str) -> Account:
        """Let an account sign in no more; raises as `change`."""
        with self._alone():
            known = self._other(account_id)
            self._leave_one(known)
            return self.accounts.disable(known.id, by=self.actor.shown, now=self.now)

    def enable(self, account_id: str) -> Account:
        """Let an account sign in again; raises as `change`."""
        with self._alone():
            return self.accounts.enable(self._other(account_id).id, by=self.actor.shown, now=self.now)

    def renew(self, account_id: str) -> tuple[Account, str]:
        """Give an account another one-time password, and return it; raises as `change`."""
        with self._alone():
            known, made = self._other(account_id), new_password()
            return self.accounts.set_password(known.id, made, by=self.actor.shown, now=self.now), made

    def sign_out(self, account_id: str) -> int:
        """End all sessions of an account, also one's own; return how many there were."""
        with self._alone():
            return self.accounts.sign_out_everywhere(self.one(account_id).id, by=self.actor.shown, now=self.now)

    def entries(self, account_id: str | None = None) -> list[Entry]:
        """Return what happened to the accounts that are kept, the newest first."""
        if account_id is not None:
            return list(self.accounts.entries(ENTRIES_SHOWN, self.one(account_id).id))
        found = self.accounts.entries(ENTRIES_READ)
        if not self.whole:
            names = {each.name for each in self.accounts.list() if self.keeps(each)}
            # Where somebody typed a name that is none, it may have been of any body: its own desk shows it.
            alone = self.actor.body == self.desk_body
            found = tuple(each for each in found if each.name in names or (alone and not each.name))
        return list(found[:ENTRIES_SHOWN])

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Let one change through at a time, by somebody who still may: rights could have gone while they waited."""
        with _SINGLE:
            if not may(self.accounts.get(self.actor.id), Right.PEOPLE):
                raise RulingError(Ruling.ONESELF)
            yield

    def _other(self, account_id: str) -> Account:
        known = self.one(account_id)
        if known.id == self.actor.id:
            raise RulingError(Ruling.ONESELF)
        return known

    def _leave_one(self, going: Account) -> None:
        """Refuse what would leave nobody who can keep the desk's accounts."""
        left = [
            each
            for each in self.accounts.list()
            if each.id != going.id
            and each.role is Role.ADMINISTRATOR
            and not each.disabled
            and each.body == self.desk_body
        ]
        if going.role is Role.ADMINISTRATOR and not going.disabled and not left:
            raise RulingError(Ruling.LAST)
