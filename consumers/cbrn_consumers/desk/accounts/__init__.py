"""Who signs in, and what they may see and do: accounts, sessions, rights. No page.

`rights` and `account` are pure and decide; `accounts` keeps accounts, sessions and entries in a database of its own,
which no record of Kafka could make again; `passwords` and `rates` guard the sign-in, `oidc` (asked for itself: it
brings a client) is that of the state.
Everything is refused that is not allowed. Calls are for threads: a hash takes a third of a second.
"""

from cbrn_consumers.desk.accounts.account import ALL_BODIES, Account, Scope, Session, may, scope_of
from cbrn_consumers.desk.accounts.accounts import Accounts, SignedIn
from cbrn_consumers.desk.accounts.database import accounts_url
from cbrn_consumers.desk.accounts.errors import (
    AccountError,
    AccountsFileError,
    NoAccountError,
    PasswordError,
    Refusal,
    SignInError,
    WaitError,
)
from cbrn_consumers.desk.accounts.passwords import (
    HASHES_AT_ONCE,
    PASSWORD_CHARS_MIN,
    Passwords,
    check_password,
    new_password,
)
from cbrn_consumers.desk.accounts.people import COMMAND_LINE
from cbrn_consumers.desk.accounts.rights import NEEDS, RIGHTS, Need, Right, Role
from cbrn_consumers.desk.accounts.rows import Entry
from cbrn_consumers.desk.accounts.sessions import Lasting

__all__ = [
    "ALL_BODIES",
    "COMMAND_LINE",
    "HASHES_AT_ONCE",
    "NEEDS",
    "PASSWORD_CHARS_MIN",
    "RIGHTS",
    "Account",
    "AccountError",
    "Accounts",
    "AccountsFileError",
    "Entry",
    "Lasting",
    "Need",
    "NoAccountError",
    "PasswordError",
    "Passwords",
    "Refusal",
    "Right",
    "Role",
    "Scope",
    "Session",
    "SignInError",
    "SignedIn",
    "WaitError",
    "accounts_url",
    "check_password",
    "may",
    "new_password",
    "oidc",
    "scope_of",
]
