"""How a command speaks: tables and lines with nothing that a terminal would obey, JSON, a sentence and its remedy."""

# ruff: noqa: PLC0415 - what is heavy is imported where it is needed, so that help is quick

from __future__ import annotations

import os
import re
import shlex
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import Console
    from rich.text import Text

COMMANDS: Final = (
    *("publish", "tail", "inbox", "route", "explain", "place", "up", "demo", "run", "kafka", "topics", "silence"),
    *("quarantine", "duties", "rules", "schema", "standing", "board", "escalation"),
    *("ack", "accept", "decline", "enroute", "note", "handover", "close"),
)
"""What may stand behind `cbrn`. A test holds the list against the commands."""
_TYPED: Final = re.compile(rf"(?<![\w/.-])(?<!uv run )cbrn(?= (?:{'|'.join(COMMANDS)})\b)")


def console(**options: Any) -> Console:
    """Return where tables go: standard output, with neither markup nor guessing at what a text means."""
    from rich.console import Console

    return Console(markup=False, highlight=False, emoji=False, **options)


def shown(text: str, style: str = "") -> Text:
    """Make a cell of a text from outside: characters that a terminal would obey are spelled out."""
    from rich.text import Text

    return Text(printable(text), style=style)


def printable(text: str) -> str:
    r"""Write the text on one line, with every character that is no letter, sign or blank as `\x1b` or `\u202e`."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode() for character in text
    )


def json_text(value: Any, default: Callable[[Any], Any] | None = None) -> str:
    r"""Write the value as JSON on one line; what a terminal would obey as `\u001b` or `\u202e`: the same JSON."""
    import json

    text = json.dumps(value, ensure_ascii=False, default=default)
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() else _escaped(character) for character in text)


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
