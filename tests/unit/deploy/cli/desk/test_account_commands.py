"""`cbrn desk account ...` as whoever keeps accounts types it."""

from __future__ import annotations

import json
import os

import pytest
from argon2 import PasswordHasher
from tests.builders.desk_accounts import ADDRESS, NOW, PASSWORD

from cbrn_consumers.desk.accounts import Accounts, Passwords, SignInError
from cbrn_consumers.desk.accounts.database import FILE


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Hashes that cost nothing."""
    fast = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr("cbrn_consumers.desk.accounts.passwords.PasswordHasher", lambda: fast)


@pytest.fixture
def account(cbrn):
    """Run `cbrn desk account`."""
    return lambda *arguments, **more: cbrn("desk", "account", *arguments, **more)


@pytest.fixture
def add(account):
    """Add an account."""
    known = {"--body": "moh", "--role": "officer", "--shown": "Duty officer Asanov"}

    def run(name="a.asanov", *more, **changed):
        options = known | {f"--{option}": value for option, value in changed.items()}
        return account("add", name, *(part for pair in options.items() for part in pair), *more)

    return run


@pytest.fixture
def opened(tmp_path):
    """The accounts that the command has written."""
    made = []

    def open_them():
        made.append(Accounts.open(f"sqlite:///{tmp_path}/.cbrn/{FILE}", passwords=Passwords()))
        return made[-1]

    yield open_them
    for each in made:
        each.close()


def test_an_account_is_added_with_a_password_that_is_shown_once_and_must_be_changed(add, opened):
    said = add()
    assert said.exit_code == 0, said.output
    assert "a.asanov (Duty officer Asanov, MoH, duty officer): added" in said.output
    assert "at the first sign-in another is chosen" in said.output
    password = said.output.strip().rpartition(": ")[2]
    signed = opened().sign_in("a.asanov", password, address=ADDRESS, now=NOW)
    assert signed.session.account.must_change


@pytest.mark.parametrize(("body", "code"), [("moh", "moh"), ("МЧС", "mes"), ("Ministry of Health", "moh")])
def test_a_body_is_named_as_people_name_it(add, opened, body, code):
    assert add(body=body).exit_code == 0
    assert opened().named("a.asanov").body == code


def test_a_password_comes_from_a_file_that_nobody_else_may_read(add, account, opened, tmp_path):
    file = tmp_path / "password"
    file.write_text(f"{PASSWORD}\n")
    file.chmod(0o644)
    refused = add("a.asanov", "--password-file", file)
    assert refused.exit_code == 2
    assert PASSWORD not in refused.output
    file.chmod(0o600)
    said = add("a.asanov", "--password-file", file, "--keep")
    assert said.exit_code == 0, said.output
    assert PASSWORD not in said.output
    assert not opened().sign_in("a.asanov", PASSWORD, address=ADDRESS, now=NOW).session.account.must_change
    assert account("password", "a.asanov", "--password-file", "-", stdin="Other words, all mine\n").exit_code == 0
    assert opened().sign_in("a.asanov", "Other words, all mine", address=ADDRESS, now=NOW)


@pytest.mark.parametrize("content", [b"", b"\n", b"one\ntwo\n", b"\xff\xfe", b"x" * 5_000, b"short"])
def test_a_file_that_holds_no_password_is_refused(add, tmp_path, content):
    file = tmp_path / "password"
    file.write_bytes(content)
    file.chmod(0o600)
    refused = add("a.asanov", "--password-file", file)
    assert refused.exit_code == 2
    assert "cbrn:" in refused.output


def test_a_pipe_as_a_password_file_holds_nobody_up(add, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert add("a.asanov", "--password-file", tmp_path / "pipe").exit_code == 2


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"body": "zz"}, "no body is called"),
        ({"shown": "a\x1b[31mb"}, "cannot be shown"),
        ({"shown": "\u202e"}, "cannot be shown"),
        ({"role": "root"}, "role"),
    ],
)
def test_what_cannot_be_kept_is_refused_in_a_sentence(add, changed, said):
    refused = add(**changed)
    assert refused.exit_code == 2
    assert said in refused.output
    assert "\x1b" not in refused.output
    assert "Traceback" not in refused.output


@pytest.mark.parametrize("name", ["Асанов", "a b", "-x", "\x1b[2J", "a" * 100])
def test_a_name_that_cannot_be_is_refused(add, name):
    refused = add(name)
    assert refused.exit_code == 2
    assert "\x1b" not in refused.output


def test_people_are_listed_in_the_readers_language_and_for_machines(add, account):
    add("a.asanov")
    add("b.bekova", body="mes", role="shift-leader", shown="Кезекчи Бекова")
    account("disable", "b.bekova")
    listed = account("list", "--lang", "ru").output
    assert all(word in listed for word in ("Минздрав", "старший смены", "отключена", "сменить пароль"))
    machine = json.loads(account("list", "--json").output)
    assert [(each["name"], each["role"], each["disabled"]) for each in machine] == [
        ("a.asanov", "officer", False),
        ("b.bekova", "shift-leader", True),
    ]
    assert "password" not in machine[0]


def test_changing_disabling_and_signing_out_end_sessions_and_are_written_down(add, account, opened):
    password = add().output.strip().rpartition(": ")[2]
    for command in (("change", "a.asanov", "--role", "auditor"), ("sign-out", "a.asanov"), ("disable", "a.asanov")):
        with opened() as accounts:
            token = accounts.sign_in("a.asanov", password, address=ADDRESS, now=NOW).token
        assert account(*command).exit_code == 0
        with opened() as accounts:
            assert accounts.session(token, NOW) is None
    with pytest.raises(SignInError):
        opened().sign_in("a.asanov", password, address=ADDRESS, now=NOW)
    assert account("enable", "a.asanov").exit_code == 0
    log = account("log", "a.asanov").output
    assert all(word in log for word in ("command line", "role: officer → auditor", ADDRESS, "refused", "everywhere: 1"))
    assert len(json.loads(account("log", "--json", "--limit", "2").output)) == 2


@pytest.mark.parametrize(
    "command", [("password",), ("disable",), ("enable",), ("sign-out",), ("log",), ("change", "--role", "officer")]
)
def test_an_account_that_there_is_not_is_said(account, command):
    said = account(command[0], "nobody", *command[1:])
    assert said.exit_code == 2
    assert "no such account" in said.output


def test_a_change_of_nothing_is_said(add, account):
    add()
    assert "nothing to change" in account("change", "a.asanov").output


def test_an_account_without_a_password_signs_in_elsewhere(add, opened):
    said = add("a.asanov", "--no-password")
    assert said.exit_code == 0
    assert "shown this once" not in said.output
    assert not opened().named("a.asanov").has_password


def test_a_database_that_others_may_read_is_not_used(add, account, tmp_path):
    add()
    (tmp_path / ".cbrn" / FILE).chmod(0o640)
    said = account("list")
    assert said.exit_code == 2
    assert "chmod 600" in said.output


def test_an_address_with_a_password_is_not_repeated(account, monkeypatch):
    monkeypatch.setenv("CBRN_DESK_ACCOUNTS", "mysql://desk:hunter2@example.kg/desk")
    said = account("list")
    assert said.exit_code == 2
    assert "hunter2" not in said.output
