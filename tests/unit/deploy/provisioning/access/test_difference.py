"""What a cluster allows against what should be: both ways, and nobody else's rules are touched."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.builders.access import ON

from cbrn_deploy.provisioning.access import Operation, Resource, Right, rights
from cbrn_deploy.provisioning.access.difference import AccessDifference, Found, difference
from cbrn_deploy.provisioning.access.known import Credential, Known
from cbrn_deploy.provisioning.access.quotas import quota
from cbrn_deploy.provisioning.access.rule import Rule
from cbrn_schemas.topics import Realm
from cbrn_schemas.users import Principal, User

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cbrn_deploy.provisioning.access.rule import Quota

MES = User(Realm.REAL, "mes")
OF_MES = frozenset(Rule("mes", right) for right in rights(MES, ON))
LIVE = {"mes": Credential(Principal(MES), "password")}
LIMITED = {"mes": quota(MES)}


def rule(principal: str, name: str = "cbrn.to.mes.alerts", *, prefixed: bool = False, allows: bool = True) -> Rule:
    right = Right(Resource.TOPIC, name, prefixed=prefixed, operation=Operation.READ)
    return Rule(principal, right, allows=allows)


def compared(
    *rules: Rule,
    passwords: Iterable[str] = ("mes",),
    quotas: dict[str, Quota] | None = None,
    gone: Iterable[str] = (),
    live: dict[str, Credential] | None = None,
) -> AccessDifference:
    found = Found(frozenset({*OF_MES, *rules}), frozenset(passwords), LIMITED if quotas is None else quotas)
    known = Known(LIVE if live is None else live, frozenset(gone))
    return difference(found, known, Realm.REAL, ON)


def test_a_cluster_as_planned_differs_in_nothing() -> None:
    """Running apply again does nothing."""
    found = compared()
    assert found.empty
    assert not found.prunable
    assert found.unchanged == len(OF_MES)
    assert MES not in found.without_credential
    assert User(Realm.REAL, "moh") in found.without_credential


def test_what_is_missing_is_added_and_what_is_too_much_of_ours_is_taken() -> None:
    """Drift in both directions: somebody took a rule away by hand, and gave another."""
    missing = min(OF_MES)
    too_much = rule("mes", "cbrn.to.moh.alerts")
    found = difference(Found(OF_MES - {missing} | {too_much}, frozenset({"mes"}), LIMITED), Known(LIVE), Realm.REAL, ON)
    assert found.add == (missing,)
    assert found.remove == (too_much,)


@pytest.mark.parametrize(
    "foreign",
    [
        rule("other-system"),
        rule("*", "cbrn.", prefixed=True),
        rule("*", "*"),
        rule("other-system", "cb", prefixed=True),
        rule("mnrets-tool", "cbrn.from.mes.incidents", allows=False),
        rule("exercise.mes"),
        rule("broker-1", "cbrn.bus.decisions"),
        rule("Group:auditors"),
    ],
    ids=lambda each: f"{each.principal}:{each.right.name}",
)
def test_a_rule_of_others_that_reaches_into_the_realm_is_named_and_left_alone(foreign: Rule) -> None:
    """Whoever reads the plan must see it, and nobody but a person who saw the list may take it away."""
    found = compared(foreign)
    assert found.empty
    assert found.foreign == (foreign,)
    assert found.prunable == (foreign,)


@pytest.mark.parametrize(
    "elsewhere",
    [rule("other-system", "orders"), rule("mes", "mes-internal"), rule("*", "cbrn-exercise.to.mes.alerts")],
    ids=lambda each: f"{each.principal}:{each.right.name}",
)
def test_a_rule_about_something_else_is_never_touched(elsewhere: Rule) -> None:
    """The cluster may be shared, and the other realm has a plan of its own."""
    found = compared(elsewhere)
    assert found.empty
    assert not found.prunable
    assert found.elsewhere == 1


def test_rules_of_a_credential_that_nobody_knows_stay_without_prune() -> None:
    """The bus's own processes may have certificates of another machine: taking their rules would stop the bus."""
    held = rule("bus.router-incidents", "cbrn.from.mes.incidents")
    found = compared(held)
    assert found.empty
    assert found.unknown == (held,)


def test_what_is_left_of_a_revoked_credential_is_taken_away() -> None:
    """A revocation that broke off is carried through by the next apply."""
    left = rule("mes~2")
    found = compared(left, passwords=("mes", "mes~2"), quotas=LIMITED | {"mes~2": quota(MES)}, gone=("mes~2",))
    assert found.remove == (left,)
    assert found.passwords == ("mes~2",)
    assert found.quotas == {"mes~2": (quota(MES), {})}


def test_a_limit_that_somebody_changed_is_set_again() -> None:
    """A body without limits can drown the others."""
    found = compared(quotas={"other-system": {"producer_byte_rate": 1.0}})
    assert found.quotas == {"mes": ({}, quota(MES))}
    assert not found.empty


def test_who_follows_from_no_body_has_a_credential_and_no_rights() -> None:
    """A body that was dissolved: its credential opens nothing."""
    nobody = User(Realm.REAL, "nobody")
    found = compared(live=LIVE | {"nobody": Credential(Principal(nobody), "password")})
    assert found.without_rights == ("nobody",)
    assert not [each for each in found.add if each.principal == "nobody"]


def test_rules_for_a_body_of_another_catalogue_folder_stay_without_prune() -> None:
    """Whoever applies from a shell that was not told of the folder would else silence the body that it has."""
    watch, gas = User(Realm.REAL, None, "watch"), User(Realm.REAL, "gas-service")
    live = {user.name: Credential(Principal(user), "certificate") for user in (watch, gas)}
    held = (rule("bus.watch", "cbrn.to.gas-service.alerts"), rule("gas-service", "cbrn.to.gas-service.", prefixed=True))
    too_much, revoked = rule("bus.watch", "cbrn.to.mes.decisions"), rule("gas-service~2", "cbrn.to.gas-service.alerts")
    found = compared(*held, too_much, revoked, live=LIVE | live, gone=["gas-service~2"])
    assert found.uncatalogued == held
    assert found.remove == (too_much, revoked)
    assert found.prunable == held
