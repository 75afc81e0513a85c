"""What can be wrong with an account, a password or a sign-in.

AccountError             cannot be kept as it was given: `hint` says what would be taken
├── PasswordError        too short, too common, somebody's name
└── NoAccountError       nobody is called so
SignInError              not signed in; `why` is for the log, the page says the same of every refusal
└── WaitError            too many attempts, or too many at once: again after `wait_s` seconds
AccountsFileError        the database or the file of the provider is open to others, or cannot be used
"""

from __future__ import annotations

from enum import StrEnum

from cbrn_schemas.errors import BusError


class Refusal(StrEnum):
    """Why nobody was signed in: for the log alone, never for the page."""

    UNKNOWN = "unknown"
    PASSWORD = "password"  # noqa: S105 - the name of a reason
    DISABLED = "disabled"
    NO_PASSWORD = "no-password"  # noqa: S105 - as above
    RATE = "rate"
    BUSY = "busy"
    SESSION = "session"
    PROVIDER = "provider"


class AccountError(BusError):
    """What was given for an account cannot be kept."""

    bad_input = True


class PasswordError(AccountError):
    """A password that would be guessed. `code` names the reason, for pages in three languages."""

    def __init__(self, code: str, message: str, hint: str) -> None:
        super().__init__(message, hint)
        self.code = code


class NoAccountError(AccountError):
    """Nobody is called so."""


class SignInError(BusError):
    """Nobody was signed in. It says the same whether the name, the password or the account is at fault."""

    hint = "Check the name and the password. Whoever keeps the accounts can give you a new one."

    def __init__(self, why: Refusal, message: str = "the name or the password is not right") -> None:
        super().__init__(message)
        self.why = why


class WaitError(SignInError):
    """Too many attempts: nothing was looked up and no hash computed."""

    hint = "Wait, then try again."

    def __init__(self, wait_s: int, why: Refusal = Refusal.RATE) -> None:
        super().__init__(why, f"too many attempts to sign in: again in {wait_s} s")
        self.wait_s = wait_s


class AccountsFileError(BusError):
    """The database of accounts, or the file that names the provider, is open to others or cannot be used."""

    bad_input = True
