"""The table of a trial: one answer to each question, the gravest there was, and the page that goes with a letter."""

import pickle

from cbrn_routing.conformance import Check, Finding, Report, State, Verdict, page
from cbrn_routing.conformance.report import SHOWN_MAX


def verdict(number, *findings):
    return Verdict("cbrn.from.mes.incidents", 0, number, "e", "toxic-fire", findings, None)


GOOD = Finding(Check.KEY, State.PASSED, "KG-1")
ODD = Finding(Check.KEY, State.WARNED, "odd", "key", "Look.")
BAD = Finding(Check.KEY, State.FAILED, "no key | <b>", "key", "Set it.")


def line(check, *verdicts):
    (found,) = [each for each in Report(verdicts).lines if each.check is check]
    return found


def test_one_failure_outweighs_all_that_passed():
    """A client that is right most of the time is not right."""
    found = line(Check.KEY, verdict(0, GOOD), verdict(1, ODD), verdict(2, BAD), verdict(3, GOOD))
    assert (found.state, found.records) == (State.FAILED, 4)
    assert [place for place, _ in found.found] == ["cbrn.from.mes.incidents/0/2", "cbrn.from.mes.incidents/0/1"]
    assert line(Check.KEY, verdict(0, GOOD), verdict(1, ODD)).state is State.WARNED
    assert line(Check.KEY, verdict(0, GOOD)).state is State.PASSED


def test_what_no_record_could_show_is_not_passed():
    """A report must not promise what nobody has tried."""
    assert line(Check.RESEND, verdict(0, GOOD)).state is State.NOT_SEEN
    assert {each.state for each in Report().lines} == {State.NOT_SEEN}


def test_a_mistake_of_every_record_is_shown_a_few_times():
    """Ten thousand lines of one mistake are read by nobody."""
    assert len(line(Check.KEY, *(verdict(number, BAD) for number in range(9))).found) == SHOWN_MAX


def test_a_report_does_not_grow_with_what_is_watched():
    """A topic is watched for weeks, and every verdict was kept."""
    few, many = (
        len(
            pickle.dumps(
                Report(verdict(0, ODD, BAD, Finding(check, State.PASSED)) for check in Check for _ in range(n))
            )
        )
        for n in (SHOWN_MAX, 100)
    )
    assert many < few + 100


def test_each_record_is_counted_once_a_question():
    """Two unknown places of one event are one record of which it was asked."""
    assert line(Check.KEY, verdict(0, ODD, ODD), verdict(1, GOOD)).records == 2


def test_the_page_is_a_table_that_nothing_from_outside_breaks():
    """What a client sent stands in it, and it may be anything."""
    text = page("МЧС", ["today"], Report([verdict(0, BAD, GOOD)]), "ru")
    rows = [each for each in text.splitlines() if each.startswith("|")]
    assert {row.replace("\\|", "").count("|") for row in rows} == {6}
    assert "<b>" not in text
    assert "Set it." in text
    assert len(rows) == 2 + len(Check)
