"""Every command that the bus prints, or a page shows, runs as it stands there."""

import re
import shlex

import pytest
import typer
from tests.builders.golden import ROOT

from cbrn_deploy.cli.main import app
from cbrn_deploy.cli.printing import COMMANDS, as_typed

ROOMS = ("schemas", "routing", "producers", "consumers", "deploy")
SOURCES = [path for room in ROOMS for ending in ("py", "yaml", "jinja") for path in (ROOT / room).rglob(f"*.{ending}")]
PAGES = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
TREE = typer.main.get_command(app)
NAMED = re.compile(rf"\bcbrn ((?:{'|'.join(COMMANDS)})(?: [a-z]+)?)")
SHOWN = re.compile(r"^ *(?:\$ )?(uv run cbrn [^#|>\n]+)", re.MULTILINE)


def known(words):
    """Whether the first word is a command, and the second one of its own where it has some."""
    command = TREE.commands.get(words[0])
    own = getattr(command, "commands", None)
    return command is not None and (own is None or len(words) == 1 or words[1] in own)


def test_the_list_of_commands_is_whole():
    """What is not in it would be printed without `uv run`."""
    assert set(COMMANDS) == set(TREE.commands)


@pytest.mark.parametrize("path", [*SOURCES, *PAGES], ids=lambda path: str(path.relative_to(ROOT)))
def test_commands_that_are_named_exist(path):
    """A hint that names a command of yesterday helps nobody."""
    named = [found.split() for found in NAMED.findall(path.read_text(encoding="utf-8"))]
    assert [words for words in named if not known(words)] == []


def shown_on_pages():
    for page in PAGES:
        for found in SHOWN.findall(page.read_text(encoding="utf-8")):
            yield pytest.param(found.strip(), id=f"{page.name}: {found.strip()[:60]}")


@pytest.mark.parametrize("line", list(shown_on_pages()))
def test_command_lines_of_the_pages_are_understood(line, monkeypatch):
    """Options come and go; a page that shows one that is gone fails its reader at the first try."""
    monkeypatch.chdir(ROOT)
    words = shlex.split(line)[3:]
    context = TREE.make_context("cbrn", words)
    while getattr(context.command, "commands", None):
        name, command, rest = context.command.resolve_command(context, [*context._protected_args, *context.args])
        context = command.make_context(name, rest, parent=context)


@pytest.mark.parametrize(
    ("environment", "which", "started", "typed"),
    [
        ({"UV_RUN_RECURSION_DEPTH": "1"}, "/venv/bin/cbrn", "/venv/bin/cbrn", "uv run cbrn topics apply"),
        ({}, "/usr/bin/cbrn", "/usr/bin/cbrn", "cbrn topics apply"),
        ({}, None, ".venv/bin/cbrn", ".venv/bin/cbrn topics apply"),
        ({}, None, "/my bus/cbrn", "'/my bus/cbrn' topics apply"),
        ({}, None, "/site-packages/cbrn_deploy/__main__.py", "/usr/bin/python3 -m cbrn_deploy topics apply"),
    ],
)
def test_a_command_is_printed_as_its_reader_must_type_it(monkeypatch, environment, which, started, typed):
    """In a checkout there is no `cbrn` on the path of the next terminal."""
    monkeypatch.delenv("UV_RUN_RECURSION_DEPTH", raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("shutil.which", lambda _: which)
    monkeypatch.setattr("sys.executable", "/usr/bin/python3")
    monkeypatch.setattr("sys.argv", [started])
    assert as_typed("Run `cbrn topics apply`.") == f"Run `{typed}`."
    assert as_typed(as_typed("cbrn topics apply")) == typed, "twice is as once"
    assert as_typed("realm cbrn is real; cbrn-exercise is not") == "realm cbrn is real; cbrn-exercise is not"
