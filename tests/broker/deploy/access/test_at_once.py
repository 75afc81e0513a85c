"""Two who give and take access at the same moment: the log's order settles it, and nobody keeps what was taken back."""

import asyncio
import shutil

import pytest
from tests.broker.deploy.access.conftest import PERSON
from tests.builders.access import ON

from cbrn_deploy.processes.local_users import give_rights
from cbrn_deploy.provisioning.access import issuing
from cbrn_deploy.provisioning.access.errors import AccessError
from cbrn_deploy.provisioning.access.issuing import issue, revoke
from cbrn_deploy.provisioning.access.plan import carry_out, plan
from cbrn_deploy.provisioning.access.protocol import opened
from cbrn_deploy.provisioning.access.trying import ask
from cbrn_schemas.settings import Settings
from cbrn_schemas.topics import Realm
from cbrn_schemas.users import User

BODIES = ("mes", "moh", "scns")
MES, MOH, SCNS = (User(Realm.EXERCISE, body) for body in BODIES)


async def left_of(realm, user):
    """What the cluster still has of a user: principals with rules or a password."""
    async with opened(realm) as cluster:
        names = {rule.principal for rule in await cluster.rules()} | await cluster.passwords()
    return {name for name in names if name.partition("~")[0] == user.name}


async def test_of_two_who_issue_at_once_one_is_refused(realm, order, now, monkeypatch):
    """Both have seen the same last number: two holders of one principal could not be revoked one by one."""
    both, down = asyncio.Barrier(2), issuing.write_down

    async def together(settings, record):
        await both.wait()
        return await down(settings, record)

    monkeypatch.setattr(issuing, "write_down", together)
    made = await asyncio.gather(
        issue(realm, order(MES), PERSON, now),
        issue(realm, order(MES, "second.cbrn"), PERSON, now),
        return_exceptions=True,
    )
    refused = [each for each in made if isinstance(each, AccessError)]
    assert len(refused) == 1, made
    assert "at the same moment" in str(refused[0])
    assert [order(MES).out.exists(), order(MES, "second.cbrn").out.exists()].count(True) == 1
    monkeypatch.setattr(issuing, "write_down", down)
    assert (await issue(realm, order(MES, "third.cbrn"), PERSON, now)).principal == "exercise.mes~2"


async def test_who_is_revoked_while_he_is_issued_keeps_nothing(realm, order, now, monkeypatch):
    """Between the record of a credential and its rights; the revocation finds no rules of it yet."""
    await issue(realm, order(MOH), PERSON, now)
    give = issuing.give

    async def late(*arguments):
        await revoke(realm, MOH, PERSON, now)
        return await give(*arguments)

    monkeypatch.setattr(issuing, "give", late)
    with pytest.raises(AccessError, match="was revoked while it was issued"):
        await issue(realm, order(MOH, "second.cbrn"), PERSON, now)
    assert await left_of(realm, MOH) == set()
    assert not order(MOH, "second.cbrn").out.exists()


async def test_what_a_person_looked_at_before_a_revocation_gives_nothing_back(realm, order, now):
    """A plan that adds rights may lie on a screen for minutes."""
    await issue(realm, order(SCNS), PERSON, now)
    async with opened(realm) as cluster:
        await cluster.remove_rules(set(list(await cluster.rules(SCNS.name))[:3]))
    seen = (await plan(realm, now)).found
    assert len(seen.add) == 3
    await revoke(realm, SCNS, PERSON, now)
    await carry_out(realm, seen, PERSON, now, prune=False)
    assert await left_of(realm, SCNS) == set()


async def test_a_restart_gives_a_revoked_certificate_of_this_machine_nothing_back(kafka, realm, now, tmp_path):
    """The bus's own processes are given their rights at each start: not to who has a copy of a file."""
    watch = User(Realm.EXERCISE, None, "watch")

    async def may(file):
        return {each.may for each in await ask(Settings(credentials=file), watch, ON) if each.planned}

    await give_rights(kafka, {watch})
    for number in (2, 3):
        own = kafka.credentials(watch.name)
        stolen = shutil.copy2(own, tmp_path / f"stolen-{number}.cbrn")
        assert await may(stolen) == {True}
        await revoke(realm, watch, PERSON, now)
        await give_rights(kafka, {watch})
        assert await may(stolen) == {False}
        assert await may(own) == {True}
        assert kafka.access.principal(watch.name) == f"exercise.bus.watch~{number}"
        assert [one.principal.number for one in (await plan(realm, now)).known.of(watch)] == [number]
    before = own.read_text()
    await give_rights(kafka, {watch})
    assert own.read_text() == before
