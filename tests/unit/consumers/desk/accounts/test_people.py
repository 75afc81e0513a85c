"""Accounts are added, changed and disabled by somebody, and that is written down."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text
from tests.builders.desk_accounts import ADDRESS, NOW, PASSWORD, add_account

from cbrn_consumers.desk.accounts import AccountError, NoAccountError, Right, Role, may

GOOD = {"shown": "Duty officer Asanov", "body": "moh", "role": Role.OFFICER, "lang": "ky", "password": PASSWORD}


def add(accounts, name="asanov", **changed):
    return accounts.add(name, **{**GOOD, **changed}, by="a test", now=NOW)


@pytest.mark.parametrize(
    "name", ["", "ab", "-asanov", "асанов", "a b", "a" * 65, "a\nb", "a/b", "a\x00b", "\ud800", "<b>"]
)
def test_a_name_that_no_keyboard_writes_the_same_is_refused(accounts, name):
    with pytest.raises(AccountError, match="sign-in name"):
        add(accounts, name)
    assert accounts.list() == ()


@pytest.mark.parametrize("shown", ["", "a", " a", "a\nb", "a\x1b[31m", "\u202eAsanov", "x" * 121, "\ud800a", "a\tb"])
def test_what_cannot_stand_in_a_receipt_is_refused(accounts, shown):
    with pytest.raises(AccountError, match="shown"):
        add(accounts, shown=shown)


def test_a_body_that_there_is_not_is_refused(accounts):
    with pytest.raises(AccountError, match="no body"):
        add(accounts, body="zz")


def test_a_name_is_taken_once_however_it_is_written(accounts):
    add(accounts)
    with pytest.raises(AccountError, match="already"):
        add(accounts, "ASANOV")
    assert len(accounts.list()) == 1


def test_whoever_has_a_password_of_somebody_else_may_nothing_until_it_is_changed(accounts):
    account = add(accounts)
    assert account.must_change
    assert not any(may(account, right) for right in Right)
    token = accounts.sign_in("asanov", PASSWORD, address=ADDRESS, now=NOW).token
    signed = accounts.change_own_password(token, PASSWORD, "Other words, all mine", address=ADDRESS, now=NOW)
    assert may(signed.session.account, Right.ANSWER)


def test_a_disabled_account_stays_and_can_be_let_in_again(accounts):
    """Answers bear its name; it is never given to another."""
    account = add_account(accounts)
    accounts.disable(account.id, by="the head", now=NOW)
    assert [each.disabled for each in accounts.list()] == [True]
    with pytest.raises(AccountError):
        add(accounts)
    accounts.enable(account.id, by="the head", now=NOW)
    assert accounts.sign_in("asanov", PASSWORD, address=ADDRESS, now=NOW)


def test_who_did_what_is_written_down_newest_first(accounts):
    account = add_account(accounts)
    accounts.change(account.id, role=Role.SHIFT_LEADER, by="the head", now=NOW + timedelta(seconds=1))
    accounts.disable(account.id, by="the head", now=NOW + timedelta(seconds=2))
    entries = accounts.entries(10)
    assert [(entry.act, entry.by) for entry in entries] == [
        ("disabled", "the head"),
        ("changed", "the head"),
        ("added", "a test"),
    ]
    assert entries[1].note == "role: officer → shift-leader"
    assert accounts.entries(10, "another") == ()


def test_a_change_that_changes_nothing_leaves_no_entry(accounts):
    account = add_account(accounts)
    assert accounts.change(account.id, role=account.role, by="x", now=NOW) == account
    assert len(accounts.entries(10)) == 1


def test_nobody_is_found_who_is_not_there(accounts):
    for work in (
        lambda: accounts.named("nobody"),
        lambda: accounts.get("nobody"),
        lambda: accounts.change("nobody", role=Role.AUDITOR, by="x", now=NOW),
        lambda: accounts.disable("nobody", by="x", now=NOW),
        lambda: accounts.set_password("nobody", PASSWORD, by="x", now=NOW),
        lambda: accounts.sign_out_everywhere("nobody", by="x", now=NOW),
    ):
        with pytest.raises(NoAccountError):
            work()


def test_entries_older_than_a_year_and_a_month_fall_out(accounts):
    add_account(accounts, now=NOW - timedelta(days=401))
    with accounts._engine.begin() as connection:
        connection.execute(text("UPDATE account_entry SET number = 499"))
    add_account(accounts, "bekova")
    assert [entry.name for entry in accounts.entries(10)] == ["bekova"]
