"""Secrets are where they are meant to be and nowhere else: marks are planted in each, then searched for everywhere."""

import asyncio
import contextlib
import os
import stat
import subprocess
import sys
import textwrap
import time
from datetime import date
from pathlib import Path

import psutil
import pytest
from tests.broker.consumers.test_notify import listed
from tests.builders.command_line import CliRunner
from tests.builders.golden import EXAMPLES
from tests.builders.notify import mobile, officer

from cbrn_deploy.cli.main import app
from cbrn_deploy.provisioning.access.applying import apply_rights
from cbrn_deploy.provisioning.access.protocol import opened
from cbrn_schemas.credentials import Credentials, write_credentials
from cbrn_schemas.settings import Settings
from cbrn_schemas.topics import Realm
from cbrn_schemas.users import User

MARKS = {
    name: f"mark-{name}-{os.urandom(9).hex()}"
    for name in ("password", "wrong", "database", "accounts", "oidc", "webhook", "telegram")
} | {"smpp": f"mk{os.urandom(3).hex()}"}
WITHIN_S = 60


@pytest.fixture(scope="module")
async def place(kafka, tmp_path_factory):
    """A folder with every file that may hold a secret, and topics and rights of one ministry."""
    folder = tmp_path_factory.mktemp("operator")
    async with opened(kafka.settings()) as cluster:
        for name in ("mes-tailings", "moh"):
            await cluster.set_password(name, MARKS["password"])
    await apply_rights(
        kafka.settings(), {name: User(Realm.REAL, name) for name in ("mes-tailings", "moh")}, date(2026, 11, 1)
    )
    for name, password in (("mes-tailings", "password"), ("moh", "password"), ("wrong", "wrong")):
        values = {
            "CBRN_BOOTSTRAP_SERVERS": kafka.bootstrap_servers,
            "CBRN_SECURITY_PROTOCOL": "SASL_SSL",
            "CBRN_USERNAME": "moh" if name == "wrong" else name,
            "CBRN_PASSWORD": MARKS[password],
        }
        write_credentials(folder / f"{name}.cbrn", Credentials(values, certificates=kafka.access.authority.bundle))
    private(
        folder / "servers.yaml",
        f"""
        smpp: {{host: 127.0.0.1, port: 1, system_id: cbrn, password: {MARKS["smpp"]}, sender: "1122"}}
        webhook: {{secret: {MARKS["webhook"]}, networks: [127.0.0.1/32]}}
        telegram: {{token: {MARKS["telegram"]}}}
        """,
    )
    private(
        folder / "oidc.yaml",
        f"""
        issuer: https://127.0.0.1:1
        client_id: cbrn-desk-moh
        client_secret: {MARKS["oidc"]}
        desk: https://desk.example.kg
        shown: {{ky: а, ru: б, en: c}}
        """,
    )
    (folder / "rota").mkdir(mode=0o700)
    listed(folder / "rota", [officer("asanov", mobile())])
    return folder


def private(path, text):
    path.write_text(textwrap.dedent(text))
    path.chmod(0o600)


def told(place, user, *command, **environment):
    """A command as a process of its own: what it said."""
    return subprocess.run(
        [sys.executable, "-m", "cbrn_deploy", *command],
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
        cwd=place,
        env=_environment(place, user) | environment,
    )


def _environment(place, user):
    bare = {name: value for name, value in os.environ.items() if not name.startswith("CBRN_")}
    return bare | {
        "CBRN_CREDENTIALS": str(place / f"{user}.cbrn"),
        "CBRN_DATA_DIR": str(place / "data"),
        "CBRN_ROTA_DIR": str(place / "rota"),
    }


@contextlib.contextmanager
def running(place, user, *command, **environment):
    """A process that lives long, with its log beside the files."""
    log_file = place / f"{command[1]}.log"
    with log_file.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "cbrn_deploy", "--debug", *command],
            stdout=log,
            stderr=log,
            cwd=place,
            env=_environment(place, user) | environment,
        )
    try:
        deadline = time.monotonic() + WITHIN_S
        while "process ready" not in (log_told := log_file.read_text()):
            assert process.poll() is None, log_told
            assert time.monotonic() < deadline, log_told
            time.sleep(0.05)
        yield process
    finally:
        process.terminate()
        process.wait(WITHIN_S)


def marks_in(data, but=()):
    """Which marks stand there."""
    text = data if isinstance(data, bytes) else data.encode()
    return {name for name, mark in MARKS.items() if mark.encode() in text and name not in but}


def of_process(process):
    """What anybody of this user may read of a process and its children: arguments and environment."""
    with contextlib.suppress(psutil.NoSuchProcess):
        for one in (process, *process.children(recursive=True)):
            for name in ("cmdline", "environ"):
                yield Path(f"/proc/{one.pid}/{name}").read_bytes()


async def test_secrets_stand_in_their_files_and_nowhere_else(kafka, place, topics):
    """Marks in arguments, environments, logs, tracebacks, answers, topics or other files are leaks."""
    lanes = [f"cbrn.from.{body}.{lane}" for body in ("mes-tailings", "moh") for lane in ("incidents", "monitoring")]
    told_to = [f"cbrn.to.moh.{name}" for name in ("alerts", "monitoring", "standing")]
    own = [f"cbrn.from.moh.{name}" for name in ("receipts", "silences", "notices", "shifts", "decisions")]
    await topics([*lanes, *told_to, *own])
    (place / "event.json").write_bytes((EXAMPLES / "tailings-failure.json").read_bytes())
    (place / "data").mkdir(mode=0o700)
    seen, said = [], {}
    with (
        running(place, "moh", "run", "notify", "--channels", str(place / "servers.yaml"), "--body", "moh") as notify,
        running(
            place, "moh", "run", "desk", "--listen", "127.0.0.1:0", "--body", "moh", CBRN_DESK_OIDC=place / "oidc.yaml"
        ) as desk,
    ):
        publish = ("publish", "event.json", "--as", "mes-tailings", "--json")
        said["published"] = await asyncio.to_thread(told, place, "mes-tailings", *publish)
        for process in (notify, desk):
            seen += of_process(psutil.Process(process.pid))
            assert psutil.Process(process.pid).rlimit(psutil.RLIMIT_CORE)[0] == 0, "a dump would hold them all"
        for name, options in {
            "refused": ("--debug", "tail", "moh"),
            "refused in words": ("tail", "moh"),
            "json": ("--log-format", "json", "--debug", "inbox", "moh", "--json"),
        }.items():
            said[name] = await asyncio.to_thread(told, place, "wrong", *options)
        for name in ("database", "accounts"):
            away = f"postgresql://desk:{MARKS[name]}@127.0.0.1:1/desk"
            away = {f"CBRN_DESK_{name.upper()}": away.replace("postgresql:", "postgresql+psycopg:")}
            said[name] = await asyncio.to_thread(
                told, place, "moh", "--debug", "run", "desk", "--listen", "127.0.0.1:0", "--body", "moh", **away
            )
    assert said["published"].returncode == 0, said["published"].stderr
    assert all(said[name].returncode for name in said.keys() - {"published"})
    assert "Traceback" in said["refused"].stderr, "a traceback must have been looked through"
    found = {name: marks_in(one.stdout + one.stderr) for name, one in said.items()}
    assert not any(found.values()), {name: (marks, said[name].stderr[-1500:]) for name, marks in found.items() if marks}
    assert seen
    assert not any(map(marks_in, seen))
    _files_hold_only_their_own(place)
    _broker_holds_none(kafka)


def _files_hold_only_their_own(place):
    """And every mark is found in its own, or this test could not fail."""
    meant = {
        "mes-tailings.cbrn": {"password"},
        "moh.cbrn": {"password"},
        "wrong.cbrn": {"wrong"},
        "servers.yaml": {"smpp", "webhook", "telegram"},
        "oidc.yaml": {"oidc"},
    }
    files = [path for path in place.rglob("*") if path.is_file()]
    assert {path.name: marks for path in files if (marks := marks_in(path.read_bytes()))} == meant
    assert {stat.S_IMODE((place / name).stat().st_mode) for name in meant} == {0o600}
    assert any(path.suffix == ".log" and path.stat().st_size for path in files), "logs were looked through"


def _broker_holds_none(kafka):
    """Neither topics nor the log of metadata, where passwords are salted; keys lie in files of their owner alone."""
    topics = 0
    # A topic that another test deletes goes while it is walked through: `os.walk` passes over it, `rglob` does not.
    for path in [Path(folder, name) for folder, _, names in os.walk(kafka.folder) for name in names]:
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            continue
        assert not marks_in(data), path
        topics += b"ce_type" in data
        if b"PRIVATE KEY-----" in data:
            assert not stat.S_IMODE(path.stat().st_mode) & 0o077, path
    assert topics, "events were looked through"


def test_settings_show_no_secret(place, monkeypatch):
    """A debugger, a log line or a test that fails prints them."""
    monkeypatch.setenv("CBRN_DESK_DATABASE", f"postgresql://desk:{MARKS['database']}@db/desk")
    settings = Settings(credentials=place / "moh.cbrn")
    assert settings.password is not None
    assert settings.password.get_secret_value() == MARKS["password"]
    shown = f"{settings!r} {settings} {settings.model_dump()} {settings.model_dump_json()}"
    assert not marks_in(shown)


@pytest.mark.parametrize("command", [["kinds"], ["bodies", "--json"], ["topics", "plan", "--json"]], ids=" ".join)
def test_answers_and_completions_show_no_secret(place, monkeypatch, command):
    """What a command answers is stored and mailed."""
    monkeypatch.setenv("CBRN_CREDENTIALS", str(place / "moh.cbrn"))
    assert not marks_in(CliRunner().invoke(app, command).output)
