"""The checker finds each fault in histories made by hand. Without this, a zero says nothing."""

from dataclasses import replace

import pytest

from .checker import check
from .history import DECISION, QUARANTINE, History, Position, Seen, Sent

ROLES = {"mes": "lead", "moh": "inform"}


def sent(number, key="situation"):
    return Sent("/mes", f"{key}-{number}", key, number, ROLES, digest=f"digest {number}")


def alert(event, recipient, offset, partition=0):
    return Seen(
        recipient, partition, offset, event.source, event.id, event.key, event.recipients[recipient], event.digest
    )


def ruling(event, offset):
    return Seen(event.ruling, 0, offset, event.source, event.id, event.key)


@pytest.fixture
def history():
    """Three events of one situation, told to two bodies in order, with gaps for the markers."""
    events = [sent(number) for number in (1, 2, 3)]
    return History(
        sent=events,
        alerts=[alert(event, body, 2 * index) for index, event in enumerate(events) for body in ROLES],
        rulings=[ruling(event, 2 * index) for index, event in enumerate(events)],
        committed=[Position("in", 0, offset) for offset in (0, 1, 1, 3)],
        stated=[Position("in", 0, offset) for offset in (1, 3)],
    )


def found(history):
    return {kind: count for kind, count in check(history).counts.items() if count}


def test_good_history_is_clean(history):
    """A checker that cries wolf would be switched off."""
    assert check(history).clean


def test_order_in_which_records_were_read_does_not_matter(history):
    """Only partition and offset say what came first: topics are read in any order."""
    history.alerts.reverse()
    history.rulings.reverse()
    assert check(history).clean


def test_lost_event_is_found(history):
    """Nothing arrived at all: a batch whose offsets were committed without its alerts."""
    history.alerts = [one for one in history.alerts if one.id != "situation-2"]
    history.rulings = [one for one in history.rulings if one.id != "situation-2"]
    assert found(history) == {"lost_alerts": 2, "lost_decisions": 1}


def test_torn_event_is_found(history):
    """One ministry knows and the other does not: worse than both not knowing."""
    history.alerts = [one for one in history.alerts if (one.id, one.recipient) != ("situation-2", "moh")]
    assert found(history) == {"lost_alerts": 1, "torn_transactions": 1}


def test_decision_without_alerts_is_torn(history):
    """The record says that everybody was told."""
    history.alerts = [one for one in history.alerts if one.id != "situation-3"]
    assert found(history) == {"lost_alerts": 2, "torn_transactions": 1}


def test_alerts_without_decision_are_torn(history):
    """Nobody could explain them later."""
    del history.rulings[0]
    assert found(history) == {"lost_decisions": 1, "torn_transactions": 1}


def test_each_surplus_copy_counts(history):
    """What a zombie causes: the whole fan-out again."""
    history.alerts += [alert(history.sent[2], body, offset) for body in ROLES for offset in (10, 12)]
    history.rulings.append(ruling(history.sent[2], 10))
    assert found(history) == {"duplicated_alerts": 4, "duplicated_decisions": 1}


def test_old_event_again_is_a_duplicate_and_not_a_reordering(history):
    """One cause, one finding: the copy is late since it is a copy."""
    history.alerts.append(alert(history.sent[0], "mes", 10))
    assert found(history) == {"duplicated_alerts": 1}


def test_same_id_of_another_source_is_another_event(history):
    """An id is unique only within its source."""
    other = replace(sent(1, "other"), source="/moh", id="situation-1")
    history.sent.append(other)
    history.alerts += [alert(other, body, 10) for body in ROLES]
    history.rulings.append(ruling(other, 10))
    assert check(history).clean


def test_inversion_within_a_key_is_found(history):
    """«Empty» after «loaded», when it was the other way round."""
    mes = [one for one in history.alerts if one.recipient == "mes"]
    rest = [one for one in history.alerts if one.recipient != "mes"]
    history.alerts = [*rest, mes[0], replace(mes[1], offset=4), replace(mes[2], offset=2)]
    assert found(history) == {"reordered_alerts": 1}


def test_inversion_of_decisions_is_found(history):
    """The record of decisions is read in order, too."""
    first, second, third = history.rulings
    history.rulings = [replace(first, offset=9), second, third]
    assert found(history)["reordered_decisions"] == 1


def test_order_between_keys_is_free(history):
    """Situations are independent."""
    other = sent(1, "other")
    history.sent.append(other)
    history.alerts += [alert(other, body, 1) for body in ROLES]
    history.rulings.append(ruling(other, 1))
    assert check(history).clean


def test_key_in_two_partitions_is_a_reordering(history):
    """A reader has no order across partitions."""
    history.alerts[-1] = replace(history.alerts[-1], partition=1)
    assert found(history) == {"reordered_alerts": 1}


def test_record_that_nobody_sent_is_found(history):
    """From an aborted transaction, or invented."""
    history.alerts.append(replace(history.alerts[0], id="nobody's", offset=20))
    assert found(history) == {"unexpected_alerts": 1}


def test_alert_to_the_wrong_body_is_found(history):
    """Somebody is told of what is none of his business."""
    history.alerts.append(replace(history.alerts[0], recipient="mfa"))
    assert found(history) == {"unexpected_alerts": 1}


@pytest.mark.parametrize("change", [{"role": "support"}, {"digest": "other bytes"}])
def test_altered_alert_is_found(history, change):
    """The bytes that came are the bytes that go; a wrong role is a wrong alert."""
    history.alerts[0] = replace(history.alerts[0], **change)
    assert found(history) == {"altered_alerts": 1}


@pytest.mark.parametrize("whose", ["committed", "stated"])
def test_offset_that_goes_back_is_found(history, whose):
    """It is the trace of a zombie's commit, even where no duplicate came of it."""
    getattr(history, whose).append(Position("in", 0, 2))
    assert found(history) == {"offset_regressions": 1}


def test_offset_that_the_test_committed_is_no_regression_of_the_router(history):
    """The test misleads the routers on purpose, backwards and forwards."""
    history.injected = {Position("in", 0, 2), Position("in", 0, 9)}
    history.committed += [Position("in", 0, offset) for offset in (2, 9, 4)]
    assert check(history).clean
    history.committed.append(Position("in", 0, 3))
    assert found(history) == {"offset_regressions": 1}


def test_refused_record_must_lie_in_quarantine_and_raise_its_alarms(history):
    """A refusal is told once as well."""
    refused = Sent("/bus/router", "in/0/7", "in/0/7", 1, ROLES, ruling=QUARANTINE)
    history.sent.append(refused)
    assert found(history) == {"lost_alerts": 2, "lost_decisions": 1}
    history.alerts += [replace(alert(refused, body, 20), digest="alarm") for body in ROLES]
    history.rulings.append(ruling(refused, 0))
    assert check(history).clean
    history.rulings[-1] = replace(history.rulings[-1], recipient=DECISION)
    assert found(history) == {"lost_decisions": 1, "torn_transactions": 1}
