"""Codes of replies: single use, of one number, bounded; what is wrong is told apart."""

from datetime import timedelta

import pytest
from tests.builders.notify import MOBILE, START, notice

from cbrn_consumers.notify.codes import OPEN_MAX, WRONG_MAX, Codes, Reply
from cbrn_schemas.receipt import SeenEvent

OTHER = "+996700000001"


def coded(code="4821", name="1", **changed):
    event = SeenEvent(source="/mes", id="e-1")
    return notice(name, code=code, situation="KG-2026-chlorine", event=event, kind="sms", channel="mobile", **changed)


@pytest.fixture
def codes():
    made = Codes()
    made.know(OTHER)
    made.open(MOBILE, coded())
    return made


@pytest.mark.parametrize("text", ["A 4821", "a4821", "А 4821", "а-4821", "  A: 4821 выехали", "Ａ ４８２１"])
def test_an_officer_writes_it_as_hands_do(codes, text):
    """The Cyrillic letter lies on the same key; nobody is to lose an answer over a blank."""
    heard = codes.hear("996555123456", text, START)
    assert heard.reply is Reply.COUNTS
    assert heard.notice == coded()


@pytest.mark.parametrize("text", ["", "4821", "B 4821", "A 48211", "A 482", "ok", "A\n\n\n\n4821", "A " + "9" * 5000])
def test_what_is_no_code_is_told_apart(codes, text):
    assert codes.hear(MOBILE, text, START).reply is Reply.NO_CODE


def test_a_code_counts_once(codes):
    codes.use(MOBILE, "4821")
    codes.open(MOBILE, coded())  # it is sent once more, after a restart
    heard = codes.hear(MOBILE, "A 4821", START)
    assert (heard.reply, heard.notice) == (Reply.USED, coded())


def test_a_code_is_worth_nothing_from_another_officers_number(codes):
    assert codes.hear(OTHER, "A 4821", START).reply is Reply.UNKNOWN_CODE


def test_a_number_of_no_officer_is_told_apart(codes):
    assert codes.hear("+99899", "A 4821", START).reply is Reply.UNKNOWN_NUMBER


def test_a_code_ends_after_two_days(codes):
    assert codes.hear(MOBILE, "A 4821", START + timedelta(hours=49)).reply is Reply.UNKNOWN_CODE


def test_whoever_guesses_is_not_listened_to_for_an_hour(codes):
    """Four digits can be tried through by whoever can forge a sender."""
    for _ in range(WRONG_MAX):
        assert codes.hear(MOBILE, "A 0000", START).reply is Reply.UNKNOWN_CODE
    assert codes.hear(MOBILE, "A 4821", START + timedelta(minutes=59)).reply is Reply.TOO_OFTEN
    assert codes.hear(MOBILE, "A 4821", START + timedelta(minutes=61)).reply is Reply.COUNTS


def test_open_codes_are_bounded_and_never_the_same():
    codes = Codes()
    given = []
    for number in range(OPEN_MAX + 50):
        code = codes.free(MOBILE, f"mes.{number}")
        assert code == codes.free(MOBILE, f"mes.{number}"), "the same after a restart"
        codes.open(MOBILE, coded(code, str(number)))
        given.append(code)
    assert len(set(given[-OPEN_MAX:])) == OPEN_MAX
    oldest, newest = codes.hear(MOBILE, f"A {given[0]}", START), codes.hear(MOBILE, f"A {given[-1]}", START)
    assert oldest.notice is None or oldest.notice.id != "mes.0"
    assert newest.reply is Reply.COUNTS
