"""Where one body stands: what it has said, whether it is asked anew, and what does not count."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.builders.standing import after, answer, facts, party, standings, told

from cbrn_consumers.standing import Named, State, Stray, changes

UPDATE = {"event": "e-2", "message_type": "Update"}


@pytest.mark.parametrize(
    ("acts", "state"),
    [
        ((), State.ADDRESSED),
        (("seen",), State.SEEN),
        (("note",), State.SEEN),
        (("handed-over",), State.SEEN),
        (("acknowledged", "seen"), State.ACKNOWLEDGED),
        (("accepted", "acknowledged"), State.ACCEPTED),
        (("accepted", "en-route", "accepted"), State.EN_ROUTE),
        (("accepted", "declined"), State.DECLINED),
        (("declined", "acknowledged"), State.DECLINED),
        (("declined", "accepted"), State.ACCEPTED),
        (("acknowledged", "closed"), State.CLOSED),
        (("declined", "note"), State.DECLINED),
    ],
)
def test_a_body_stands_where_its_last_weighty_word_puts_it(acts, state):
    """A second officer who only acknowledges takes nothing back; who accepts after declining does."""
    given = [answer(index + 1, act) for index, act in enumerate(acts)]
    assert party(told(), *given).state(after(10)) is state


@pytest.mark.parametrize("act", ["acknowledged", "accepted", "en-route", "declined", "closed"])
def test_an_answer_in_time_is_never_missed(act):
    """Declining is an answer, too: somebody else is to be asked, and at once."""
    found = party(told(), answer(5, act))
    assert found.state(after(60)) is not State.MISSING
    assert found.asks[0].answer is not None


@pytest.mark.parametrize("act", ["seen", "note", "handed-over"])
def test_to_have_seen_it_is_no_answer(act):
    """Whoever noted something and fell asleep must be missed."""
    found = party(told(), answer(5, act))
    assert found.state(after(19)) is State.SEEN
    assert found.state(after(21)) is State.MISSING
    assert found.reached is State.SEEN


def test_a_late_answer_ends_the_search():
    """Missing until it came, and late in the figures."""
    found = party(told(), answer(30))
    assert found.state(after(31)) is State.ACKNOWLEDGED
    assert found.asks[0].answer.at > found.asks[0].due


def test_who_is_only_informed_is_never_missing():
    """The deadline travels to all; an answer is expected of those who lead and support."""
    assert party(told(role="inform")).state(after(60)) is State.ADDRESSED
    assert party(told(role="support")).state(after(60)) is State.MISSING
    assert party(told(role="inform"), answer(3)).state(after(60)) is State.ACKNOWLEDGED


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"place": "41711000"}, "place"),
        ({"spots": ("F04",)}, "place"),
        ({"substances": (Named(frozenset({"ammonia"}), "ammonia"),)}, "substances"),
        ({"hazards": ("chemical", "radiological")}, "hazard"),
        ({"severity": "Extreme"}, "severity"),
        ({"severity": "Minor"}, "severity"),
        ({"role": "support"}, "role"),
    ],
)
def test_an_answer_is_asked_anew_where_what_one_acts_on_has_changed(changed, field):
    """And it is said what."""
    found = party(told(), answer(5, "accepted"), told(10, **UPDATE, **changed))
    ask = found.open_ask
    assert [change.field for change in ask.changed] == [field]
    assert (ask.version, ask.due, found.reached) == (2, after(30), State.ACCEPTED)
    assert found.state(after(31)) is State.MISSING
    assert party(told(), told(10, **UPDATE, **changed), answer(12, event="e-2")).open_ask is None


def test_an_update_that_changes_nothing_to_act_on_asks_nobody_again():
    """More patients of the same accident: who acts on it goes on acting."""
    found = party(told(), answer(5), told(10, **UPDATE, headlines={"ru": "Пострадали 12"}))
    assert found.open_ask is None
    assert found.state(after(90)) is State.ACKNOWLEDGED


def test_an_answer_to_the_former_alert_does_not_answer_what_has_changed_since():
    """The officer read the old place a moment after the correction had come."""
    found = party(told(), told(4, **UPDATE, place="41711000"), answer(5, event="e-1"))
    assert found.asks[0].answer is not None
    assert (found.open_ask.version, found.open_ask.due) == (2, after(24))
    assert [change.field for change in found.open_ask.changed] == ["place"]


def test_the_first_deadline_stands_however_many_updates_follow():
    """A new report every ten minutes must not put an answer off for ever."""
    later = [told(10 * number, event=f"e-{number + 1}", message_type="Update") for number in range(1, 6)]
    assert party(told(), *later).open_ask.due == after(20)
    sooner = told(2, **UPDATE, within=5)
    assert party(told(), sooner).open_ask.due == after(7)


def test_facts_that_are_again_as_answered_ask_for_nothing():
    """A wrong correction, taken back."""
    wrong, right = told(10, **UPDATE, place="41711000"), told(12, event="e-3", message_type="Update")
    found = party(told(), answer(5), wrong, right)
    assert found.open_ask is None
    assert found.asks[1].withdrawn == after(12)


def test_a_cancelled_situation_asks_nobody_and_one_that_is_open_again_begins_anew():
    """Not with the deadline of before: it would be missed at once."""
    cancelled = told(10, event="e-2", message_type="Cancel")
    assert party(told(), cancelled).state(after(60)) is State.ADDRESSED
    found = party(told(), cancelled, told(120, event="e-3", message_type="Update"))
    assert found.open_ask.due == after(140)


def test_what_comes_again_at_a_higher_level_is_the_same_message():
    """Passed on for want of an answer: one message, which one answer answers."""
    found = party(told(), told(21, level=1), answer(25))
    assert (len(found.versions), found.level, found.open_ask) == (1, 1, None)


def test_after_the_close_nothing_counts_until_something_has_changed():
    """The body had nothing more to do; a stray «accepted» must not open it again."""
    update, same = told(20, **UPDATE, place="41711000"), told(15, event="e-3", message_type="Update")
    found = party(told(), answer(5, "closed"), answer(6, "accepted"))
    assert (found.reached, found.strays[0][1]) == (State.CLOSED, Stray.AFTER_CLOSE)
    assert party(told(), answer(5, "closed"), same, answer(16, event="e-3")).reached is State.CLOSED
    again = party(told(), answer(5, "closed"), update, answer(21, event="e-2"))
    assert (again.reached, again.strays, again.open_ask) == (State.ACKNOWLEDGED, (), None)
    assert party(told(), answer(5, "closed"), update).state(after(60)) is State.MISSING


def test_a_receipt_for_an_alert_never_sent_stands_apart():
    """It may name an event of another situation, or none: the body has not answered what it was told."""
    found = party(told(), answer(5, event="e-9"))
    assert (found.state(after(21)), found.strays[0][1]) == (State.MISSING, Stray.OTHER_EVENT)


def test_a_body_that_was_not_told_is_kept_apart_and_never_counted():
    """Its word is shown to whoever looks, and answers for nobody."""
    found = standings(told(), answer(5, body="moh"))
    (situation,) = found.all()
    assert [each.body for each in situation.parties] == ["mes"]
    assert [(each.receipt.body, why) for each, why in situation.strays] == [("moh", Stray.NOT_TOLD)]
    assert situation.missing(after(21))
    nowhere = standings(answer(5, situation="KG-none"))
    assert (list(nowhere.all()), len(nowhere.strays())) == ([], 1)


def test_a_time_ahead_is_shown_and_counts_for_nothing():
    """By its own clock it would have been in time; the broker had it an hour late."""
    found = party(told(), answer(80, at=after(300)))
    assert found.answers[0].ahead
    assert found.asks[0].answer.at == after(80)
    backdated = party(told(), answer(80, at=after(1)))
    assert backdated.state(after(50)) is State.ACKNOWLEDGED
    assert backdated.asks[0].answer.at > backdated.asks[0].due


def test_a_receipt_that_the_broker_stamps_before_its_alert_still_answers_it():
    """The clocks of two brokers differ by a second: nobody can answer what he was not told."""
    found = party(told(1), answer(0.5))
    assert [ask.answer.at for ask in found.asks] == [after(0.5)]


def test_who_has_it_is_the_last_who_answered_or_to_whom_it_was_handed_over():
    """The night shift asks for a name."""
    assert party(told(), answer(1), answer(5, "handed-over", to="Officer Bekova")).holder == "Officer Bekova"


def test_a_substance_known_by_its_name_here_and_its_number_there_is_the_same():
    """«Chlorine», then «chlorine, CAS 7782-50-5»: nothing has changed."""
    named = facts(substances=(Named(frozenset({"chlorine", "7782 50 5"}), "chlorine"),))
    assert changes(facts(), named) == ()
    assert [each.field for each in changes(facts(), facts(substances=()))] == ["substances"]


@pytest.mark.parametrize(("lat", "moved"), [(42.870, False), (42.875, False), (42.885, True)])
def test_a_better_fix_of_the_same_place_is_no_other_place(lat, moved):
    """Five hundred metres are an instrument; a mile is another street."""
    found = changes(facts(point=(42.870, 74.590)), facts(point=(lat, 74.590)))
    assert bool(found) is moved
    assert changes(facts(), facts(point=(lat, 74.590))) == ()


@pytest.mark.parametrize(
    ("lang", "said"),
    [("en", "place: "), ("ru", "место: "), ("ky", "жер: ")],
)
def test_what_changed_is_said_in_words(lang, said):
    """Not codes: an officer reads it at night."""
    (change,) = changes(facts(place="KG-C"), facts(place="KG-O"))
    text = change.text(lang)
    assert text.startswith(said)
    assert " → " in text
    assert "KG-" not in text


def test_states_follow_the_clock_and_nothing_else():
    """The same records, another minute."""
    found = party(told())
    assert [found.state(after(0) + timedelta(minutes=m)) for m in (20, 20.1)] == [State.ADDRESSED, State.MISSING]
