"""Both sides of one decision, from the alert that a body has got."""

import pytest
from tests.builders.desk_rules import LANGUAGES
from tests.builders.situation import min_kush

from cbrn_consumers.desk.rulebook import Explained, subject_of
from cbrn_routing.rulebook import national_rulebook


@pytest.fixture(scope="module")
def alert():
    return min_kush("moh").read.alerts["moh"]


@pytest.fixture(scope="module")
def explained(alert):
    return Explained(subject_of(alert, national_rulebook()), national_rulebook())


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_body_that_was_told_reads_by_which_rule_what_met_it_and_by_which_law(explained, alert, lang):
    """The rules on its own alert are among them."""
    side = explained.side("moh", lang, alert.rules)
    assert side.told
    assert side.recorded
    assert set(alert.rules) <= {reason.id for reason in side.reasons}
    assert all(reason.laws and all(fact.holds for fact in reason.facts) for reason in side.reasons)


def test_a_body_that_was_not_told_reads_what_stood_in_the_way(explained):
    """The nearest rule first, with the condition that did not hold."""
    side = explained.side("mod", "en")
    assert not side.told
    assert not side.reasons
    failing = [fact.said for fact in side.near[0].facts if not fact.holds]
    assert failing == ["severity: Extreme ≠ Moderate"]
    assert side.far


def test_an_alert_that_names_another_rule_is_said_to(explained):
    """It was decided by something else than what is explained here: nobody may take the one for the other."""
    assert not explained.side("moh", "en", ("some-other-rule",)).recorded


def test_a_body_told_only_for_having_got_the_original_is_told(explained):
    """The rules do not name it; its alert says why it has come."""
    side = explained.side("mod", "en", ("earlier-recipient",))
    assert side.told
    assert side.earlier
    assert side.recorded


def test_a_body_abroad_is_a_partner_whose_copy_waits(explained):
    """Not told as one at home is."""
    assert explained.side("iaea", "en").role == "partner"


def test_the_decision_says_who_is_told_by_which_rules(explained):
    """Everybody, and by when to answer."""
    decided = explained.decision("en")
    assert {"mes", "moh", "mia"} <= {one.body for one in decided.told}
    assert decided.answer == "15 min"
    assert decided.rulebook == national_rulebook().digest
    assert decided.at is None
