"""Whatever order the records come in, and however often: the same standing, and nobody else's word counts."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from tests.builders.standing import SITUATION, after, answer, standings, told

from cbrn_consumers.standing import ANSWERS, ASKED, Answer, State, Stray, Told, changes
from cbrn_schemas.receipt import ACTS

BODIES = ("mes", "moh", "mfa")
PLACES = ("41708203", "41711000")

tells = st.builds(
    lambda minute, body, number, place, role, kind: told(
        minute, body=body, event=f"e-{number}", place=place, role=role, message_type=kind
    ),
    st.integers(0, 60),
    st.sampled_from(BODIES[:2]),
    st.integers(1, 4),
    st.sampled_from(PLACES),
    st.sampled_from(["lead", "support", "inform"]),
    st.sampled_from(["Alert", "Update", "Update", "Cancel"]),
)
answers = st.builds(
    lambda minute, act, body, number, name: answer(minute, act, body=body, event=f"e-{number}", name=name),
    st.integers(0, 90),
    st.sampled_from(ACTS),
    st.sampled_from(BODIES),
    st.integers(1, 5),
    st.sampled_from(["a", "b", "c", "d", "e"]),
)
histories = st.lists(tells | answers, max_size=14)


def seen(found, now):
    """All that anybody is shown."""
    return [
        (each.parties, [party.state(now) for party in each.parties], each.strays, each.latest) for each in found.all()
    ], found.strays()


@given(histories, st.randoms(use_true_random=False), st.integers(0, 120))
def test_neither_order_nor_repetition_matters(history, random, minute):
    """Two topics are read apart, a restart reads them again."""
    again = [*history, *random.sample(history, k=len(history) // 2)]
    random.shuffle(again)
    assert seen(standings(*history), after(minute)) == seen(standings(*again), after(minute))


@given(histories)
def test_a_body_that_was_not_told_changes_nothing_for_those_who_were(history):
    """Nor does its word appear among theirs."""
    without = [one for one in history if isinstance(one, Told) or one.receipt.body != "mfa"]
    ours, theirs = standings(*history).of(SITUATION), standings(*without).of(SITUATION)
    assert (ours and ours.parties) == (theirs and theirs.parties)
    if ours is not None:
        apart = {each.receipt.id for each, why in ours.strays if why is Stray.NOT_TOLD}
        assert apart >= {one.receipt.id for one in history if isinstance(one, Answer) and one.receipt.body == "mfa"}


@given(histories)
def test_every_receipt_counts_or_stands_apart_and_says_why(history):
    """None is lost, none is there twice."""
    found = standings(*history)
    given_ids = {one.receipt.id for one in history if isinstance(one, Answer)}
    shown = [each.receipt.id for one in found.all() for party in one.parties for each in party.answers]
    shown += [each.receipt.id for one in found.all() for each, _ in one.strays]
    shown += [each.receipt.id for each, _ in found.strays()]
    assert sorted(shown) == sorted(given_ids)


@given(histories, st.integers(0, 200))
def test_missing_is_who_was_asked_has_not_answered_and_has_no_time_left(history, minute):
    """Said again in other words than the fold's own."""
    now = after(minute)
    for party in (party for one in standings(*history).all() for party in one.parties):
        answered = [each for each in party.answers if each.receipt.act in ANSWERS]
        best = max((party.version_of(each) for each in answered), default=0)
        assert party.answered_version == best
        last = party.latest
        needed = not last.ends and last.facts.role in ASKED
        needed = needed and (best == 0 or bool(changes(party.versions[best - 1].facts, last.facts)))
        assert (party.open_ask is not None) == needed
        assert (party.state(now) is State.MISSING) == (needed and party.open_ask.due < now)
        for earlier, later in zip(party.asks, party.asks[1:], strict=False):
            assert earlier.answer is not None or earlier.withdrawn is not None
            assert earlier.version < later.version


class Night(RuleBasedStateMachine):
    """A night with one body: it is told, answers, is told of corrections; the model counts by hand."""

    @initialize()
    def begin(self):
        self.now = 0.0
        self.given = [told(0)]
        self.place = PLACES[0]
        self.version = 1
        self.owed_since = 0.0
        self.answered_once = False

    def _later(self):
        self.now += 1

    @rule(place=st.sampled_from(PLACES))
    def correct(self, place):
        """The place is corrected, or said again."""
        self._later()
        self.version += 1
        self.given.append(told(self.now, event=f"e-{self.version}", place=place, message_type="Update"))
        if place == self.place:
            if self.owed_since is not None and self.answered_once:
                self.owed_since = None
        elif self.owed_since is None:
            self.owed_since = self.now

    @rule(act=st.sampled_from(["acknowledged", "accepted", "en-route", "declined"]))
    def reply(self, act):
        """Whoever answers has seen the latest."""
        self._later()
        self.given.append(answer(self.now, act, event=f"e-{self.version}"))
        self.place = self.given_place()
        self.owed_since = None
        self.answered_once = True

    @rule()
    def note(self):
        """A note answers nothing."""
        self._later()
        self.given.append(answer(self.now, "seen", event=f"e-{self.version}", name=f"s-{self.now}"))

    @rule(minutes=st.integers(1, 30))
    def wait(self, minutes):
        """Time passes."""
        self.now += minutes

    def given_place(self):
        return next(one for one in reversed(self.given) if isinstance(one, Told)).facts.place

    @invariant()
    def is_missed_exactly_when_it_owes_an_answer_for_longer_than_it_has(self):
        (found,) = standings(*self.given).all()
        (party,) = found.parties
        owes = self.owed_since is not None
        assert (party.open_ask is not None) == owes
        assert (party.state(after(self.now)) is State.MISSING) == (owes and self.now > self.owed_since + 20)


Night.TestCase.settings = settings(max_examples=60, stateful_step_count=20, deadline=None)
TestNight = Night.TestCase
