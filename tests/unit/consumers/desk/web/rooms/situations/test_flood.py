"""When a flood begins and ends: above ten in ten minutes, and not before fewer than five."""

from datetime import timedelta
from random import Random

import pytest
from tests.builders.desk import moment

from cbrn_consumers.desk.web.rooms.situations.listing import Load, load_at, load_of_counts


def told(*minutes):
    return {"moh": [moment(minute) for minute in minutes]}


def test_ten_are_no_flood_and_eleven_are():
    ten = [minute / 2 for minute in range(10)]
    assert load_at(told(*ten), moment(5)) == Load(10, flood=False)
    assert load_at(told(*ten, 5), moment(5)) == Load(11, flood=True)


@pytest.mark.parametrize(("later", "flood"), [(5, True), (10, True), (10.7, False), (60, False)])
def test_it_ends_when_fewer_than_five_are_left(later, flood):
    """Eleven in one minute: they leave the ten minutes one after the other, and the list must not flicker."""
    times = told(*(minute / 10 for minute in range(11)))
    assert load_at(times, moment(later)).flood is flood


def test_a_trickle_keeps_a_flood_going_and_begins_none():
    begun = told(*(minute / 10 for minute in range(11)), *range(2, 31, 2))
    assert load_at(begun, moment(30)).flood
    assert not load_at(told(*range(0, 31, 2)), moment(30)).flood


def test_the_busiest_body_counts_and_nobody_is_no_load():
    both = told(1) | {"mes": [moment(2), moment(3)]}
    assert load_at(both, moment(3)) == Load(2, flood=False)
    assert load_at({}, moment(3)) == Load(0, flood=False)


def by_time(times, now):
    """A flood as it is told of: gone through from the beginning."""
    flood = False
    for at in sorted([*times, *(each + timedelta(minutes=10) for each in times), now]):
        if at <= now:
            count = sum(at - timedelta(minutes=10) < each <= at for each in times)
            flood = count > 10 or (flood and count >= 5)
    return flood


@pytest.mark.parametrize("seed", range(40))
def test_it_is_the_same_from_the_end_and_by_counts_where_they_say_it(seed):
    random = Random(seed)  # noqa: S311 - the same each time
    times = sorted(moment(random.choice((random.uniform(0, 50), random.randrange(50)))) for _ in range(seed))
    now = moment(random.randrange(60))
    whole = load_at({"moh": times}, now)
    assert whole.flood is by_time(times, now)
    assert load_of_counts({"moh": whole.alarms}) in {None, whole}
