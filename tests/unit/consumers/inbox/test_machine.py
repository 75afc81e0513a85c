"""The inbox under everything that may happen in any order: messages, time, silences declared and ended, restarts."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from cbrn_consumers.inbox import Coordinate, Delivery, GroupKey, GroupType, Inbox, Protection, Silences
from cbrn_schemas.silence import SEVERITY_ORDER, SilenceError, Subject, declare, declare_end, scope_of
from cbrn_schemas.topics import Lane

START = datetime(2026, 5, 1, 6, tzinfo=UTC)
NAMES = st.sampled_from("AB")
PROTECTED = frozenset({Protection.LIFE})


class InboxMachine(RuleBasedStateMachine):
    """Beside the inbox it keeps what came in and what was told, in the plainest way."""

    @initialize(interval_s=st.sampled_from([0, 120, 300]))
    def begin(self, interval_s):
        self.interval = timedelta(seconds=interval_s)
        self.now = START
        self.silences = Silences("moh")
        self.box = Inbox(self.silences, interval=self.interval)
        self.taken = []
        self.told = Counter()
        self.before_restart = set()
        self.ids = 0

    @rule(
        lane=st.sampled_from(Lane),
        name=NAMES,
        severity=st.sampled_from([*SEVERITY_ORDER]),
        protected=st.booleans(),
        ends=st.booleans(),
    )
    def message(self, lane, name, severity, protected, ends):
        """One comes in, now."""
        each = delivery(len(self.taken), lane, name, severity, protected=protected, ends=ends, at=self.now)
        self.taken.append(each)
        told = self.box.take(each, self.now)
        self.note(told)
        if protected and lane is Lane.INCIDENTS:
            assert self.told[each.coordinate] == 1, "what threatens life does not wait"

    @rule()
    def the_last_message_comes_again(self):
        if self.taken:
            self.note(self.box.take(replace(self.taken[-1]), self.now))

    @rule(seconds=st.integers(1, 900))
    def time_passes(self, seconds):
        """The reader wakes when something is due, as it does in life."""
        end = self.now + timedelta(seconds=seconds)
        while self.box.next_due is not None and self.box.next_due <= end:
            self.now = max(self.now, self.box.next_due)
            self.note(self.box.tick(self.now))
        self.now = end
        self.note(self.box.tick(self.now))

    @rule(
        lane=st.sampled_from(Lane),
        name=NAMES,
        minutes=st.integers(1, 60),
        severity_max=st.sampled_from(["Minor", "Severe"]),
    )
    def somebody_declares_a_silence(self, lane, name, minutes, severity_max):
        self.ids += 1
        field = "situation" if lane is Lane.INCIDENTS else "station"
        silence = declare(
            id=f"moh.{self.ids}",
            body="moh",
            author="Асанов, дежурный",
            reason="датчик в ремонте",
            scope=scope_of({field: name}),
            severity_max=severity_max,
            starts=self.now,
            expires=self.now + timedelta(minutes=minutes),
            created=self.now,
        )
        self.silences.note(silence, self.now)

    @rule(data=st.data())
    def somebody_ends_a_silence(self, data):
        if self.ids:
            name = f"moh.{data.draw(st.integers(1, self.ids))}"
            try:
                self.silences.note(declare_end(name, author="Бекова", reason=None, at=self.now), self.now)
            except SilenceError:  # it has ended already
                return
            self.note(self.box.tick(self.now))

    @rule()
    def the_reader_is_started_anew(self):
        """It shows the same list; what was told by the old one, or by the list, is not told again."""
        self.note(self.box.tick(self.now))
        before = picture(self.box.view(self.now))
        self.box = Inbox(self.silences, interval=self.interval)
        for each in self.taken:
            self.box.restore(each, self.now)
        assert picture(self.box.view(self.now)) == before
        self.before_restart = {each.coordinate for each in self.taken} - self.hidden()

    @invariant()
    def every_message_is_told_or_waits_or_is_hidden(self):
        """Each in exactly one of the three; so none is lost and none comes twice."""
        if not hasattr(self, "box"):
            return
        waiting, hidden = self.waiting(), self.hidden()
        assert not waiting & hidden
        for each in self.taken:
            place = each.coordinate
            by_the_list = place in self.before_restart and not self.told[place]
            assert self.told[place] + by_the_list + (place in waiting) + (place in hidden) == 1
            assert place not in hidden or not each.protection

    @invariant()
    def nothing_waits_longer_than_the_interval(self):
        if hasattr(self, "box") and self.waiting():
            assert self.box.next_due is not None
            assert self.box.next_due - self.now <= self.interval

    @invariant()
    def no_line_is_lost(self):
        """What the default list leaves out, a silence answers for."""
        if not hasattr(self, "box"):
            return
        view = self.box.view(self.now)
        lines = [*view.lines, *(line for by in view.hidden for line in by.lines)]
        assert {line.key for line in lines} == {each.key for each in self.taken}
        assert sum(line.count for line in lines) == len(self.taken)
        assert not any(line.protection for by in view.hidden for line in by.lines)

    def note(self, notices):
        for notice in notices:
            assert notice.silence is not None or notice.at - notice.since <= self.interval
            for told in notice.told:
                self.told.update(told.records)
                assert set(told.records) <= {each.coordinate for each in self.taken}

    def waiting(self):
        return {record for waiting in self.box._waiting.values() for record in waiting.records}

    def hidden(self):
        return {record for some in self.box._hidden.values() for batch in some.values() for record in batch.records}


def delivery(offset, lane, name, severity, *, protected, ends, at):
    incident = lane is Lane.INCIDENTS
    return Delivery(
        key=GroupKey(lane, GroupType.SITUATION if incident else GroupType.STATION, name),
        coordinate=Coordinate(f"cbrn.to.moh.{lane.delivery}", ord(name), offset),
        identity=offset,
        id=str(offset),
        routed=at,
        observed=at,
        kind="chemical-spill" if incident else "gas-concentration",
        hazard="chemical",
        publisher="mes",
        severity=severity,
        role="inform",
        rules=(),
        acknowledge_by=None,
        level=0,
        warnings=(),
        restricted=False,
        place="",
        ends=ends,
        headlines={},
        protection=PROTECTED if protected else frozenset(),
        subject=Subject(
            name if incident else None, None if incident else name, "chemical-spill", "chemical", None, None, "mes"
        ),
    )


def picture(view):
    return (
        {(line.key, line.count, line.severity, line.highest, line.ended) for line in view.lines},
        {(by.active.silence.id, frozenset(line.key for line in by.lines)) for by in view.hidden},
    )


InboxMachine.TestCase.settings = settings(deadline=None, max_examples=60, stateful_step_count=40)
TestInbox = InboxMachine.TestCase
