"""How long a session lasts, who ends it, and that nothing but its token opens it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text
from tests.builders.desk_accounts import ADDRESS, NOW, PASSWORD, add_account, desk_accounts, one_each, token_of

from cbrn_consumers.desk.accounts import Lasting, PasswordError, Role, SignInError

HOUR = timedelta(hours=1)
AGENT = "Mozilla/5.0 (a test)"


def lives(accounts, token, at):
    return accounts.session(token, at) is not None


def test_a_session_rests_for_twelve_hours_and_is_over_at_the_thirteenth(accounts):
    token = token_of(accounts, add_account(accounts))
    assert lives(accounts, token, NOW + 12 * HOUR - timedelta(seconds=1))
    again = token_of(accounts, accounts.named("asanov"))
    assert not lives(accounts, again, NOW + 12 * HOUR)


def test_use_keeps_a_session_for_a_watch_and_its_hand_over_and_no_longer(accounts):
    """A page that stays open all night asks every minute: here, every eleven hours."""
    token = token_of(accounts, add_account(accounts))
    assert lives(accounts, token, NOW + 11 * HOUR)
    assert lives(accounts, token, NOW + 22 * HOUR)
    assert lives(accounts, token, NOW + 25 * HOUR - timedelta(seconds=1))
    assert not lives(accounts, token, NOW + 25 * HOUR)


def test_who_keeps_accounts_is_signed_out_after_half_an_hour(accounts):
    """No night watch there, and more to lose."""
    token = token_of(accounts, one_each(accounts)[Role.ADMINISTRATOR])
    assert lives(accounts, token, NOW + timedelta(minutes=29))
    assert not lives(accounts, token, NOW + timedelta(minutes=60))


def test_times_are_set_by_whoever_runs_the_desk(tmp_path):
    with desk_accounts(tmp_path, lasting=Lasting(HOUR, 2 * HOUR)) as accounts:
        token = token_of(accounts, add_account(accounts))
        assert lives(accounts, token, NOW + timedelta(minutes=59))
        assert lives(accounts, token, NOW + timedelta(minutes=118))
        assert not lives(accounts, token, NOW + timedelta(minutes=120))


def test_use_is_written_down_at_most_once_a_minute(accounts):
    """Five hundred pages with a stream each would else write all the time."""
    account = add_account(accounts)
    token = token_of(accounts, account)
    lives(accounts, token, NOW + timedelta(seconds=59))
    assert accounts.sessions(account.id, NOW)[0].seen == NOW
    lives(accounts, token, NOW + timedelta(seconds=61))
    assert accounts.sessions(account.id, NOW)[0].seen == NOW + timedelta(seconds=61)


@pytest.mark.parametrize("token", ["", "x", "\x00", "\ud800", "' OR 1=1 --", "a" * 100_000])
def test_what_is_no_token_opens_nothing(accounts, token):
    token_of(accounts, add_account(accounts))
    assert not lives(accounts, token, NOW)


def test_neither_token_nor_password_stands_in_the_database(accounts, tmp_path):
    """Who steals a copy of the file has neither."""
    token = token_of(accounts, add_account(accounts))
    accounts._engine.dispose()
    content = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"asanov" in content
    assert token.encode() not in content
    assert PASSWORD.encode() not in content


def test_signing_out_ends_one_session_everywhere_all(accounts):
    account = add_account(accounts)
    first, second, third = (token_of(accounts, account) for _ in range(3))
    accounts.sign_out(first, NOW)
    assert [lives(accounts, token, NOW) for token in (first, second, third)] == [False, True, True]
    assert accounts.sign_out_everywhere(account.id, by="asanov", now=NOW) == 2
    assert not any(lives(accounts, token, NOW) for token in (second, third))


def test_nobody_ends_another_accounts_session_by_its_name(accounts):
    mine, theirs = add_account(accounts), add_account(accounts, "bekova")
    token = token_of(accounts, theirs)
    session = accounts.sessions(theirs.id, NOW)[0]
    assert not accounts.end_session(mine.id, session.id, by="asanov", now=NOW)
    assert lives(accounts, token, NOW)
    assert accounts.end_session(theirs.id, session.id, by="bekova", now=NOW)
    assert not lives(accounts, token, NOW)


@pytest.mark.parametrize(
    "change",
    [
        lambda accounts, one: accounts.disable(one.id, by="x", now=NOW),
        lambda accounts, one: accounts.set_password(one.id, "Other words, all mine", by="x", now=NOW),
        lambda accounts, one: accounts.change(one.id, role=Role.AUDITOR, by="x", now=NOW),
        lambda accounts, one: accounts.change(one.id, body="mes", by="x", now=NOW),
    ],
    ids=["disabled", "password", "role", "body"],
)
def test_sessions_end_at_once_with_what_they_began_with(accounts, change):
    account = add_account(accounts)
    token = token_of(accounts, account)
    change(accounts, account)
    assert not lives(accounts, token, NOW)


def test_a_session_that_outlived_the_disabling_opens_nothing(accounts):
    """One that began in that very moment, or was written by hand: the account is asked each time."""
    token = token_of(accounts, add_account(accounts))
    with accounts._engine.begin() as connection:
        connection.execute(text("UPDATE account SET disabled = true"))
    assert not lives(accounts, token, NOW)


def test_another_language_or_name_ends_nothing(accounts):
    account = add_account(accounts)
    token = token_of(accounts, account)
    accounts.change(account.id, lang="ky", shown="Кезекчи Асанов", by="x", now=NOW)
    assert accounts.session(token, NOW).account.shown == "Кезекчи Асанов"


def test_of_too_many_sessions_the_one_longest_unused_ends(accounts):
    """A script that signs in each minute must not fill the table, nor its owner's list."""
    account = add_account(accounts)
    tokens = [token_of(accounts, account, NOW + timedelta(minutes=number)) for number in range(21)]
    later = NOW + timedelta(minutes=30)
    assert [lives(accounts, token, later) for token in tokens] == [False] + [True] * 20


def test_sessions_that_are_over_are_dropped_with_the_next_sign_in(accounts):
    account = add_account(accounts)
    token_of(accounts, account)
    token_of(accounts, account, NOW + 26 * HOUR)
    with accounts._engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM account_session")) == 1


def test_ones_own_password_is_changed_by_whoever_knows_the_old_one(accounts):
    account = add_account(accounts)
    here, elsewhere = token_of(accounts, account), token_of(accounts, account)
    new = "Other words, all mine"
    for token, old, password, kind in (
        (here, "wrong", new, SignInError),
        (here, PASSWORD, "short", PasswordError),
        ("no token", PASSWORD, new, SignInError),
    ):
        with pytest.raises(kind):
            accounts.change_own_password(token, old, password, address=ADDRESS, now=NOW)
    assert lives(accounts, here, NOW)
    signed = accounts.change_own_password(here, PASSWORD, new, address=ADDRESS, now=NOW)
    assert [lives(accounts, token, NOW) for token in (here, elsewhere, signed.token)] == [False, False, True]
    assert not accounts.named("asanov").must_change
    assert accounts.sign_in("asanov", new, address=ADDRESS, now=NOW)


def test_trying_the_old_password_is_counted_like_a_sign_in(accounts, passwords):
    """A browser left open is no way to find a password out."""
    token = token_of(accounts, add_account(accounts))
    for _ in range(5):
        with pytest.raises(SignInError):
            accounts.change_own_password(token, "wrong", "Other words, all mine", address=ADDRESS, now=NOW)
    before = passwords.computed
    with pytest.raises(SignInError, match="too many"):
        accounts.change_own_password(token, PASSWORD, "Other words, all mine", address=ADDRESS, now=NOW)
    assert passwords.computed == before


def test_what_a_browser_calls_itself_is_kept_as_plain_text(accounts):
    account = add_account(accounts)
    accounts.sign_in("asanov", PASSWORD, address=ADDRESS, agent=AGENT + "\x1b[31m\u202e<b>" + "x" * 500, now=NOW)
    agent = accounts.sessions(account.id, NOW)[0].agent
    assert agent.startswith(AGENT + "[31m<b>xxx")
    assert len(agent) == 120
