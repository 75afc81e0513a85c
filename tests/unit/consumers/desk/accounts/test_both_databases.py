"""The same on SQLite and on PostgreSQL, where the tables may stand beside those of the desk's projection."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, inspect, text
from tests.builders.desk_accounts import ADDRESS, NOW, PASSWORD, CountedPasswords, add_account, one_each, token_of

from cbrn_consumers.desk.accounts import AccountError, Accounts, Role, SignInError
from cbrn_consumers.desk.accounts.identity import Begun, Identity
from cbrn_consumers.desk.accounts.tables import METADATA, VERSION_TABLE


@pytest.fixture
def both(database_url):
    with Accounts.open(database_url, passwords=CountedPasswords()) as opened:
        yield opened


def test_a_life_of_an_account(both):
    people = one_each(both)
    assert {each.role for each in both.list()} == set(Role)
    officer = people[Role.OFFICER]
    token = token_of(both, officer)
    assert both.session(token, NOW + timedelta(hours=1)).account == officer
    with pytest.raises(AccountError, match="already"):
        add_account(both, officer.name)
    both.change(officer.id, shown="Кезекчи Асанов", lang="ky", by="x", now=NOW)
    assert both.session(token, NOW).account.shown == "Кезекчи Асанов"
    both.change(officer.id, role=Role.SHIFT_LEADER, by="x", now=NOW)
    assert both.session(token, NOW) is None
    token = token_of(both, officer)
    both.disable(officer.id, by="x", now=NOW)
    assert both.session(token, NOW) is None
    acts = [entry.act for entry in both.entries(50, officer.id)]
    assert acts == ["disabled", "signed-in", "changed", "changed", "signed-in", "added"]


@pytest.mark.parametrize("name", ["\x00", "\ud800", "a\x00b", "x" * 5_000, "' OR 1=1 --"])
def test_whatever_is_typed_is_refused_in_the_same_words(both, name):
    """PostgreSQL takes no NUL in a text: that must not be an answer of another kind."""
    with pytest.raises(SignInError, match="name or the password"):
        both.sign_in(name, "\x00\ud800", address="\x00\ud800", agent="\x00\ud800", now=NOW)


def test_a_sign_in_under_way_is_taken_once_also_by_many_at_a_time(both):
    both.keep_begun("state", Begun("verifier", "nonce", "/"), address=ADDRESS, now=NOW)
    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(lambda _: both.take_begun("state", NOW), range(16)))
    assert [each for each in taken if each is not None] == [Begun("verifier", "nonce", "/")]


def test_one_subject_gets_one_account_also_when_two_come_at_a_time(both):
    known = {"issuer": "https://esi.example", "name": "asanov", "lang": "ky"}
    who = Identity(subject="s-1", shown="Asanov", body="moh", role=Role.OFFICER, creates=True, **known)

    def come(_):
        try:
            return both.sign_in_as(who, address=ADDRESS, now=NOW).session.account.id
        except SignInError:
            return None

    with ThreadPoolExecutor(4) as pool:
        came = set(pool.map(come, range(8))) - {None}
    assert len(came) == len(both.list()) == 1
    with pytest.raises(SignInError):  # the name is taken by another subject
        both.sign_in_as(replace(who, subject="s-2"), address=ADDRESS, now=NOW)


def test_the_tables_have_the_form_that_the_code_asks_for_and_leave_others_alone(database_url):
    """The projection may stand in the same database, with a table of steps of its own."""
    engine = create_engine(database_url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32))"))
        connection.execute(text("INSERT INTO alembic_version VALUES ('of the projection')"))
    if engine.dialect.name == "sqlite":
        Path(engine.url.database).chmod(0o600)
    with Accounts.open(database_url, passwords=CountedPasswords()), engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
        others = [change for change in compare_metadata(context, METADATA) if "alembic_version" not in str(change)]
        assert others == []
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) == "of the projection"
        assert "account" in inspect(connection).get_table_names()
    engine.dispose()


def test_desks_that_start_at_once_make_the_tables_once(database_url):
    with ThreadPoolExecutor(4) as pool:
        opened = list(pool.map(lambda _: Accounts.open(database_url, passwords=CountedPasswords()), range(4)))
    add_account(opened[0])
    assert [len(each.list()) for each in opened] == [1] * 4
    assert opened[3].sign_in("asanov", PASSWORD, address=ADDRESS, now=NOW)
    for each in opened:
        each.close()
