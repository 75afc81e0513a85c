"""Which credentials there are, by all that is known: the log of changes, the cluster's passwords, this machine: pure.

A password is on the cluster. A certificate is nowhere: only the log says that it was issued, or the file itself, where
it lies on this machine. So a principal of which nothing is known is named, and never taken for one that may be removed.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from cbrn_deploy.provisioning.access.rule import ours
from cbrn_schemas.users import Principal, User, UserNameError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from cbrn_schemas.access_record import AccessRecord, CredentialKind
    from cbrn_schemas.topics import Realm

ISSUES: Final = frozenset({"issued", "rotated"})
"""Records of a new credential."""


@dataclass(frozen=True, slots=True)
class Credential:
    """What lets somebody in as a principal."""

    principal: Principal
    kind: CredentialKind
    serial: str | None = None
    until: datetime | None = None
    """When it lapses."""
    ends: datetime | None = None
    """Until when it works beside the one that follows it."""
    by: str | None = None
    """Who issued it; None: it stands in no log."""
    reason: str | None = None
    at: datetime | None = None

    @property
    def last(self) -> datetime | None:
        """When it ends, one way or the other."""
        return min((each for each in (self.until, self.ends) if each is not None), default=None)


@dataclass(frozen=True, slots=True)
class Known:
    """All credentials of one realm."""

    live: Mapping[str, Credential] = field(default_factory=dict)
    """By principal."""
    gone: frozenset[str] = frozenset()
    """Principals that were revoked, replaced for long enough, or have lapsed: they may do nothing any more."""
    numbers: Mapping[User, int] = field(default_factory=dict)
    """The highest number that any credential of a user ever had."""
    over: Mapping[str, Credential] = field(default_factory=dict)
    """Of those that are gone: whose time is over, by principal. Nobody has taken them back."""

    def of(self, user: User) -> list[Credential]:
        """Return a user's live credentials, the oldest first."""
        return sorted((one for one in self.live.values() if one.principal.user == user), key=lambda one: one.principal)

    def next(self, user: User) -> Principal:
        """Return the principal of a user's next credential: no number is ever used again."""
        return Principal(user, self.numbers.get(user, 0) + 1)

    def local(self, user: User, held: str | None) -> str:
        """Say as whom a program on the brokers' own machine comes, whose file lets it in as `held`.

        Whoever has a copy of a certificate that was revoked would have its rights back with the next start otherwise.
        """
        found = None if held is None else Principal.found(held)
        if found is not None and found.user == user and found.name not in self.gone:
            return found.name
        first = Principal(user)
        return (self.next(user) if first.name in self.gone else first).name


def known(
    records: Iterable[AccessRecord],
    passwords: Iterable[str],
    here: Iterable[Credential],
    others: Iterable[str],
    *,
    realm: Realm,
    now: datetime,
) -> Known:
    """Put together what is known. `others` are principals that rules are about: their numbers are taken, too."""
    issued, gone = _fold(records)
    on_cluster = {one.name: one for name in passwords if (one := ours(name, realm)) is not None}
    live = {name: one for name, one in issued.items() if one.kind == "certificate" or name in on_cluster}
    for name, principal in on_cluster.items():
        live.setdefault(name, Credential(principal, "password"))
    for held in here:
        if ours(held.principal.name, realm) is not None:
            live.setdefault(held.principal.name, held)
    over = {name: one for name, one in live.items() if name not in gone and one.last is not None and one.last <= now}
    gone |= over.keys()
    seen = [one for name in {*issued, *gone, *live, *others} if (one := Principal.found(name)) is not None]
    numbers: dict[User, int] = {}
    for principal in seen:
        numbers[principal.user] = max(numbers.get(principal.user, 0), principal.number)
    return Known({name: one for name, one in sorted(live.items()) if name not in gone}, frozenset(gone), numbers, over)


def _fold(records: Iterable[AccessRecord]) -> tuple[dict[str, Credential], set[str]]:
    issued: dict[str, Credential] = {}
    gone: set[str] = set()
    for record in records:
        if record.act in ISSUES and record.principal is not None and record.kind is not None:
            try:
                principal = Principal.parse(record.principal)
            except UserNameError:  # of a newer version, which has other users
                continue
            if record.principal in issued:  # of two who issued at the same moment the second was given nothing
                continue
            issued[record.principal] = Credential(
                principal, record.kind, record.serial, record.valid_until, None, record.by, record.reason, record.at
            )
            if record.replaces in issued:
                issued[record.replaces] = replace(issued[record.replaces], ends=record.replaced_until)
        if record.act in {"revoked", "ended"}:
            gone |= {
                name
                for name, one in issued.items()
                if name == record.principal or (record.principal is None and one.principal.user.name == record.user)
            }
            gone |= {record.principal or record.user or ""} - {""}
    return issued, gone
