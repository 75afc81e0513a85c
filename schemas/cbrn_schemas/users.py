"""Users of the bus: who has rights. A body, one of its processes, one of the bus's own, or a person who gives rights.

A user is not a credential. What lets somebody in, a password or a certificate, makes its holder a *principal*: `mes`
with the first, `mes~2` with the second. Rights are given to principals, the same to each of one user: so the next
credential works beside the last for a while, and one that was taken back is worth nothing for ever, although nobody can
call a certificate back. See docs/decisions/users-and-credentials.md.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from cbrn_schemas.errors import BusError
from cbrn_schemas.topics import Realm

ADMIN: Final = "admin"
BUS: Final = "bus"
EXERCISE: Final = "exercise"
BODY_PROCESSES: Final = ("gateway", "feed", "desk", "notify")
"""Processes of a body that may have a user of their own, with less than the body's."""
BUS_PROCESSES: Final = (
    "router-incidents",
    "router-monitoring",
    "duties",
    "quarantine",
    "watch",
    "partners",
    "inbound",
    "feeds",
    "desk",
    "officer",
    "topics",
)
"""The bus's own. `partners` keeps what waits for release abroad, `inbound` takes in what partners send, `feeds` serves
what was released; `desk` shows all bodies' situations; `officer` is a person who puts rule books into force and looks
into why; `topics` creates and changes topics."""
_CODE: Final = r"[a-z0-9][a-z0-9-]{0,62}"
_NAME: Final = re.compile(rf"(?:(?P<realm>{EXERCISE})\.)?(?P<first>{_CODE})(?:\.(?P<second>{_CODE}))?")
_PRINCIPAL: Final = re.compile(r"(?P<user>[^~]+)(?:~(?P<number>[1-9][0-9]{0,5}))?")
_BROKER: Final = re.compile(r"broker-[0-9]+")


class UserNameError(BusError):
    """No user can have this name."""


def is_reserved(code: str) -> bool:
    """Tell whether no body may have this code, since it means somebody else among users."""
    return code in {ADMIN, BUS, EXERCISE} or _BROKER.fullmatch(code) is not None


@dataclass(frozen=True, slots=True)
class User:
    """Who has rights. Without body and process: a person who gives them, in every realm alike."""

    realm: Realm
    body: str | None = None
    """None: one of the bus itself."""
    process: str | None = None

    @property
    def name(self) -> str:
        """Return its name, such as `mes`, `mes.feed`, `bus.watch`, `exercise.mes`, `admin`."""
        if self.is_admin:
            return ADMIN
        own = ".".join(part for part in (self.body or BUS, self.process) if part is not None)
        return own if self.realm is Realm.REAL else f"{EXERCISE}.{own}"

    @property
    def is_admin(self) -> bool:
        """Whether it is the person who gives rights: the broker asks it for none."""
        return self.body is None and self.process is None

    def principal(self, number: int = 1) -> str:
        """Return what the broker calls whoever comes with this user's credential of that number."""
        return self.name if number == 1 else f"{self.name}~{number}"

    @classmethod
    def parse(cls, name: str) -> User:
        """Read a user's name. Whether the body exists is for the catalogue to say.

        Raises:
            UserNameError: it is none.
        """
        found = _NAME.fullmatch(name)
        if found is None:
            raise UserNameError(f"{name!r} is no user of the bus", hint=_HINT)
        realm = Realm.EXERCISE if found["realm"] else Realm.REAL
        first, process = found["first"], found["second"]
        if first == ADMIN and process is None and realm is Realm.REAL:
            return ADMINISTRATOR
        if first == BUS and process in BUS_PROCESSES:
            return cls(realm, None, process)
        if is_reserved(first) or process not in {None, *BODY_PROCESSES}:
            raise UserNameError(f"{name!r} is no user of the bus", hint=_HINT)
        return cls(realm, first, process)

    def __lt__(self, other: User) -> bool:
        """Return the order by name: some have no body, and some no process."""
        return self.name < other.name

    def __str__(self) -> str:
        return self.name


ADMINISTRATOR: Final = User(Realm.REAL)
_HINT: Final = (
    f"Users are a body's code, with .{', .'.join(BODY_PROCESSES)} behind it or without; "
    f"bus.{', bus.'.join(BUS_PROCESSES)}; "
    f"{ADMIN}; in exercises with {EXERCISE}. before it."
)


@dataclass(frozen=True, slots=True, order=True)
class Principal:
    """A user, as which of its credentials has let it in."""

    user: User
    number: int = 1

    @property
    def name(self) -> str:
        """Return what the broker calls it."""
        return self.user.principal(self.number)

    @classmethod
    def parse(cls, name: str) -> Principal:
        """Read a principal's name.

        Raises:
            UserNameError: it is no user's.
        """
        found = _PRINCIPAL.fullmatch(name)
        if found is None or found["number"] == "1":
            raise UserNameError(f"{name!r} is no principal of the bus", hint=_HINT)
        return cls(User.parse(found["user"]), int(found["number"] or 1))

    @classmethod
    def found(cls, name: str) -> Principal | None:
        """Read a principal's name; None where it is not one of the bus, but another system's on the same cluster."""
        try:
            return cls.parse(name)
        except UserNameError:
            return None

    def __str__(self) -> str:
        return self.name
