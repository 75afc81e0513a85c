"""What users may do: held against a list written by hand, and against what must never be."""

from __future__ import annotations

import re
from datetime import date

import pytest
from tests.builders.access import BODIES, BUS, ON, by_hand, said

from cbrn_deploy.provisioning.access import Operation, Resource, Right, rights, users
from cbrn_deploy.provisioning.access.difference import CONNECT
from cbrn_schemas.streams import STREAMS, Party
from cbrn_schemas.topics import Realm
from cbrn_schemas.users import ADMINISTRATOR, BODY_PROCESSES, BUS_PROCESSES, User

REAL = users(Realm.REAL, ON)


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("process", [None, *BODY_PROCESSES])
def test_a_body_may_what_the_list_by_hand_says_and_nothing_else(body: str, process: str | None) -> None:
    """Ten bodies, written down by somebody who did not read the table."""
    user = User(Realm.REAL, body, process)
    assert {said(right) for right in rights(user, ON)} == by_hand(body, process)


@pytest.mark.parametrize("process", BUS_PROCESSES)
def test_a_process_of_the_bus_may_what_the_list_by_hand_says(process: str) -> None:
    """As above; a star stands for every body."""
    found = {said(right, bodies=True) for right in rights(User(Realm.REAL, None, process), ON)}
    assert found == BUS[process]


@pytest.mark.parametrize("user", REAL, ids=str)
def test_a_realm_never_reaches_into_the_other(user: User) -> None:
    """An exercise must not be able to alarm anybody, nor the real realm hear of one."""
    there = User(Realm.EXERCISE, user.body, user.process)
    real, exercise = rights(user, ON), rights(there, ON)
    assert all(right.name.removeprefix(CONNECT).startswith("cbrn.") for right in real)
    assert [
        (r.resource, r.prefixed, r.operation, re.sub("(^|-)cbrn[.]", r"\1cbrn-exercise.", r.name)) for r in real
    ] == [(r.resource, r.prefixed, r.operation, r.name) for r in exercise]


@pytest.mark.parametrize("user", REAL, ids=str)
def test_a_prefix_ends_with_a_dot_and_a_name_does_not(user: User) -> None:
    """`cbrn.from.mes` as a prefix would be the rule of mes-cmc, too."""
    for right in rights(user, ON):
        assert right.name.endswith(".") == right.prefixed


def test_no_user_is_a_super_user_by_its_rights() -> None:
    """Nobody alters rights, the cluster, or deletes; topics are created by one process, which reads no record."""
    for user in REAL:
        for right in rights(user, ON):
            assert right.resource is not Resource.CLUSTER
            if right.operation not in {Operation.READ, Operation.WRITE, Operation.DESCRIBE}:
                assert user == User(Realm.REAL, None, "topics")


def test_a_body_has_no_right_on_another_body() -> None:
    """Neither on its topics nor on its groups."""
    for user in REAL:
        others = [body for body in BODIES if body != user.body]
        for right in rights(user, ON) if user.body else ():
            assert not [b for b in others if right.covers(f"cbrn.from.{b}.incidents")]
            assert not [b for b in others if right.covers(f"cbrn.to.{b}.alerts")]


def test_a_process_of_a_body_has_no_more_than_the_body() -> None:
    """Or a stolen password of the least program would open what the body's own does not."""
    for body in BODIES:
        whole = rights(User(Realm.REAL, body), ON)
        for process in BODY_PROCESSES:
            for right in rights(User(Realm.REAL, body, process), ON):
                if ".mirror." in right.name:  # between MirrorMaker and itself; no stream of the bus
                    continue
                may = {r.operation for r in whole if r.resource is right.resource and r.covers(right.name)}
                assert right.operation in may or (right.operation is Operation.DESCRIBE and Operation.READ in may)


def test_every_stream_has_somebody_who_may_write_and_read_it() -> None:
    """A row of the table that no user follows from is a process that stands still on a secured cluster."""
    held = [right for user in REAL for right in rights(user, ON)]
    for stream in STREAMS:
        for topic in stream.topics(
            Realm.REAL, {"publisher": ["mes"], "receiver": ["mes"], "home": ["mes"], "partner": ["kz"]}
        ):
            for operation, parties in ((Operation.WRITE, stream.writers), (Operation.READ, stream.readers)):
                if parties != {Party.ADMIN}:
                    assert any(r.operation is operation and r.covers(topic) for r in held), (topic, operation)


def test_who_gives_rights_and_who_is_no_more_needs_no_rule() -> None:
    """The broker asks the first for none; the second has no topics."""
    assert rights(ADMINISTRATOR, ON) == ()
    assert rights(User(Realm.REAL, "nobody"), ON) == ()


def test_a_body_that_begins_later_has_its_rights_before() -> None:
    """At midnight the first event may be its own, and nobody is at work to give any."""
    assert users(Realm.REAL, date(2026, 11, 1)) == tuple(dict.fromkeys(users(Realm.REAL, date(2026, 11, 1))))
    assert Right(Resource.TOPIC, "cbrn.to.mes.", prefixed=True, operation=Operation.READ) in rights(
        User(Realm.REAL, "mes"), ON
    )
