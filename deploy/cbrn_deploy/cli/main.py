"""`cbrn`: one command for operators, agencies and ministries.

This module only mounts; each command lives in its `cli_*` module, which imports what is heavy inside its commands, so
that help is quick.
"""

# ruff: noqa: PLC0415 - what is heavy is imported inside the commands, so that help is quick

from __future__ import annotations

import gc
import os
import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from cbrn_deploy.cli.access import command as cli_access
from cbrn_deploy.cli.alerts import answer as cli_answer
from cbrn_deploy.cli.alerts import escalation as cli_escalation
from cbrn_deploy.cli.alerts import inbox as cli_inbox
from cbrn_deploy.cli.alerts import quarantine as cli_quarantine
from cbrn_deploy.cli.alerts import show as cli_show
from cbrn_deploy.cli.alerts import silence as cli_silence
from cbrn_deploy.cli.alerts import standing as cli_standing
from cbrn_deploy.cli.alerts import tail as cli_tail
from cbrn_deploy.cli.catalogue import command as cli_catalogue
from cbrn_deploy.cli.demo import command as cli_demo
from cbrn_deploy.cli.desk import command as cli_desk
from cbrn_deploy.cli.duties import command as cli_duties
from cbrn_deploy.cli.events import conformance as cli_conformance
from cbrn_deploy.cli.events import explain as cli_explain
from cbrn_deploy.cli.events import new as cli_new
from cbrn_deploy.cli.events import place as cli_place
from cbrn_deploy.cli.events import publish as cli_publish
from cbrn_deploy.cli.events import route as cli_route
from cbrn_deploy.cli.feeds import command as cli_feeds
from cbrn_deploy.cli.formats import cap as cli_cap
from cbrn_deploy.cli.formats import irix as cli_irix
from cbrn_deploy.cli.invocation import App, Commands, Invocation
from cbrn_deploy.cli.keys import command as cli_keys
from cbrn_deploy.cli.mirror import command as cli_mirror
from cbrn_deploy.cli.operations import kafka as cli_kafka
from cbrn_deploy.cli.operations import run as cli_run
from cbrn_deploy.cli.operations import schema as cli_schema
from cbrn_deploy.cli.operations import topics as cli_topics
from cbrn_deploy.cli.operations import up as cli_up
from cbrn_deploy.cli.parameters import LangOption
from cbrn_deploy.cli.partners import command as cli_partners
from cbrn_deploy.cli.rules import command as cli_rules
from cbrn_deploy.cli.shifts import command as cli_shifts

app = App(
    name="cbrn",
    cls=Commands,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Event bus on which the state agencies of the Kyrgyz Republic warn one another of CBRN danger.",
)


SAY_IT_THEMSELVES = ("bodies", "sites", "crossings", "districts", "kinds", "run", "up", "kafka", "schema")
"""Commands that need not be told, before they begin, that the installation's catalogue is not taken."""


def _print_version(wanted: bool) -> None:  # noqa: FBT001 - the shape of a Typer callback
    if wanted:
        from importlib.metadata import version

        typer.echo(f"cbrn {version('cbrn-alert-bus')}")
        raise typer.Exit


@app.callback()
def globally(
    context: typer.Context,
    *,
    lang: LangOption = None,
    log_format: Annotated[
        Literal["console", "json"] | None,
        typer.Option(help="Form of log lines, on standard error.", show_default=False),
    ] = None,
    debug: Annotated[bool, typer.Option("--debug", help="Tell everything: debug log lines, tracebacks.")] = False,
    version: Annotated[  # noqa: ARG001 - its callback answers
        bool, typer.Option("--version", help="Print the version.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """Take the options that every command shares. Settings come from CBRN_* variables and the file cbrn.env."""
    context.obj = Invocation(lang, log_format, debug)
    if context.invoked_subcommand not in SAY_IT_THEMSELVES and (
        "CBRN_CATALOGUE" in os.environ or Path("cbrn.env").exists()
    ):
        from cbrn_deploy.cli.catalogue.check import tell_refused

        tell_refused()


app.command("kinds")(cli_catalogue.list_kinds)
app.command("new")(cli_new.new)
app.command("publish")(cli_publish.publish)
app.command("tail")(cli_tail.tail)
app.command("inbox")(cli_inbox.inbox)
app.command("show")(cli_show.show)
for name, command in cli_answer.COMMANDS.items():
    app.command(name)(command)
app.command("standing")(cli_standing.standing)
app.command("board")(cli_standing.board)
app.command("route")(cli_route.route)
app.command("explain")(cli_explain.explain)
# A western longitude is no option.
app.command("place", context_settings={"ignore_unknown_options": True})(cli_place.place)
app.command("bodies")(cli_catalogue.list_bodies)
app.command("sites")(cli_catalogue.list_sites)
app.command("districts")(cli_catalogue.list_districts)
app.command("crossings")(cli_catalogue.list_crossings)
app.command("conformance")(cli_conformance.conformance)
app.command("up")(cli_up.up)
app.command("demo")(cli_demo.demo)
app.add_typer(cli_run.app, name="run")
app.add_typer(cli_kafka.app, name="kafka")
app.add_typer(cli_topics.app, name="topics")
app.add_typer(cli_access.app, name="access")
app.add_typer(cli_mirror.app, name="mirror")
app.add_typer(cli_silence.app, name="silence")
app.add_typer(cli_escalation.app, name="escalation")
app.add_typer(cli_quarantine.app, name="quarantine")
app.add_typer(cli_duties.app, name="duties")
app.add_typer(cli_partners.app, name="partners")
app.add_typer(cli_shifts.app, name="shift")
app.add_typer(cli_desk.app, name="desk")
app.add_typer(cli_feeds.app, name="feeds")
app.add_typer(cli_rules.app, name="rules")
app.add_typer(cli_keys.app, name="keys")
app.add_typer(cli_schema.app, name="schema")
app.add_typer(cli_cap.app, name="cap")
app.add_typer(cli_irix.app, name="irix")


GC_THRESHOLD = 50_000
"""Allocations between collections: what a command loads stays, so looking for cycles in it was a tenth of its time."""


def main() -> None:
    """Run the `cbrn` script."""
    gc.set_threshold(GC_THRESHOLD, 20, 20)
    if sys.platform != "win32":
        import resource

        # What it leaves when it crashes would hold its keys. The limit can be raised again to look into a crash.
        resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    if "_CBRN_COMPLETE" in os.environ:
        # With it, Typer would lay out what stands beside an offer for the terminal's width, where a line break ends the
        # offer; and it costs each Tab a tenth of a second.
        sys.modules["rich"] = None  # type: ignore[assignment] # so Python marks what must not be imported
    for stream in (sys.stdout, sys.stderr):
        # Kyrgyz letters must not end a command on a terminal that cannot show them.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    app(prog_name="cbrn")
