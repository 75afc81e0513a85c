"""What others wrote (names of files, texts of events) cannot speak to the terminal of who reads it."""

import ast
import json
import logging
import os
import subprocess
import sys
from importlib.metadata import packages_distributions, requires
from pathlib import Path

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st
from tests.builders.golden import chlorine
from tests.builders.sources import syntax_of

import cbrn_deploy
from cbrn_deploy.cli.invocation import EXTRAS
from cbrn_deploy.cli.logs import configure_logs
from cbrn_deploy.cli.printing import json_text
from cbrn_schemas.settings import Settings

HOSTILE = "\x1b[2Jerased \x9b31m \u202eright to left\u2066 \x7f \U000e0041 \u2028"


@pytest.fixture
def restored():
    root, level = logging.getLogger(), logging.getLogger().level
    handlers = root.handlers[:]
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


@given(st.text(st.characters()))
def test_json_is_the_same_and_shows_nothing_but_itself(text):
    """Any JSON reader gets what was written; a terminal gets nothing to obey."""
    written = json_text({"text": text})
    assert written.isprintable()
    assert json.loads(written) == {"text": text}


def test_letters_of_the_country_stay_readable():
    """Not everything beyond ASCII is to be spelled out: officers read these lines."""
    assert "Өзгөчө кырдаал" in json_text({"who": "Өзгөчө кырдаал"})


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_hostile_file_name_is_spelled_out(cbrn, tmp_path, options):
    """A folder of reports may hold a file that somebody else named."""
    file = tmp_path / f"{HOSTILE}.json"
    file.write_text("{}")
    answer = cbrn("publish", file, "--as", "mes", "--dry-run", *options)
    assert answer.exit_code == 1
    assert "erased" in answer.output
    assert all(line.isprintable() for line in answer.output.splitlines() + answer.output.split("\n"))


@pytest.mark.parametrize("arguments", [["route", HOSTILE], ["kafka", "status", "--data", HOSTILE], [HOSTILE]])
def test_hostile_argument_is_spelled_out(cbrn, arguments):
    """A pattern such as `*` gives names that nobody typed."""
    answer = cbrn(*arguments)
    assert answer.exit_code != 0
    assert all(line.isprintable() for line in answer.output.split("\n"))


@pytest.mark.usefixtures("restored")
@pytest.mark.parametrize("form", ["json", "console"])
def test_log_lines_are_spelled_out(capsys, form):
    """Logs are read on a terminal, too, and hold names that others gave."""
    configure_logs(form, "info", libraries="warning")
    try:
        {}[HOSTILE]
    except KeyError:
        structlog.get_logger("x").exception(f"failed {HOSTILE}", file=HOSTILE, names=[HOSTILE])
    logging.getLogger("aiokafka").error("topic %s", HOSTILE)
    lines = capsys.readouterr().err.split("\n")
    assert len(lines) > 2
    assert all(line.isprintable() for line in lines), lines


def test_no_command_writes_json_in_another_way():
    """One forgotten place would be enough."""
    found = []
    for file in Path(cbrn_deploy.__file__).parent.rglob("*.py"):
        for node in ast.walk(syntax_of(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "print":
                written = [ast.unparse(one) for one in node.args]
                found += [one for one in written if "dumps(" in one or one.endswith("dump_json()")]
    assert found == []


# -- settings


@pytest.mark.parametrize(
    "text",
    [
        "127.0.0.1:notaport",
        "127.0.0.1:",
        "a:1,,b:2",
        "a:1,",
        "",
        " ",
        "a:0",
        "a:65536",
        "[::1",
        "http://a:9092",
        "a b:1",
    ],
)
def test_address_that_is_none_is_named(cbrn, text):
    """«Unexpected ValueError» tells nobody which setting is wrong."""
    answer = cbrn("topics", "plan", "--bootstrap-servers", text)
    assert answer.exit_code == 2
    assert "CBRN_BOOTSTRAP_SERVERS" in answer.output
    assert "write host:port" in answer.output


@pytest.mark.parametrize("text", ["a:1", "kafka1.example.kg:9092, kafka2.example.kg:9092", "[::1]:9092", "localhost"])
def test_addresses_as_people_write_them_are_taken(text):
    """Blanks after commas are usual; a port that is left out is Kafka's."""
    assert Settings(bootstrap_servers=text).connection()["bootstrap_servers"] == text.replace(" ", "").split(",")


def test_address_that_a_program_gives_is_looked_at_too():
    """`Agency(bootstrap_servers=...)` copies settings, which validates nothing."""
    with pytest.raises(ValueError, match="'a:b' is no address of a broker"):
        Settings().model_copy(update={"bootstrap_servers": "a:b"}).connection()


@pytest.fixture
def env_file(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CBRN_SHARDS", raising=False)
    file = tmp_path / "cbrn.env"
    file.write_text("CBRN_SHARDS=7\nOTHER=1\n")
    file.chmod(0o644)
    return file


def test_settings_file_is_read_below_the_environment(env_file, monkeypatch):
    """As its name promises."""
    assert Settings().shards == 7
    monkeypatch.setenv("CBRN_SHARDS", "3")
    assert Settings().shards == 3
    env_file.unlink()
    monkeypatch.delenv("CBRN_SHARDS")
    assert Settings().shards == 4


def _foreign(number):
    """The status of a file, as if it were somebody else's."""
    real = os.fstat

    def fstat(descriptor):
        found = list(real(descriptor))
        found[4] = number
        return os.stat_result(found)

    return fstat


@pytest.mark.parametrize(
    ("mode", "says", "remedy"),
    [(0o664, "its group may write", "chmod go-w"), (0o646, "anyone on this machine may write", "chmod go-w")],
)
def test_settings_file_that_others_may_write_is_refused(cbrn, env_file, mode, says, remedy):
    """It chooses the broker that a report goes to."""
    env_file.chmod(mode)
    answer = cbrn("topics", "plan")
    assert answer.exit_code == 2
    assert says in answer.output
    assert f"{remedy} {env_file}" in answer.output


def test_settings_file_of_another_user_is_refused(cbrn, env_file, monkeypatch):
    """In a folder that many may write, such as /tmp, anybody may leave one."""
    monkeypatch.setattr("os.fstat", _foreign(54321))
    answer = cbrn("topics", "plan")
    assert answer.exit_code == 2
    assert "belongs to another user (number 54321)" in answer.output


def test_link_that_is_another_users_is_refused(cbrn, env_file, monkeypatch, tmp_path):
    """It points at a file of this user's own, but it is another who chose which."""
    real = env_file.rename(tmp_path / "real.env")
    env_file.symlink_to(real)
    assert Settings().shards == 7
    lstat = Path.lstat

    def foreign(path):
        found = list(lstat(path))
        found[4] = 54321
        return type(lstat(path))(found)

    monkeypatch.setattr(Path, "lstat", foreign)
    answer = cbrn("topics", "plan")
    assert answer.exit_code == 2
    assert "link to the settings file" in answer.output


def test_what_is_no_settings_file_is_said_so(cbrn, env_file, tmp_path):
    """A pipe of that name held up every command for ever."""
    for make in (os.mkfifo, os.mkdir, lambda path: Path(path).write_bytes(b"CBRN_LANG=\xff")):
        env_file.unlink() if env_file.is_file() or env_file.is_fifo() else env_file.rmdir()
        make(env_file)
        env_file.chmod(0o700)
        answer = cbrn("topics", "plan")
        assert answer.exit_code == 2
        assert f"settings file {env_file}" in answer.output


# -- optional parts

WITHOUT = """
import sys
sys.modules.update(dict.fromkeys({modules}))
from cbrn_deploy.cli.main import main
sys.argv[1:] = {arguments}
main()
"""


def test_parts_are_those_of_the_package():
    """A module that moves to another part must be advised from there."""
    wanted, installed = requires("cbrn-alert-bus"), packages_distributions()
    for extra, modules in EXTRAS.items():
        names = {one.partition(";")[0].strip().lower() for one in wanted if f"extra == '{extra}'" in one}
        distributions = {module: installed[module] for module in modules}
        assert {name.lower() for found in distributions.values() for name in found} == names, extra


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["up"], "all"),
        (["demo"], "all"),
        (["kafka", "status"], "embedded"),
        (["run", "router", "--lane", "incidents"], "router"),
        (["run", "duties"], "router"),
        (["run", "gateway", "--as", "mes"], "web"),
        (["run", "notify", "--body", "mes", "--channels", "event.json"], "notify"),
        (["run", "desk", "--body", "moh"], "desk"),
        (["shift", "now", "--body", "mes"], "rota"),
        (["duties", "list"], "router"),
        (["rules", "active"], "router"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else value,
)
def test_missing_part_is_named(tmp_path, arguments, part):
    """An agency that installed what publishing needs learned of a Python module instead."""
    (tmp_path / "event.json").write_text("{}")
    program = WITHOUT.format(modules=set().union(*EXTRAS.values()), arguments=arguments)
    told = subprocess.run(
        [sys.executable, "-c", program], check=False, cwd=tmp_path, capture_output=True, text=True, timeout=120
    )
    assert told.returncode == 1
    assert "which is not installed" in told.stderr
    assert f"'cbrn-alert-bus[{part}]'" in told.stderr


def test_an_agency_without_the_optional_parts_hears_every_doubt(tmp_path):
    """What publishing needs is all that an agency installs."""
    (tmp_path / "event.json").write_text(json.dumps(chlorine(where={"point": {"lat": 74.57, "lon": 42.87}})))
    arguments = ["publish", "event.json", "--as", "mes", "--dry-run", "--json"]
    program = WITHOUT.format(modules=set().union(*EXTRAS.values()), arguments=arguments)
    told = subprocess.run(
        [sys.executable, "-c", program], check=True, cwd=tmp_path, capture_output=True, text=True, timeout=120
    )
    doubts = [each["doubt"] for each in json.loads(told.stdout)["warnings"]]
    assert doubts[:2] == ["place-abroad", "place-swapped"]
