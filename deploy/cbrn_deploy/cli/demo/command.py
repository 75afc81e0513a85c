"""`cbrn demo`: a real case played on a whole bus of its own, live in the terminal."""

# ruff: noqa: PLC0415 - what is heavy is imported inside the commands, so that help is quick

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cbrn_deploy.cli.completion import complete_scenarios
from cbrn_deploy.cli.invocation import Invocation, require_part, require_whole_bus
from cbrn_deploy.cli.parameters import PlaintextOption
from cbrn_deploy.cli.printing import console, json_text, shown

if TYPE_CHECKING:
    from cbrn_deploy.cli.demo.play import Plan
    from cbrn_producers.simulator import Scenario
    from cbrn_schemas.events.base import Language

ALL = "all"
EXIT_TERMINATED = 143
"""As a shell reports a process that SIGTERM ended."""


@Invocation.takes("lang", "json")
def demo(
    call: Invocation,
    *,
    scenario: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="The case to play, or all.  [default: min-kush-2024]",
            autocompletion=complete_scenarios,
            show_default=False,
        ),
    ] = None,
    scenario_file: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="Play a case of your own, in a YAML file.", show_default=False),
    ] = None,
    list_them: Annotated[bool, typer.Option("--list", help="List the cases, and end.")] = False,
    speed: Annotated[float, typer.Option(min=0.1, max=1000, help="So many times as fast.")] = 1.0,
    exit_after: Annotated[
        bool,
        typer.Option("--exit", help="End after the play; status 0 only if every expected alert arrived exactly once."),
    ] = False,
    data: Annotated[
        Path | None,
        typer.Option(
            file_okay=False, help="Folder that keeps the broker's data.  [default: a temporary one]", show_default=False
        ),
    ] = None,
    plaintext: PlaintextOption = False,
) -> None:
    """Play a real case on a real Kafka: who is told, in which role, by which rule, how fast.

    Starts a broker, both routers and simulated agencies on this machine and takes all of it down at the end. Needs
    neither Java nor Docker; fetches Apache Kafka once (45 MB) and works offline from then on. With --json, the summary
    goes to standard output and all else to standard error.
    """
    require_whole_bus()
    began = _began()
    from cbrn_deploy.cli.demo.play import Plan
    from cbrn_producers.simulator import DEFAULT_SCENARIO, read_scenario, scenarios
    from cbrn_producers.simulator import scenario as scenario_called

    if list_them:
        _list(scenarios(), call.language, as_json=call.as_json)
        return
    chosen: tuple[Scenario, ...]
    if scenario_file is not None:
        chosen = (read_scenario(scenario_file),)
    elif scenario == ALL:
        chosen = scenarios()
    else:
        chosen = (scenario_called(scenario or DEFAULT_SCENARIO),)

    if any(each.duty is not None for each in chosen):
        require_part("notify")
    raise typer.Exit(_play(call, Plan(chosen, speed, not exit_after, data, call.as_json, began, plaintext)))


def _play(call: Invocation, plan: Plan) -> int:
    import asyncio
    import logging

    from cbrn_deploy.cli.demo.play import run_demo
    from cbrn_deploy.cli.demo.screen import Screen
    from cbrn_deploy.cli.demo.texts import Speech
    from cbrn_deploy.cli.operations.kafka import in_the_clear

    call.configure_logs("warning")
    if not call.debug:  # processes that run in this one would write their news between the cards
        logging.getLogger().setLevel(logging.WARNING)
    screen = Screen(Speech(call.language), console(stderr=plan.as_json))  # JSON has standard output for itself
    if plan.plaintext:
        in_the_clear()
    try:
        return run_demo(call.settings, plan, screen)
    except asyncio.CancelledError:  # SIGTERM or SIGHUP; asyncio makes a KeyboardInterrupt of SIGINT
        return EXIT_TERMINATED


def _began() -> float:
    """Find out when this process was started, so that the demo's times are those that its user waits."""
    import psutil

    return psutil.Process().create_time()


def _list(found: tuple[Scenario, ...], language: Language, *, as_json: bool) -> None:
    if as_json:
        print(json_text([{"name": each.name, "title": each.title.model_dump()} for each in found]))
        return
    out = console()
    width = max(len(each.name) for each in found)
    for each in found:
        line = shown(f"{each.name:{width}}  ", "bold") + shown(each.title.get(language))
        out.print(line, soft_wrap=not out.is_terminal)
