"""Policies that an office writes: what they mean, and every way in which one is refused."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.builders.watch import SHIPPED, TODAY

from cbrn_consumers.watch.policy import FILE, Policies, PolicyError
from cbrn_consumers.watch.policy_file import json_schema
from cbrn_schemas.catalogue.bodies import receivers

GOOD = "crisis_centre: mes-cmc\npolicies:\n - {name: one, steps: [{to: body}, {to: crisis-centre, after: 5m}]}\n"
EXPECTED = GOOD + "publishers:\n  - {body: mes-hydromet, lane: monitoring, every: 2h}\n"


def steps(body, *, declined=False, policies=SHIPPED, severity="Severe"):
    policy = policies.of(body, "lead", severity)
    return [(each.step, each.body) for each in policies.targets(policy, body, declined=declined, on=TODAY)]


def test_the_shipped_policies_lead_somewhere_for_every_body_that_is_told():
    """Whoever it is, in the end somebody is asked who is there at night; nobody is asked twice."""
    for code in receivers(TODAY):
        for severity in ("Extreme", "Minor"):
            found = steps(code, severity=severity)
            assert len(set(found)) == len(found)
            other = [body for _, body in found if body != code]
            assert len(set(other)) == len(other)
            assert other, code
            assert steps(code, declined=True, severity=severity), code


def test_who_declines_is_passed_on_to_another_body_at_once():
    """Its own posts are no help, and there is no time to wait for."""
    policy = SHIPPED.of("mes-hydromet", "lead", "Severe")
    first, second = SHIPPED.targets(policy, "mes-hydromet", declined=True, on=TODAY)
    assert (first.step, first.body, first.after) == ("parent", "mes", timedelta(0))
    assert (second.step, second.body, second.after) == ("crisis-centre", "mes-cmc", timedelta(minutes=10))


def test_the_first_policy_that_fits_counts():
    """By severity, role and body, all that are given."""
    text = GOOD.replace(
        "policies:\n",
        "policies:\n - {name: own, for: {bodies: [moh], roles: [lead]}, accept: {lead: 2h}, "
        "steps: [{to: mia}, {to: mes-112, after: 1h}]}\n",
    )
    policies = Policies.read(text, on=TODAY)
    own = policies.of("moh", "lead", "Minor")
    assert steps("moh", policies=policies) == [("other-body", "mia"), ("other-body", "mes-112")]
    assert policies.of("moh", "support", "Minor").name == "one"
    assert own.accept.within("lead") == timedelta(hours=2)
    assert own.accept.within("support") is None


def test_policies_may_follow_on_one_another():
    """What is common is written once."""
    text = GOOD + " - {name: two, steps: [{to: deputy}], then: one}\n"
    first, second = text.split(" - ")[1:]
    policies = Policies.read(f"crisis_centre: mes-cmc\npolicies:\n - {second} - {first}", on=TODAY)
    assert steps("moh", policies=policies) == [("deputy", "moh"), ("body", "moh"), ("crisis-centre", "mes-cmc")]


def test_from_whom_something_is_expected_is_data_and_nobody_if_nothing_is_said():
    """A bus that was just set up expects nothing."""
    (rule,) = Policies.read(EXPECTED, on=TODAY).publishers
    assert (rule.body, rule.lane, rule.every) == ("mes-hydromet", "monitoring", "2h")
    assert not Policies.read(GOOD, on=TODAY).publishers
    assert not SHIPPED.publishers


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "crisis_centre: Field required"),
        ("policies: [", "did not find expected node content"),
        ("a: &a [*a]", "holds itself"),
        (GOOD.replace("to: crisis-centre", "to: deputy"), "ends with «deputy», and so in nobody"),
        (GOOD.replace("to: crisis-centre", "to: moj"), "ends with «moj», and so in nobody"),
        (GOOD.replace("to: crisis-centre", "to: body"), "asks body twice, and so goes in a circle"),
        (GOOD.replace("5m}]", "5m}], then: one"), "`then` goes in a circle: one → one"),
        (GOOD.replace("5m}]", "5m}], then: two"), "there is no such policy"),
        (GOOD.replace("mes-cmc", "mchs"), "no body has the code 'mchs'"),
        (GOOD.replace("mes-cmc", "mes-tailings"), "not there at every hour"),
        (GOOD.replace("to: body", "to: nobody"), "no body has the code 'nobody'"),
        (GOOD.replace("{to: body}", "{to: body, tell: [mchs]}"), "no body has the code 'mchs'"),
        (GOOD.replace("5m", "5 minutes"), "«one».steps.1.after"),
        (GOOD.replace(", after: 5m", ""), "all steps would be taken at once"),
        (GOOD.replace("name: one", "name: one, for: {roles: [lead]}"), "the last policy must fit every alert"),
        (GOOD.replace("name: one", "name: one, fro: 1"), "there is no such field"),
        (GOOD + " - {name: one, steps: [{to: crisis-centre}]}\n", "two policies have one name"),
        (GOOD.replace("name: one", "name: one, name: two"), "written twice"),
        (EXPECTED.replace("mes-hydromet", "mchs"), "publishers.0: 'mchs' is no body that publishes"),
        (EXPECTED.replace("mes-hydromet", "mfa"), "publishers.0: 'mfa' is no body that publishes"),
        (EXPECTED.replace("2h", "2 hours"), "publishers.0.every"),
        (EXPECTED.replace("2h", "73h"), "publishers.0: 73h is longer than what was sent is kept"),
        (EXPECTED.replace("lane: monitoring", "lane: readings"), "publishers.0.lane"),
        (EXPECTED.replace("lane: monitoring, ", ""), "publishers.0.lane: Field required"),
        (EXPECTED + "  - {body: mes-hydromet, lane: monitoring, every: 5m}\n", "expected on monitoring twice"),
    ],
)
def test_what_cannot_be_used_is_refused_with_the_place_and_a_remedy(text, said):
    """Found when it is written, not at night."""
    with pytest.raises(PolicyError) as caught:
        Policies.read(text, on=TODAY)
    assert said in str(caught.value)
    assert caught.value.hint
    assert caught.value.bad_input


def test_a_folder_of_ones_own_is_read_and_one_that_cannot_be_says_why(tmp_path):
    """The setting names a folder."""
    with pytest.raises(PolicyError, match="No such file"):
        Policies.load(tmp_path, TODAY)
    (tmp_path / FILE).write_text(GOOD)
    assert Policies.load(tmp_path, TODAY).policies[0].name == "one"
    (tmp_path / FILE).write_bytes(b"\xff\xfe")
    with pytest.raises(PolicyError, match="decode"):
        Policies.load(tmp_path, TODAY)
    (tmp_path / FILE).write_text("#" * 300_000)
    with pytest.raises(PolicyError, match="larger"):
        Policies.load(tmp_path, TODAY)


def test_the_published_schema_knows_the_file_as_it_is_written():
    """Its words are those of the file, not of the program."""
    fields = json_schema()["$defs"]["Policy"]["properties"]
    assert {"name", "for", "accept", "steps", "then"} <= fields.keys()
