"""Who is signed in, and what they may see and do: decided here and nowhere else, and refused unless allowed. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cbrn_consumers.desk.accounts.rights import RIGHTS, Right, Role

if TYPE_CHECKING:
    from datetime import datetime

    from cbrn_schemas.events.base import Language

ALL_BODIES: Final = "*"
"""What a list is called that shows what all bodies were told; no body has this code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Somebody who can sign in. Nothing secret: the password's hash stays in the database."""

    id: str
    """Of no meaning and never used again, so that a session or an entry cannot become another's."""
    name: str
    """What is typed to sign in: lower case, Latin."""
    shown: str
    """Post and surname, «Дежурный Асанов»: whose answer it is, in receipts and decisions (`by`)."""
    body: str
    role: Role
    lang: Language
    created: datetime
    disabled: bool = False
    must_change: bool = False
    """The password was given by somebody else: until it is changed, only that can be done."""
    has_password: bool = True
    """False: signs in through the state's own sign-in only."""
    subject: str | None = None
    """Who it is to the provider of that sign-in, once known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One browser's sign-in. The token is the browser's alone; here is only what it is called."""

    id: str
    """To end it among others; it opens nothing."""
    account: Account
    began: datetime
    seen: datetime
    """When it was last used, to the minute."""
    until: datetime
    """When it ends unless it is used before that; never later than its absolute end."""
    address: str
    agent: str
    """What the browser calls itself, shortened: so that its owner knows it again among several."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What an account may see on a desk. `bodies` empty: nothing of any body (an administrator)."""

    bodies: frozenset[str]
    all: bool
    own: str
    """The account's body: in whose name it answers."""

    @property
    def name(self) -> str | None:
        """What its lists are called in the database; None: it has none."""
        if self.all:
            return ALL_BODIES
        return self.own if self.own in self.bodies else None

    def sees(self, body: str) -> bool:
        """Tell whether what this body was told and does may be shown."""
        return self.all or body in self.bodies


def may(account: Account | None, right: Right) -> bool:
    """Tell whether an account has a right. One that is disabled, or must change its password, has none."""
    if account is None or account.disabled or account.must_change:
        return False
    return right in RIGHTS.get(account.role, frozenset())


def scope_of(account: Account | None, desk_body: str, *, all_bodies: bool) -> Scope | None:
    """Return what an account may see on the desk of a body; None: it has no business there.

    `all_bodies`: the desk of the crisis centre. There accounts of its own body and auditors see everything, those of
    another body what that body was told. Any other desk is for its own body alone.
    """
    if account is None or account.disabled or not account.body:
        return None
    if account.body != desk_body and not all_bodies:
        return None
    if not may(account, Right.READ):
        return Scope(frozenset(), all=False, own=account.body)
    whole = all_bodies and (account.body == desk_body or account.role is Role.AUDITOR)
    return Scope(frozenset({account.body}), all=whole, own=account.body)
