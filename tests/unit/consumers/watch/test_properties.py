"""Whatever order, however often begun anew: the same alarms, each once; and a model that counts minutes by hand."""

from __future__ import annotations

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from tests.builders.standing import answer, told
from tests.builders.watch import Night

from cbrn_schemas.receipt import ACTS

BODIES = ("mes-hydromet", "moh", "mia")
PLACES = ("41708203", "41711000")
STEPS = (0, 5, 5, 10, 10)
"""Minutes before each step of the policy for a severe alert to a service of the ministry."""

tells = st.builds(
    lambda minute, body, number, place, role, kind, restricted: told(
        minute,
        body=body,
        event=f"e-{number}",
        place=place,
        role=role,
        message_type=kind,
        restricted=restricted,
    ),
    st.integers(0, 60),
    st.sampled_from(BODIES),
    st.integers(1, 4),
    st.sampled_from(PLACES),
    st.sampled_from(["lead", "support", "inform"]),
    st.sampled_from(["Alert", "Update", "Update", "Cancel"]),
    st.sampled_from([False, False, False, True]),
)
answers = st.builds(
    lambda minute, act, body, number, name: answer(minute, act, body=body, event=f"e-{number}", name=name),
    st.integers(0, 90),
    st.sampled_from(ACTS),
    st.sampled_from((*BODIES, "mes")),
    st.integers(1, 4),
    st.sampled_from(["a", "b", "c", "d"]),
)
LATE_NIGHT = (
    told(0, body="moh"),
    told(3, body="mia", role="support"),
    answer(4, body="moh"),
    told(6, body="moh", event="e-2", place=PLACES[1]),
    answer(9, "accepted", body="mia"),
)
histories = st.lists(tells | answers, max_size=14)


def minute_of(one):
    return (one.origin.timestamp - told(0).at).total_seconds() / 60


def played(history, restarts=frozenset()):
    """All of it in the order of time; before some of them the shard is taken over by another process."""
    night = Night()
    for number, one in enumerate(sorted(history, key=minute_of)):
        night.until(minute_of(one))
        if number in restarts:
            night.restart()
        night.hear(one)
    if len(history) in restarts:
        night.restart()
    night.until(1000)
    return night


@given(histories, st.sets(st.integers(0, 14)))
@settings(deadline=None)
def test_restarts_change_nothing(history, restarts):
    """What is due, and what was done, is all in the records of the state."""
    once, again = played(history), played(history, restarts)
    assert again.written.alarms == once.written.alarms
    assert again.written.conclusions == once.written.conclusions


@given(histories)
@settings(deadline=None)
def test_each_step_of_a_lack_is_taken_once_and_in_order(history):
    """A body gets an alarm once, and levels rise by one."""
    said = played(history).written.alarms
    of = Counter(
        (each.body, each.alarm.body, each.alarm.lacking, each.alarm.event.id, each.alarm.level) for each in said
    )
    steps = {}
    for each in said:
        if each.role == "lead":
            key = each.alarm.body, each.alarm.lacking, each.alarm.event.id
            level = steps.get(key, 0)
            assert each.alarm.level in {level + 1, 1}
            steps[key] = each.alarm.level
    assert all(count <= len(history) for count in of.values())
    for each in said:
        assert each.alarm.at >= each.alarm.due


@given(histories)
@settings(deadline=None)
def test_nobody_hears_of_a_restricted_situation_who_was_not_told_of_it(history):
    """And no alarm then says what it is about."""
    night = Night()
    restricted, knows = False, set()
    for one in sorted(history, key=minute_of):
        night.until(minute_of(one))
        before = len(night.written.alarms)
        night.hear(one)
        assert len(night.written.alarms) == before, "alarms are given by the time alone"
        if hasattr(one, "facts"):
            restricted |= one.restricted
            knows.add(one.body)
        if restricted:
            for each in night.until(minute_of(one) + 0.5):
                assert each.body in knows
                assert each.alarm.headline is None
    for each in night.until(1000):
        assert not restricted or (each.body in knows and each.alarm.headline is None and not each.alarm.reason)


@given(st.permutations(LATE_NIGHT))
@settings(deadline=None)
def test_the_order_in_which_topics_are_read_does_not_matter(history):
    """After an outage alerts and answers come in any order; the times are the broker's."""
    night, straight = Night(), played(history)
    for one in history:
        night.hear(one)
    night.until(1000)
    assert sorted(map(repr, night.written.alarms)) == sorted(map(repr, straight.written.alarms))


class Duty(RuleBasedStateMachine):
    """One service at night: it is told, answers, is told of corrections, and forgets; the model counts by hand."""

    @initialize()
    def begin(self):
        self.night = Night()
        self.now = 0.0
        self.version = 0
        self.place = self.answered_place = None
        self.lack = None
        """Kind, since when it is due, steps taken, when the last."""
        self.expected = 0
        self.tell(PLACES[0])

    def _after(self, minutes):
        """Time passes: count by hand which steps fall into it."""
        end = self.now + minutes
        while self.lack is not None:
            kind, due, level, last = self.lack
            steps = STEPS if kind != "declined" else (0, 10)
            if level == len(steps):
                break
            at = due if level == 0 else last + steps[level]
            if at > end:
                break
            self.lack = kind, due, level + 1, at
            self.expected += 1
        self.now = end
        self.night.until(end)

    def tell(self, place):
        self.version += 1
        self.night.hear(
            told(self.now, event=f"e-{self.version}", place=place, body="mes-hydromet", message_type="Update")
        )
        self.place = place
        if place == self.answered_place:
            if self.lack is not None and self.lack[0] == "acknowledge":
                self.lack = self.after_answer
        elif self.lack is None or self.lack[0] != "acknowledge":
            self.lack = "acknowledge", self.now + 20, 0, 0

    @rule(place=st.sampled_from(PLACES), minutes=st.integers(1, 9))
    def correct(self, place, minutes):
        """The place is corrected, or said again."""
        self._after(minutes)
        if self.answered_place is not None and place == self.answered_place and self.place != place:
            return  # a correction that is taken back has tests of its own
        self.tell(place)

    @rule(act=st.sampled_from(["accepted", "en-route", "closed"]), minutes=st.integers(1, 40))
    def accept(self, act, minutes):
        """Whoever answers has seen the latest."""
        self._after(minutes)
        if self.lack is None:
            return
        self.night.hear(answer(self.now, act, event=f"e-{self.version}", body="mes-hydromet"))
        self.answered_place, self.lack = self.place, None

    @rule(minutes=st.integers(1, 40))
    def decline(self, minutes):
        """It is handed over at once."""
        self._after(minutes)
        if self.lack is None or self.lack[0] != "acknowledge":
            return
        self.night.hear(answer(self.now, "declined", event=f"e-{self.version}", body="mes-hydromet"))
        self.answered_place = self.place
        self.lack = "declined", self.now, 0, 0
        self._after(0)

    @rule(minutes=st.integers(1, 40))
    def note(self, minutes):
        """To have seen it answers nothing."""
        self._after(minutes)
        self.night.hear(answer(self.now, "seen", event=f"e-{self.version}", body="mes-hydromet"))

    @rule()
    def restart(self):
        """Another process takes the shard over."""
        self.night.restart()

    @rule(minutes=st.integers(1, 90))
    def wait(self, minutes):
        """Nobody does anything."""
        self._after(minutes)

    @invariant()
    def each_step_was_taken_when_its_time_came(self):
        asked = [each for each in self.night.written.alarms if each.role == "lead"]
        assert len(asked) == self.expected

    @invariant()
    def the_memory_says_when_it_is_due(self):
        due = self.night.state.due
        assert due is None or due > told(self.now).at or due.year == 1


Duty.TestCase.settings = settings(max_examples=80, stateful_step_count=25, deadline=None)
TestDuty = Duty.TestCase
