"""What each role may do: the one table, and what each right needs of the streams of the bus.

Pure. Everything that is not said here is refused. Each right names the party of `cbrn_schemas.streams` whose part it
is and the streams that it writes; a test holds both against the table of streams, from which access rules come, so that
a page cannot offer what the process behind it may not write.

Seam: `Right.ROTA` and `Right.AUDIT` are more than the desk's drawing had. Taking the watch is every officer's, since
somebody has to at 8 a.m.; changing who stands in the rota is the shift leader's.
"""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple

from cbrn_schemas.streams import Party

if TYPE_CHECKING:
    from collections.abc import Mapping


class Role(StrEnum):
    """What somebody is at the desk. One role an account: who has two tasks has two accounts, as in law."""

    OFFICER = "officer"
    SHIFT_LEADER = "shift-leader"
    AUDITOR = "auditor"
    """Sees all that this desk shows, and changes nothing."""
    ADMINISTRATOR = "administrator"
    """Keeps the accounts, and sees no alert."""


class Right(StrEnum):
    """What a page or a form asks for."""

    READ = "read"
    """See alerts, their standing, the picture, the rule book."""
    ANSWER = "answer"
    SILENCE = "silence"
    REPORT = "report"
    """Publish an event in the body's name."""
    DECIDE = "decide"
    """Release or answer a duty, release a quarantined record."""
    RELEASE = "release"
    """Release what waits for a partner abroad, or refuse it; of which partner, its agreement says (`bodies`)."""
    WATCH = "watch"
    """Take and hand over the watch, test channels."""
    ROTA = "rota"
    """Change who is planned for the watch: a file of the body, no record."""
    PEOPLE = "people"
    """Add, change and disable accounts."""
    AUDIT = "audit"
    """See who signed in, who was refused, and who changed which account."""


# A release is an officer's too: where two persons are asked for, a night's watch has no second shift leader, and a copy
# that waits for the morning warns nobody. Whose officers, and how many, is the agreement's to say.
_OFFICER: Final = frozenset({Right.READ, Right.ANSWER, Right.SILENCE, Right.REPORT, Right.RELEASE, Right.WATCH})

RIGHTS: Final[Mapping[Role, frozenset[Right]]] = MappingProxyType(
    {
        Role.OFFICER: _OFFICER,
        Role.SHIFT_LEADER: _OFFICER | {Right.DECIDE, Right.ROTA},
        Role.AUDITOR: frozenset({Right.READ, Right.AUDIT}),
        # Who hands out rights does not use them: an administrator who could also answer would answer in the ministry's
        # name under a name made a minute ago. What an administrator does to accounts is for the auditor to see.
        Role.ADMINISTRATOR: frozenset({Right.PEOPLE, Right.AUDIT}),
    }
)
"""THE table."""


class Need(NamedTuple):
    """What a right needs of the bus."""

    party: Party | None
    """As whom the desk's process reads and writes for it; None: it touches no stream."""
    writes: frozenset[str] = frozenset()
    """Addresses of the streams that are written by whoever uses it."""


NEEDS: Final[Mapping[Right, Need]] = MappingProxyType(
    {
        Right.READ: Need(Party.MINISTRY),
        Right.ANSWER: Need(Party.MINISTRY, frozenset({"from.{body}.receipts"})),
        Right.SILENCE: Need(Party.MINISTRY, frozenset({"from.{body}.silences"})),
        Right.REPORT: Need(Party.AGENCY, frozenset({"from.{body}.incidents", "from.{body}.monitoring"})),
        Right.DECIDE: Need(Party.MINISTRY, frozenset({"from.{body}.decisions"})),
        Right.RELEASE: Need(Party.MINISTRY, frozenset({"from.{body}.decisions"})),
        Right.WATCH: Need(Party.MINISTRY, frozenset({"from.{body}.shifts"})),
        Right.ROTA: Need(None),
        Right.PEOPLE: Need(None),
        Right.AUDIT: Need(None),
    }
)
