"""Users and principals: what a broker calls somebody must mean one user of one realm, and nobody else."""

from __future__ import annotations

import pytest

from cbrn_schemas.catalogue.bodies import bodies
from cbrn_schemas.topics import Realm
from cbrn_schemas.users import (
    ADMINISTRATOR,
    BODY_PROCESSES,
    BUS_PROCESSES,
    Principal,
    User,
    UserNameError,
    is_reserved,
)

USERS = [
    ADMINISTRATOR,
    *(User(realm, None, process) for realm in Realm for process in BUS_PROCESSES),
    *(User(realm, body, process) for realm in Realm for body in bodies() for process in (None, *BODY_PROCESSES)),
]


def test_every_user_is_found_again_by_its_name() -> None:
    """A name that reads as another user gives that one's rights away."""
    assert [User.parse(user.name) for user in USERS] == USERS
    assert len({user.name for user in USERS}) == len(USERS)


def test_every_principal_is_found_again_by_its_name() -> None:
    """The tenth credential of `mes` is `mes`, the tenth time."""
    made = [Principal(user, number) for user in USERS for number in (1, 2, 10)]
    assert [Principal.parse(one.name) for one in made] == made
    assert Principal(User(Realm.REAL, "mes"), 1).name == "mes"
    assert Principal(User(Realm.EXERCISE, "mes", "desk"), 2).name == "exercise.mes.desk~2"


@pytest.mark.parametrize(
    "name",
    [
        "",
        "Mes",
        "mes.",
        ".mes",
        "mes.router",
        "mes.feed.x",
        "bus",
        "bus.watcher",
        "exercise",
        "exercise.",
        "mes feed",
        "broker-1",
        "exercise.broker-1",
        "exercise.admin",
        "admin.feed",
        "exercise.exercise.mes",
        "User:mes",
        "mes\n",
    ],
)
def test_what_is_no_user_is_refused(name: str) -> None:
    """Whoever issues credentials types names."""
    with pytest.raises(UserNameError) as refused:
        User.parse(name)
    assert refused.value.hint


@pytest.mark.parametrize("name", ["mes~", "mes~0", "mes~1", "mes~02", "mes~2~3", "~2", "mes~x", "CN=mes,O=x", "mes~2 "])
def test_what_is_no_principal_is_none(name: str) -> None:
    """A cluster has others' principals too; `mes~1` would be a second name of `mes`."""
    assert Principal.found(name) is None


def test_no_body_has_a_reserved_code() -> None:
    """A body called `bus` would have the bus's own processes for its own."""
    assert not [code for code in bodies() if is_reserved(code)]
    assert all(map(is_reserved, ("admin", "bus", "exercise", "broker-1", "broker-12")))
    assert not is_reserved("broker-of-peace")
