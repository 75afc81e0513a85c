"""Flood mode: above 10 alarms in 10 minutes a digest a minute, below 5 each by itself again. Against a plain model."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from cbrn_consumers.notify.flood import Flood, Telling


class Floods(RuleBasedStateMachine):
    """An officer's alarms over hours, beside a model that remembers every one of them."""

    def __init__(self):
        super().__init__()
        self.flood, self.now = Flood(), 0.0
        self.alarms, self.on = [], False
        self.held, self.told, self.folded, self.digests = 0, 0, 0, []

    @rule(seconds=st.floats(0, 400))
    def wait(self, seconds):
        """Time goes by, and a digest goes out as soon as it may."""
        self.now += seconds
        if self.held and self.flood.is_due(self.now):
            self.folded += self.held
            self.held = 0
            self.digests.append(self.now)
            self.flood.note_digest(self.now)

    @rule(extreme=st.booleans(), count=st.integers(1, 15))
    def alarm(self, extreme, count):
        for _ in range(count):
            within = sum(self.now - at < 600 for at in self.alarms)
            if self.on and within < 5:
                self.on = False
            self.alarms.append(self.now)
            if within + 1 > 10:
                self.on = True
            telling = self.flood.take(self.now, extreme=extreme)
            assert (telling is Telling.IN_DIGEST) == (self.on and not extreme)
            self.held += telling is Telling.IN_DIGEST
            self.told += telling is Telling.AT_ONCE

    @invariant()
    def nothing_is_left_out(self):
        assert self.told + self.folded + self.held == len(self.alarms)

    @invariant()
    def an_officer_gets_one_digest_a_minute(self):
        assert all(later - earlier >= 60 for earlier, later in zip(self.digests, self.digests[1:], strict=False))

    @invariant()
    def what_is_held_is_told_within_a_minute(self):
        assert not self.held or self.flood.is_due(self.now + 60)


Floods.TestCase.settings = settings(max_examples=100, stateful_step_count=40, deadline=None)
TestFloods = Floods.TestCase


def test_the_eleventh_alarm_begins_a_flood_and_an_extreme_one_is_told_at_once():
    flood = Flood()
    assert [flood.take(float(second), extreme=False) for second in range(10)] == [Telling.AT_ONCE] * 10
    assert flood.take(10.0, extreme=False) is Telling.IN_DIGEST
    assert flood.take(11.0, extreme=True) is Telling.AT_ONCE
    assert not flood.is_due(69.0)
    assert flood.is_due(70.0)


def test_a_flood_ends_below_five():
    """With five in ten minutes it goes on: it must not flicker."""
    flood = Flood()
    for second in range(11):
        flood.take(float(second), extreme=False)
    assert flood.take(605.5, extreme=False) is Telling.IN_DIGEST, "five lie in the window"
    assert flood.take(700.0, extreme=False) is Telling.AT_ONCE
