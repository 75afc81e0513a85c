"""What an auditor reads of a user: one line, of all that it may do; the page; and what apply would do."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from cbrn_deploy.cli.access.screen import show_credentials, show_difference, show_tried
from cbrn_deploy.provisioning.access import Operation, Resource, Right, rights
from cbrn_deploy.provisioning.access.difference import Found, difference
from cbrn_deploy.provisioning.access.known import Credential, Known
from cbrn_deploy.provisioning.access.page import page
from cbrn_deploy.provisioning.access.report import lines
from cbrn_deploy.provisioning.access.rule import Rule
from cbrn_deploy.provisioning.access.trying import Answer
from cbrn_deploy.provisioning.access.words import MIB, limits, sentence
from cbrn_schemas.topics import Realm
from cbrn_schemas.users import Principal, User

ON = date(2026, 11, 1)
NOW = datetime(2026, 11, 1, 3, tzinfo=UTC)
MES = User(Realm.REAL, "mes")


@pytest.mark.parametrize(
    ("user", "said"),
    [
        (
            "mes",
            (
                "writes cbrn.from.mes.*; reads cbrn.bus.rulebook, cbrn.bus.rulebook-status, cbrn.to.mes.*; reads back "
                "its own incidents, notices, receipts, shifts, silences; reads in groups cbrn.to.mes.*; nothing else"
            ),
        ),
        ("mes.gateway", "writes cbrn.from.mes.incidents, cbrn.from.mes.monitoring; nothing else"),
        (
            "exercise.mes.feed",
            (
                "reads cbrn-exercise.to.mes.alerts, cbrn-exercise.to.mes.monitoring; reads in groups "
                "cbrn-exercise.to.mes.*; nothing else"
            ),
        ),
        ("bus.topics", "creates cbrn.*; changes the settings of cbrn.*; sees cbrn.*; nothing else"),
        ("admin", "gives and takes rights; the brokers ask it for none"),
    ],
)
def test_a_user_in_one_line(user: str, said: str) -> None:
    """Read word for word: whatever is not in it, nobody has agreed to."""
    found = User.parse(user)
    assert sentence(found, rights(found, ON)) == said


def test_who_may_nothing_and_how_much_may_be_asked() -> None:
    assert sentence(MES, ()) == "nothing"
    assert limits({}) == "no limits"
    asked = {"producer_byte_rate": 2.0 * MIB, "consumer_byte_rate": 16.0 * MIB, "request_percentage": 25.0}
    assert limits(asked) == "at most writes 2 MiB/s, reads 16 MiB/s, 25 % of a request thread"


def known() -> Known:
    one = Credential(Principal(MES), "certificate", "ab12", NOW + timedelta(days=9), None, "A. <b>", "a letter", NOW)
    return Known({"mes": one}, frozenset({"mes~2"}), {MES: 2})


def right(name: str) -> Right:
    return Right(Resource.TOPIC, name, prefixed=False, operation=Operation.READ)


def test_what_differs_is_on_the_page_and_on_the_screen(capsys: pytest.CaptureFixture[str]) -> None:
    """A person's name is text, whatever it is made of; and rules of others are marked, and counted for nothing."""
    foreign = Rule("test-other", right("cbrn.to.mes.alerts"))
    surplus = Rule("mes", right("cbrn.to.moh.alerts"))
    unknown = Rule("moh~4", right("cbrn.to.moh.alerts"))
    found = difference(Found(frozenset({foreign, surplus, unknown}), frozenset({"mes~2"})), known(), Realm.REAL, ON)
    html = page(lines(Realm.REAL, ON, known()), found, Realm.REAL, NOW)
    assert html.lstrip().lower().startswith("<!doctype html")
    assert "test-other" in html
    assert "A. <b>" not in html
    assert "<script" not in html
    assert "http" not in html.replace("http://www.w3.org", ""), "it is read without a network"
    show_difference(found)
    said = capsys.readouterr().out.splitlines()
    assert "+ mes: write topic cbrn.from.mes.*" in said
    assert "- mes: read topic cbrn.to.moh.alerts" in said
    assert "- mes~2: its password" in said
    assert "? test-other: read topic cbrn.to.mes.alerts" in said
    assert "? moh~4: read topic cbrn.to.moh.alerts" in said
    assert any(line.startswith("~ mes: at most writes") for line in said)
    assert said[-1].endswith("1 to take away, 1 quotas to set, 0 rules as planned, 0 of others left alone")


def test_a_credential_that_ends_soon_is_warned_of(capsys: pytest.CaptureFixture[str]) -> None:
    show_credentials(list(known().live.values()), NOW)
    printed = capsys.readouterr()
    assert "mes ends on 2026-11-10 03:00 UTC" in printed.err
    assert "cbrn access rotate mes --out FILE" in printed.err
    assert "a letter" in printed.out


def test_what_is_not_as_planned_is_said_both_ways(capsys: pytest.CaptureFixture[str]) -> None:
    """More than planned is as bad as less."""

    def answer(name: str, *, may: bool, planned: bool) -> Answer:
        return Answer(Resource.TOPIC, name, Operation.READ, may, planned)

    show_tried(
        [
            answer("cbrn.one", may=True, planned=False),
            answer("cbrn.two", may=False, planned=True),
            answer("cbrn.three", may=False, planned=False),
        ]
    )
    printed = capsys.readouterr()
    assert "may, and should not: read topic cbrn.one" in printed.err
    assert "may not, and should: read topic cbrn.two" in printed.err
    assert "2 more topics and groups were tried, and nothing is allowed there" in printed.out
