"""The accounts' database: closed to others, in its newest form, and of the form that the tables say."""

from __future__ import annotations

import importlib
import os
import pkgutil
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from pydantic import SecretStr
from sqlalchemy import create_engine, inspect
from tests.builders.desk_accounts import ADDRESS, NOW, PASSWORD, add_account, desk_accounts, token_of

from cbrn_consumers.desk.accounts import Accounts, AccountsFileError, accounts_url
from cbrn_consumers.desk.accounts.database import FORM
from cbrn_consumers.desk.accounts.migrations import versions
from cbrn_consumers.desk.accounts.tables import METADATA, VERSION_TABLE
from cbrn_consumers.desk.store.database import FORM as STORE_FORM
from cbrn_consumers.desk.store.migrations import versions as store_versions
from cbrn_schemas.settings import Settings


def test_the_steps_lead_to_the_tables_that_the_code_asks_for(tmp_path):
    """Whoever changes a table writes a step, or this fails."""
    with Accounts.open(f"sqlite:///{tmp_path}/new.sqlite") as accounts, accounts._engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
        assert compare_metadata(context, METADATA) == []
        assert context.get_current_revision() == FORM.newest
        assert {table for table in inspect(connection).get_table_names() if not table.startswith("account")} == set()


@pytest.mark.parametrize(
    ("versions", "newest"), [(versions, FORM.newest), (store_versions, STORE_FORM.newest)], ids=["accounts", "store"]
)
def test_the_newest_step_is_the_last_of_the_folder(versions, newest):
    names = sorted(each.name for each in pkgutil.iter_modules(versions.__path__))
    steps = [importlib.import_module(f"{versions.__name__}.{name}") for name in names]
    assert [step.down_revision for step in steps] == [None, *(step.revision for step in steps[:-1])]
    assert steps[-1].revision == newest


def test_a_database_that_is_there_is_opened_as_it_is(tmp_path):
    with desk_accounts(tmp_path) as accounts:
        add_account(accounts)
    with desk_accounts(tmp_path) as accounts:
        assert [each.name for each in accounts.list()] == ["asanov"]


def test_what_a_newer_program_keeps_is_left_as_it_is(tmp_path):
    """Whoever went back to the program of last week reads why it does not start, and no traceback."""
    with desk_accounts(tmp_path) as accounts, accounts._engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE {VERSION_TABLE} SET version_num = '9999'")  # noqa: S608 - a name of ours
    with pytest.raises(AccountsFileError, match="newer program") as error:
        desk_accounts(tmp_path)
    assert "newer program" in error.value.hint


def test_desk_and_command_that_open_a_new_one_at_once_make_it_once(tmp_path):
    with ThreadPoolExecutor(4) as pool:
        opened = list(pool.map(lambda _: Accounts.open(f"sqlite:///{tmp_path}/new.sqlite"), range(4)))
    assert [each.list() for each in opened] == [()] * 4
    for each in opened:
        each.close()


@pytest.mark.skipif(os.name != "posix", reason="others have no modes of this sort")
def test_the_file_is_for_its_owner_alone_whatever_the_umask_says(tmp_path):
    before = os.umask(0)
    try:
        with Accounts.open(f"sqlite:///{tmp_path}/new.sqlite") as accounts:
            assert accounts.list() == ()
            assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}
    finally:
        os.umask(before)


@pytest.mark.skipif(os.name != "posix", reason="others have no modes of this sort")
def test_a_file_that_others_may_read_is_refused(tmp_path):
    desk_accounts(tmp_path).close()
    (tmp_path / "desk-accounts.sqlite").chmod(0o644)
    with pytest.raises(AccountsFileError, match="others on this machine") as error:
        desk_accounts(tmp_path)
    assert "chmod 600" in error.value.hint


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("nonsense", "no address"),
        ("mysql://a:hunter2@b/c", "no address"),
        ("sqlite://", "memory"),
        ("sqlite:///{folder}", "directory|ordinary"),
        ("postgresql://desk:hunter2@127.0.0.1:1/desk", "cannot be used"),
        ("sqlite:///{folder}/text", "cannot be used"),
    ],
)
def test_what_cannot_keep_accounts_is_refused_without_its_password(tmp_path, url, said):
    (tmp_path / "text").write_text("no database " * 100)
    (tmp_path / "text").chmod(0o600)
    with pytest.raises(AccountsFileError, match=said) as error:
        Accounts.open(url.format(folder=tmp_path))
    assert "hunter2" not in f"{error.value}{error.value.hint}"


def test_a_pipe_of_that_name_holds_nobody_up(tmp_path):
    os.mkfifo(tmp_path / "desk-accounts.sqlite")
    with pytest.raises(AccountsFileError, match="ordinary"):
        desk_accounts(tmp_path)


def test_settings_name_the_database_and_how_long_sessions_last(tmp_path):
    settings = Settings(data_dir=tmp_path / "data", desk_idle="PT1H", desk_session="PT2H")
    assert accounts_url(settings) == f"sqlite:///{tmp_path}/data/desk-accounts.sqlite"
    named = settings.model_copy(update={"desk_accounts": SecretStr("postgresql://a:b@c/d")})
    assert accounts_url(named) == "postgresql://a:b@c/d"
    assert "a:b" not in repr(named)
    with Accounts.of(settings) as accounts:
        add_account(accounts)
        signed = accounts.sign_in("asanov", PASSWORD, address=ADDRESS, now=NOW)
        assert (signed.session.until, signed.ends) == (NOW + timedelta(hours=1), NOW + timedelta(hours=2))


def test_every_engine_is_given_back(tmp_path):
    """Else a test run, or a command, ends with a warning about a connection."""
    engine = create_engine(f"sqlite:///{tmp_path / 'x'}")
    with Accounts(engine):
        pass
    assert engine.pool.checkedin() == 0


def test_a_file_put_in_the_place_of_the_accounts_counts_at_once(tmp_path):
    """Whoever was disabled in a copy that was brought back would else go on, and `cbrn desk account` change nothing."""
    file = tmp_path / "desk-accounts.sqlite"
    with desk_accounts(tmp_path) as accounts:
        account = add_account(accounts)
        token = token_of(accounts, account)
        assert accounts.session(token, NOW) is not None
        (tmp_path / "copy").mkdir()
        with accounts._engine.connect() as connection:
            connection.exec_driver_sql(f"VACUUM INTO '{tmp_path}/copy/desk-accounts.sqlite'")
        (tmp_path / "copy" / file.name).chmod(0o600)
        with desk_accounts(tmp_path / "copy") as copy:
            copy.disable(account.id, by="a test", now=NOW)
        for each in tmp_path.glob(f"{file.name}-*"):
            each.unlink()
        (tmp_path / "copy" / file.name).replace(file)
        assert accounts.session(token, NOW) is None
