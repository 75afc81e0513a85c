"""How a command speaks: tables and lines with nothing that a terminal would obey, JSON, a sentence and its remedy."""

# ruff: noqa: PLC0415 - what is heavy is imported where it is needed, so that help is quick

from __future__ import annotations

import os
import re
import shlex
import shutil
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable

    from rich.console import Console
    from rich.text import Text

    from cbrn_routing.doubts import EventWarning
    from cbrn_schemas.events.base import Language

COMMANDS: Final = (
    *("kinds", "new", "publish", "tail", "inbox", "show", "route", "explain", "place", "bodies", "sites"),
    *("districts", "crossings", "up", "demo", "run", "kafka", "topics", "access", "mirror", "silence"),
    *("quarantine", "duties", "shift", "desk", "rules", "keys", "schema", "conformance", "escalation", "cap", "irix"),
    *("partners", "feeds"),
    *("standing", "board", "seen", "ack", "accept", "decline", "enroute", "note", "handover", "close"),
)
"""What may stand behind `cbrn`. A test holds the list against the commands."""
_TYPED: Final = re.compile(rf"(?<![\w/.-])(?<!uv run )cbrn(?= (?:{'|'.join(COMMANDS)})\b)")


def console(**options: Any) -> Console:
    """Return where tables go: standard output, with neither markup nor guessing at what a text means."""
    from rich.console import Console

    return Console(markup=False, highlight=False, emoji=False, **options)


@contextmanager
def paged(out: Console, *, unless: bool = False) -> Generator[Console]:
    """Show what is printed within in the terminal's pager, where somebody sits at one.

    `less` is told to keep colours, and to leave what fits where it is.
    """
    if unless or not (out.is_terminal and sys.stdin.isatty()):
        yield out
        return
    os.environ.setdefault("LESS", "FRX")
    with out.pager(styles=True):
        yield out


def shown(text: str, style: str = "") -> Text:
    """Make a cell of a text from outside: characters that a terminal would obey are spelled out."""
    from rich.text import Text

    return Text(printable(text), style=style)


def print_warnings(out: Console, warnings: Iterable[EventWarning], lang: Language) -> None:
    """Print what is doubtful about an event beneath it: where and what, and what to do."""
    from rich.padding import Padding

    from cbrn_schemas.catalogue.words import word

    for each in warnings:
        what = f"{word('ui', 'warning', lang)}: {each.where}: {each.message}"
        out.print(Padding(shown(what, "yellow"), (0, 0, 0, 4), expand=False))
        out.print(Padding(shown(as_typed(each.hint)), (0, 0, 0, 8), expand=False))


def printable(text: str) -> str:
    r"""Write the text on one line, with every character that is no letter, sign or blank as `\x1b` or `\u202e`."""
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode() for character in text
    )


def json_text(value: Any, default: Callable[[Any], Any] | None = None, *, indent: int | None = None) -> str:
    r"""Write the value as JSON, without `indent` on one line; what a terminal would obey as `\u001b`: the same JSON."""
    import json

    text = json.dumps(value, ensure_ascii=False, default=default, indent=indent)
    if text.isprintable():
        return text
    lines = text.split("\n")  # within a text JSON writes them as an escape
    return "\n".join("".join(one if one.isprintable() else _escaped(one) for one in line) for line in lines)


def _escaped(character: str) -> str:
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))


def as_typed(text: str) -> str:
    """Return the text with each command in it as its reader must type it: in a checkout through `uv run`."""
    if "UV_RUN_RECURSION_DEPTH" in os.environ:  # `uv run` says so to what it starts; PATH would tell nothing
        program = "uv run cbrn"
    else:
        typed = sys.argv[0]  # a script, such as .venv/bin/cbrn, is told its own name as it was typed
        started = [typed] if Path(typed).stem == "cbrn" else [sys.executable, "-m", "cbrn_deploy"]
        program = "cbrn" if shutil.which("cbrn") else shlex.join(started)
    return _TYPED.sub(lambda _: program, text)


def complain(message: str, hint: str | None = None) -> None:
    """Print one sentence and a remedy on standard error."""
    print(f"cbrn: {printable(as_typed(message))}", file=sys.stderr)
    if hint:
        print(f"      {printable(as_typed(hint))}", file=sys.stderr)
