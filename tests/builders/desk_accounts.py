"""Accounts of a desk to test with: one a role, hashes that cost nothing, and a count of those that were made."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from argon2 import PasswordHasher
from sqlalchemy import event

from cbrn_consumers.desk.accounts import Account, Accounts, Lasting, Passwords, Role

NOW: Final = datetime(2026, 11, 27, 21, 0, tzinfo=UTC)
PASSWORD: Final = "Three rivers, one bridge"  # noqa: S105 - of test accounts
ADDRESS: Final = "192.0.2.7"


class _Counting:
    """Counts what argon2 is asked to compute: where it is asked, not where it should be."""

    def __init__(self, hasher: PasswordHasher) -> None:
        self.hasher, self.computed = hasher, 0

    def hash(self, password: str) -> str:
        self.computed += 1
        return self.hasher.hash(password)

    def verify(self, made: str, password: str) -> bool:
        self.computed += 1
        return self.hasher.verify(made, password)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.hasher, name)


class CountedPasswords(Passwords):
    """Hashes with the least that argon2 takes. `computed`: how many, to compare or to make."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._counting = _Counting(hasher or PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        super().__init__(self._counting)

    @property
    def computed(self) -> int:
        return self._counting.computed


@cache
def _empty() -> bytes:
    """Return a new database's file: its steps take a tenth of a second, and each test wants one."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "empty.sqlite"
        Accounts.open(f"sqlite:///{file}").close()
        return file.read_bytes()


def desk_accounts(
    folder: Path, *, url: str | None = None, passwords: Passwords | None = None, lasting: Lasting | None = None
) -> Accounts:
    """Open accounts in a file of this folder, or at an address; nobody is in a new one."""
    file = folder / "desk-accounts.sqlite"
    if url is None and not file.exists():
        file.touch(0o600)
        file.write_bytes(_empty())
    where = url or f"sqlite:///{file}"
    opened = Accounts.open(where, passwords=passwords or CountedPasswords(), lasting=lasting)
    if url is None:  # no test pulls the plug; waiting for the disk was most of their time
        opened._engine.dispose()
        event.listen(opened._engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous=OFF"))
    return opened


def add_account(
    accounts: Accounts, name: str = "asanov", *, body: str = "moh", role: Role = Role.OFFICER, now: datetime = NOW
) -> Account:
    """Add an account that can sign in with `PASSWORD` and need not change it."""
    return accounts.add(
        name,
        shown=f"Duty officer {name.capitalize()}",
        body=body,
        role=role,
        lang="en",
        password=PASSWORD,
        must_change=False,
        by="a test",
        now=now,
    )


def one_each(accounts: Accounts, body: str = "moh", now: datetime = NOW) -> dict[Role, Account]:
    """Add an account for every role, called `<role>.<body>`."""
    return {role: add_account(accounts, f"{role}.{body}", body=body, role=role, now=now) for role in Role}


def token_of(accounts: Accounts, account: Account, now: datetime = NOW) -> str:
    """Sign somebody in, and return the token for the cookie."""
    return accounts.sign_in(account.name, PASSWORD, address=ADDRESS, agent="a test", now=now).token
