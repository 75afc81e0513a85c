"""A process that somebody starts by hand beside this machine's broker comes as itself, though nobody says how."""

import pytest
from tests.broker.deploy.access.conftest import PERSON

from cbrn_deploy.authority import LocalAccess
from cbrn_deploy.processes.local_users import as_itself
from cbrn_deploy.provisioning.access.issuing import revoke
from cbrn_routing.bus.errors import BrokerUnreachableError, NotAuthorizedError
from cbrn_routing.bus.read import read_all
from cbrn_schemas.topics import Realm, to_topic
from cbrn_schemas.users import User

BODIES = ("mes", "mfa", "scns")
DESK = User(Realm.EXERCISE, "mfa", "desk")
"""One that no other test of this broker asks for: it is revoked here."""


@pytest.fixture
def told_nothing(kafka, realm):
    """The settings that a command has beside `cbrn up`: the admin's."""
    return realm.model_copy(update={"data_dir": kafka.access.folder.parent})


async def test_it_has_its_own_rights_and_those_of_a_revoked_one_never_again(told_nothing, now):
    """As `admin` a ministry's desk could read, and answer for, everybody; and a copy of a revoked file stays dead."""
    own = await as_itself(told_nothing, DESK)
    assert own.credentials.name == "exercise.mfa.desk.cbrn"
    assert (own.realm, own.data_dir) == (told_nothing.realm, told_nothing.data_dir)
    await read_all(own, to_topic(Realm.EXERCISE, "mfa", "alerts"))
    with pytest.raises(NotAuthorizedError):
        await read_all(own, to_topic(Realm.EXERCISE, "mes", "alerts"))
    await revoke(told_nothing, DESK, PERSON, now)
    await as_itself(told_nothing, DESK)
    assert LocalAccess(told_nothing.credentials.parent).principal(DESK.name) == "exercise.mfa.desk~2"


async def test_who_says_how_it_comes_is_believed(told_nothing):
    """A process of a cluster, or a child of `cbrn up`, has its own file."""
    own = await as_itself(told_nothing, DESK)
    assert await as_itself(own, User(Realm.EXERCISE, None, "watch")) is own


async def test_a_broker_that_is_away_keeps_nobody_waiting_who_was_let_in_before(told_nothing):
    """Processes wait for their broker themselves; whoever was never let in cannot be now, and hears it."""
    known = await as_itself(told_nothing, DESK)
    away = told_nothing.model_copy(update={"bootstrap_servers": "127.0.0.1:1"})
    found = await as_itself(away, DESK)
    assert (found.certificate_file, found.bootstrap_servers) == (known.certificate_file, "127.0.0.1:1")
    await as_itself(told_nothing, DESK)  # others of this session find the file as it was
    with pytest.raises(BrokerUnreachableError):
        await as_itself(away, User(Realm.EXERCISE, "mof", "notify"))
