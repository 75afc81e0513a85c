"""Signing in with name and password: the same answer and the same cost for every refusal, and few attempts."""

from __future__ import annotations

from datetime import timedelta
from threading import Event, Thread

import pytest
from argon2 import PasswordHasher
from tests.builders.desk_accounts import ADDRESS, NOW, PASSWORD, CountedPasswords, add_account, desk_accounts

from cbrn_consumers.desk.accounts import Refusal, Role, SignInError, WaitError
from cbrn_consumers.desk.accounts.rates import Rate, Rates, network_of

WRONG = "Nine bridges, no river"


def attempt(accounts, name="asanov", password=WRONG, address=ADDRESS, now=NOW):
    return accounts.sign_in(name, password, address=address, now=now)


def refused(accounts, **given):
    with pytest.raises(SignInError) as error:
        attempt(accounts, **given)
    return error.value


def test_who_knows_the_password_gets_a_session_under_a_new_token_each_time(accounts):
    """A token that was planted in a browser before the sign-in opens nothing."""
    account = add_account(accounts)
    first, second = (attempt(accounts, password=PASSWORD) for _ in range(2))
    assert first.token != second.token
    assert len(first.token) >= 43
    assert accounts.session(first.token, NOW).account == account


@pytest.mark.parametrize("typed", ["asanov", " Asanov ", "ASANOV", "ａｓａｎｏｖ"])
def test_a_name_is_understood_as_any_keyboard_writes_it(accounts, typed):
    add_account(accounts)
    assert attempt(accounts, typed, PASSWORD).session.account.name == "asanov"


def test_every_refusal_says_the_same_and_costs_one_hash(accounts, passwords):
    """Neither words nor time tell whether a name exists: what is counted is hashes, since clocks differ."""
    add_account(accounts)
    accounts.disable(add_account(accounts, "disabled").id, by="a test", now=NOW)
    known = {"shown": "Duty officer", "body": "moh", "role": Role.OFFICER, "lang": "en"}
    accounts.add("elsewhere", password=None, by="a test", now=NOW, **known)
    said, costs = set(), []
    for name, password in [("asanov", WRONG), ("nobody", WRONG), ("disabled", PASSWORD), ("elsewhere", WRONG)]:
        before = passwords.computed
        error = refused(accounts, name=name, password=password)
        said.add((type(error), str(error), error.hint))
        costs.append(passwords.computed - before)
    assert len(said) == 1
    assert costs == [1, 1, 1, 1]
    reasons = [entry.note for entry in accounts.entries(4)]
    assert reasons == [Refusal.NO_PASSWORD, Refusal.DISABLED, Refusal.UNKNOWN, Refusal.PASSWORD]


def test_what_is_compared_with_for_an_unknown_name_costs_what_a_real_hash_costs():
    """The parameters stand in the hash, and are what argon2 computes by."""
    passwords = CountedPasswords(PasswordHasher(time_cost=2, memory_cost=16, parallelism=2))
    costs = [text.split("$")[1:4] for text in (passwords._decoy, passwords.made(PASSWORD))]
    assert costs[0] == costs[1]
    assert len(passwords._decoy) == len(passwords.made(PASSWORD))
    assert not passwords.outdated(passwords._decoy)


def test_a_name_that_is_none_is_not_written_down(accounts):
    """Every day somebody types the password into the field of the name."""
    refused(accounts, name=PASSWORD)
    assert accounts.entries(1)[0].name == ""


def test_too_many_attempts_are_answered_before_a_hash_is_computed_and_say_when_again(accounts, passwords):
    add_account(accounts)
    for _ in range(5):
        refused(accounts)
    before = passwords.computed
    error = refused(accounts, password=PASSWORD, now=NOW + timedelta(seconds=100))
    assert isinstance(error, WaitError)
    assert (error.wait_s, passwords.computed) == (200, before)
    assert attempt(accounts, password=PASSWORD, now=NOW + timedelta(seconds=300)).token


def test_unknown_names_are_counted_like_known_ones(accounts):
    """Else the sixth attempt would tell which is which."""
    add_account(accounts)
    kinds = {
        name: [type(refused(accounts, name=name, address=address)) for _ in range(6)]
        for name, address in (("asanov", "192.0.2.1"), ("nobody", "192.0.2.2"))
    }
    assert kinds["asanov"] == kinds["nobody"] == [SignInError] * 5 + [WaitError]


def test_one_address_cannot_try_many_names(accounts):
    for number in range(30):
        assert not isinstance(refused(accounts, name=f"name-{number}"), WaitError)
    assert isinstance(refused(accounts, name="another"), WaitError)
    assert not isinstance(refused(accounts, name="another", address="192.0.2.99"), WaitError)


def test_many_addresses_cannot_try_one_name_but_do_not_keep_its_owner_out(accounts):
    """An officer whose usual address is known gets in at 3 a.m. while others try."""
    add_account(accounts)
    attempt(accounts, password=PASSWORD, address="192.0.2.200", now=NOW - timedelta(days=20))
    for number in range(20):
        assert not isinstance(refused(accounts, address=f"198.51.100.{number}"), WaitError)
    assert isinstance(refused(accounts, address="198.51.100.99"), WaitError)
    assert attempt(accounts, password=PASSWORD, address="192.0.2.200").token


def test_who_signs_in_may_mistype_as_often_next_time(accounts):
    add_account(accounts)
    for _ in range(3):
        for _ in range(4):
            refused(accounts)
        attempt(accounts, password=PASSWORD)


def test_attempts_too_many_leave_one_entry(accounts):
    """A log that an attacker fills is read by nobody."""
    add_account(accounts)
    for _ in range(12):
        refused(accounts)
    assert [entry.note for entry in accounts.entries(20)].count(Refusal.RATE) == 1


def test_two_hashes_at_once_at_most_and_a_bounded_queue_behind_them():
    """Each takes 64 MiB and a third of a second: a crowd at the door must not stall the pages."""
    inside, release, most, now_inside = Event(), Event(), [0], [0]

    class Slow(PasswordHasher):
        def verify(self, *_):
            now_inside[0] += 1
            most[0] = max(most[0], now_inside[0])
            inside.set()
            release.wait(30)
            now_inside[0] -= 1
            return True

    passwords = CountedPasswords(Slow(time_cost=1, memory_cost=8, parallelism=1))
    outcomes = []

    def one():
        try:
            outcomes.append(passwords.fits("a hash", "x"))
        except WaitError as error:
            outcomes.append(error.why)

    threads = [Thread(target=one) for _ in range(10)]
    for each in threads:
        each.start()
    assert inside.wait(30)
    while passwords._waiting < 10:
        pass
    with pytest.raises(WaitError) as error:
        passwords.fits("a hash", "x")
    assert error.value.why is Refusal.BUSY
    release.set()
    for each in threads:
        each.join(30)
    assert outcomes == [True] * 10
    assert most[0] <= 2


def test_a_hash_with_other_parameters_is_made_anew_at_the_next_sign_in(tmp_path):
    with desk_accounts(tmp_path) as accounts:
        add_account(accounts)
    stronger = CountedPasswords(PasswordHasher(time_cost=2, memory_cost=16, parallelism=1))
    with desk_accounts(tmp_path, passwords=stronger) as accounts:
        attempt(accounts, password=PASSWORD)
        assert stronger.computed == 2
        attempt(accounts, password=PASSWORD)
        assert stronger.computed == 3


@pytest.mark.parametrize("act", ["disabled", "another password"])
def test_an_account_that_changes_while_the_hash_is_computed_is_not_let_in(tmp_path, act):
    """A third of a second is long enough for an administrator."""
    passwords = CountedPasswords()
    with desk_accounts(tmp_path, passwords=passwords) as accounts:
        account = add_account(accounts)
        real = passwords.fits

        def slow(made, password):
            passwords.fits = real
            if act == "disabled":
                accounts.disable(account.id, by="a test", now=NOW)
            else:
                accounts.set_password(account.id, "Two lakes, no ferry", by="a test", now=NOW)
            return real(made, password)

        passwords.fits = slow
        refused(accounts, password=PASSWORD)
        assert accounts.sessions(account.id, NOW) == ()


def test_a_house_of_many_ipv6_addresses_counts_as_one():
    """Whoever has a line has 2^64 of them: each on its own would be no bound."""
    assert network_of("2001:db8:1:2::1") == network_of("2001:db8:1:2:ffff::9%eth0")
    assert network_of("2001:db8:1:2::1") != network_of("2001:db8:1:3::1")
    assert network_of("::ffff:192.0.2.7") == network_of("192.0.2.7")


def test_of_too_many_counts_the_longest_unused_is_forgotten(monkeypatch):
    """A flood of addresses must not fill the desk's memory."""
    monkeypatch.setattr("cbrn_consumers.desk.accounts.rates.KEYS_MAX", 2)
    rates, once = Rates(), Rate(1, 60)
    assert [rates.admit([((name,), once)], NOW) for name in "abc"] == [0, 0, 0]
    assert rates.admit([(("c",), once)], NOW) == 60
    assert rates.admit([(("a",), once)], NOW) == 0


@pytest.mark.parametrize("name", ["", " ", "\x00", "a" * 10_000, "'; DROP TABLE account; --", "\ud800", "\u202ea"])
@pytest.mark.parametrize("password", ["", "\x00", "x" * 1_000_000, "\ud800"])
def test_whatever_is_typed_is_refused_and_nothing_breaks(accounts, name, password):
    add_account(accounts)
    assert not isinstance(refused(accounts, name=name, password=password), WaitError)
    assert len(accounts.list()) == 1


def test_before_what_nobody_can_take_back_the_owner_of_a_session_is_asked_again(accounts, passwords):
    """A page that stands open for a day is anybody's; a wrong password is counted and noted as at the sign-in."""
    account = add_account(accounts)
    accounts.confirm(account, PASSWORD, address=ADDRESS, now=NOW)
    assert [(entry.act, entry.by) for entry in accounts.entries(1)] == [("confirmed", account.shown)]
    before = passwords.computed
    with pytest.raises(SignInError):
        accounts.confirm(account, WRONG, address=ADDRESS, now=NOW)
    assert (passwords.computed - before, accounts.entries(1)[0].note) == (1, Refusal.PASSWORD)
    accounts.disable(account.id, by="a test", now=NOW)
    with pytest.raises(SignInError):
        accounts.confirm(account, PASSWORD, address=ADDRESS, now=NOW)
    for _ in range(50):
        with pytest.raises(SignInError) as error:
            accounts.confirm(account, WRONG, address=ADDRESS, now=NOW)
    assert isinstance(error.value, WaitError)
