"""A revocation that is cut off in the middle: what is left is in the plan and ends; and no log keeps it from acting."""

import pytest
from tests.broker.deploy.access.conftest import PERSON

from cbrn_deploy.provisioning.access import issuing
from cbrn_deploy.provisioning.access.errors import AccessError
from cbrn_deploy.provisioning.access.issuing import issue, revoke
from cbrn_deploy.provisioning.access.log import read_log
from cbrn_deploy.provisioning.access.plan import carry_out, plan
from cbrn_deploy.provisioning.access.protocol import AdminProtocol
from cbrn_deploy.provisioning.access.report import of_body
from cbrn_routing.bus.errors import BrokerUnreachableError
from cbrn_schemas.topics import Realm
from cbrn_schemas.users import User

BODIES = ("mnrets", "sbs")
"""Each test has a body of its own: the log of what was issued is for good."""
MNRETS, SBS = (User(Realm.EXERCISE, body) for body in BODIES)


async def test_what_a_cut_off_revocation_leaves_is_in_the_plan_and_ends(realm, order, now, monkeypatch):
    """Written down first: from then on nothing of it counts as live, whatever the cluster still has."""
    await issue(realm, order(MNRETS), PERSON, now)

    async def broken(*_):
        raise BrokerUnreachableError("gone")

    with monkeypatch.context() as patch:
        patch.setattr(AdminProtocol, "remove_passwords", broken)
        with pytest.raises(BrokerUnreachableError):
            await revoke(realm, MNRETS, PERSON, now)
    assert (await read_log(realm))[-1].act == "revoked"
    found = await plan(realm, now)
    assert not found.known.of(MNRETS)
    left = of_body(found.found, MNRETS.body)
    assert left.passwords == ("exercise.mnrets",)
    await carry_out(realm, left, PERSON, now, prune=False)
    assert of_body((await plan(realm, now)).found, MNRETS.body).empty


async def test_a_log_that_cannot_be_written_keeps_nobody_from_being_shut_out(realm, order, now, monkeypatch):
    """It fails afterwards, and is written when it is run again."""
    await issue(realm, order(SBS), PERSON, now)

    async def unwritable(*_):
        raise BrokerUnreachableError("no copy of the log takes it")

    with monkeypatch.context() as patch:
        patch.setattr(issuing, "write_down", unwritable)
        with pytest.raises(AccessError, match="taken back, and not written down"):
            await revoke(realm, SBS, PERSON, now)
    assert not of_body((await plan(realm, now)).found, SBS.body).passwords
    before = len(await read_log(realm))
    assert (await revoke(realm, SBS, PERSON, now)).rules == 0
    assert len(await read_log(realm)) == before + 1
    with pytest.raises(AccessError, match="neither rights nor a credential"):
        await revoke(realm, SBS, PERSON, now)
