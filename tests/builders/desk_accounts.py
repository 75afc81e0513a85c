"""Accounts of a desk to test with: one a role, hashes that cost nothing, and a count of those that were made."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from argon2 import PasswordHasher
from sqlalchemy import event

from cbrn_consumers.desk.accounts import Account, Accounts, Lasting, Passwords, Role

NOW: Final = datetime(2026, 11, 27, 21, 0, tzinfo=UTC)
PASSWORD: Final = "Three rivers, one bridge"  # noqa: S105 - of test accounts
ADDRESS: Final = "192.0.2.7"


class CountedPasswords(Passwords):
    """Hashes with the least that argon2 takes. `computed`: how many, to compare or to make."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        super().__init__(hasher or PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        self.computed = 0

    def made(self, password: str) -> str:
        """Count, and make the hash."""
        self.computed += 1
        return super().made(password)

    def fits(self, made: str | None, password: str) -> bool:
        """Count, and compare."""
        self.computed += 1
        return super().fits(made, password)


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
