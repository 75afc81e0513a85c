"""A month in numbers: what was asked, what came in time, and how soon."""

from __future__ import annotations

from tests.builders.standing import after, answer, standings, told

from cbrn_consumers.standing import figures


def of(*given, until=1000, now=1000):
    return figures(standings(*given).all(), since=after(0), until=after(until), now=after(now))


def test_median_and_nine_of_ten_are_times_that_occurred():
    """Ten alerts, answered after one to ten minutes."""
    given = [told(n, situation=f"KG-{n}", event=f"e-{n}") for n in range(10)]
    given += [answer(n + n + 1, situation=f"KG-{n}", event=f"e-{n}") for n in range(10)]
    (found,) = of(*given)
    assert (found.asked, found.in_time, found.median_s, found.p90_s) == (10, 10, 300.0, 540.0)


def test_late_missing_waiting_and_withdrawn_are_told_apart_and_add_up():
    """By body and severity, the gravest first."""
    cancel = {"event": "e-2", "message_type": "Cancel"}
    found = of(
        told(0, situation="KG-1"),
        answer(40, situation="KG-1"),
        told(0, situation="KG-2"),
        told(90, situation="KG-3"),
        told(0, situation="KG-4"),
        told(10, situation="KG-4", **cancel),
        told(0, situation="KG-5"),
        told(50, situation="KG-5", **cancel),
        told(0, situation="KG-6", severity="Extreme"),
        told(0, situation="KG-7", role="inform"),
        now=100,
    )
    assert [(each.body, each.severity) for each in found] == [("mes", "Extreme"), ("mes", "Severe")]
    severe = found[1]
    assert (severe.asked, severe.late, severe.missing, severe.waiting, severe.withdrawn) == (5, 1, 2, 1, 1)
    assert severe.asked == severe.in_time + severe.late + severe.missing + severe.waiting + severe.withdrawn


def test_a_month_begins_and_ends_where_it_does():
    """What was asked in it counts in it, whenever the answer came."""
    given = (told(0), answer(30), told(40, event="e-2", place="41711000", message_type="Update"))
    assert [each.asked for each in of(*given, until=40)] == [1]
    assert [each.asked for each in of(*given)] == [2]
    assert of() == []
