"""What stands behind the figures of a month counts as they do."""

from collections import Counter
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from cbrn_consumers.desk.store.asked import Asked, Outcome
from cbrn_consumers.standing import AskTimes, figures_of

START = datetime(2026, 11, 1, tzinfo=UTC)
NOW = START + timedelta(minutes=60)


def after(minutes):
    return None if minutes is None else START + timedelta(minutes=minutes)


MINUTES = st.integers(0, 60)
TIMES = st.builds(
    lambda since, due, end, answers: AskTimes(
        "moh", "Severe", after(since), after(since + due), *((after(end), None) if answers else (None, after(end)))
    ),
    MINUTES, MINUTES, st.none() | MINUTES, st.booleans(),
)  # fmt: skip


@given(st.lists(TIMES, min_size=1, max_size=20))
def test_every_ask_is_in_the_list_of_the_number_that_counts_it(asked):
    """A number that opens a list of another length is not believed again."""
    (counted,) = figures_of(asked, since=START, until=START + timedelta(days=1), now=NOW)
    listed = Counter(Asked("a", times).outcome(NOW) for times in asked)
    assert {outcome: listed[outcome] for outcome in Outcome} == {
        outcome: getattr(counted, outcome) for outcome in Outcome
    }
    assert sum(listed.values()) == counted.asked
