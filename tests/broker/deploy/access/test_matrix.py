"""Every user of ten bodies and of the bus, every stream, every operation: what the broker allows, both ways.

Once against the table from which the rules were made, and once against lists that were written by hand.
"""

from tests.builders.access import BODIES, BUS, ON, PARTNERS, by_hand

from cbrn_deploy.provisioning.access import Operation, Resource, users
from cbrn_deploy.provisioning.access.applying import apply_rights
from cbrn_deploy.provisioning.access.trying import TRIED, ask
from cbrn_schemas.topics import Realm


def allowed_by_hand(user, names):
    """Say what the list allows: operation, kind of thing, name."""
    lines = BUS[user.process] if user.body is None else by_hand(user.body, user.process)
    allowed = set()
    for line in lines:
        operation, *kind, pattern = line.replace("cbrn.", "cbrn-exercise.").split(" ")
        resource = kind[0] if kind else "topic"
        for name in names.get(resource, ()):
            if matches(pattern, name) and name.split(".")[2] in MEANT.get((user.name, line), {name.split(".")[2]}):
                allowed |= {(each, resource, name) for each in including(operation)}
    return allowed


MEANT = {
    ("exercise.bus.partners", "read cbrn.from.*.incidents"): PARTNERS,
    **{("exercise.bus.inbound", line): PARTNERS for line in BUS["inbound"] if "*" in line},
    ("exercise.bus.inbound", "write cbrn.to.*.alerts"): ("mes",),
}
"""Lines of the list in which the star does not stand for every body: who reads what strangers write speaks for them
alone, and calls the crisis management's ministry."""


def matches(pattern, name):
    if pattern.endswith("."):
        return name.startswith(pattern)
    before, star, behind = pattern.partition("*")
    if not star:
        return name == pattern
    return name.startswith(before) and name.endswith(behind) and "." not in name[len(before) : -len(behind)]


def including(operation):
    """Kafka shows a topic or group to whoever may read, write or change it."""
    return {operation} if operation in {"create", "alter-configs"} else {operation, "describe"}


async def test_everybody_may_what_is_planned_and_nothing_else(kafka, realm):
    """The one test that an auditor would ask for: all of it, on a real broker, in both directions."""
    wanted = [user for user in users(Realm.EXERCISE, ON) if user.body is None or user.body in BODIES]
    # As whom a file lets in: another test of this broker may have revoked the first.
    principals = {kafka.access.principal(user.name) or user.principal(): user for user in wanted}
    assert await apply_rights(realm, principals, ON) > 1_000
    assert await apply_rights(realm, principals, ON) == 0
    tried, given = 0, 0
    for user in wanted:
        answers = await ask(kafka.settings(user.name, realm=Realm.EXERCISE), user, ON, BODIES)
        assert [each for each in answers if not each.as_planned] == [], user
        names = {kind.value: {each.name for each in answers if each.resource is kind} for kind in TRIED}
        may = {(each.operation.value, each.resource.value, each.name) for each in answers if each.may}
        assert may == allowed_by_hand(user, names), user
        tried, given = tried + len(answers), given + len(may)
    assert len(wanted) == 10 * 5 - sum(1 for body in BODIES if not by_hand(body, "gateway")) + len(BUS) + len(PARTNERS)
    assert tried > 50_000
    assert 0 < given < tried / 20


async def test_who_has_no_rule_may_nothing(kafka, realm):
    """A certificate of our own authority is no right; so a revoked one is worth nothing, for ever."""
    user = next(user for user in users(Realm.EXERCISE, ON) if user.body == "mes")
    await apply_rights(realm, {user.principal(): user}, ON)
    answers = await ask(kafka.settings(user.principal(2), realm=Realm.EXERCISE), user, ON)
    assert not [each for each in answers if each.may]
    assert [each for each in answers if each.planned and each.operation is Operation.WRITE]
    assert {each.resource for each in answers} == {Resource.TOPIC, Resource.GROUP, Resource.CLUSTER}
