"""What the demo leaves its user with: where everybody stands, what to try next, and a bus that keeps running."""

from __future__ import annotations

import json
import shlex
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cbrn_deploy.cli.alerts.standing_screen import StandingScreen
from cbrn_producers.simulator import DEFAULT_SCENARIO, Script
from cbrn_producers.simulator import scenario as scenario_called
from cbrn_schemas.catalogue.bodies import body
from cbrn_schemas.topics import Lane

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cbrn_consumers.standing import SituationStanding
    from cbrn_deploy.cli.demo.answering import Answering
    from cbrn_deploy.cli.demo.bus import Bus
    from cbrn_deploy.cli.demo.screen import Screen
    from cbrn_producers.simulator import Scenario, Step


def show_standing(
    screen: Screen, standing: SituationStanding | None, warnings: Sequence[str], answers: Answering
) -> None:
    """Show where everybody stands, as `cbrn standing` shows it."""
    screen.line()
    screen.rule(screen.speech.say("standing"))
    if standing is not None:
        StandingScreen(screen.speech.lang, answers.now(), screen.console).show(standing, warnings)
    screen.line(screen.speech.say("standing_times", minutes=round(answers.ahead.total_seconds() / 60)), "dim")


def show_next(screen: Screen, others: Sequence[Scenario], *, stays: bool) -> None:
    """Show what to try next: of the cases that were not played, one of reports and one of answers."""
    speech = screen.speech
    lang = f" --lang {speech.lang}"
    screen.line()
    screen.rule(speech.say("next"))
    first = {each.duty is not None: each for each in reversed(others)}
    says = {False: speech.say("next_other"), True: speech.say("next_answers")}
    rows = [(f"cbrn demo --scenario {first[one].name}{lang}", says[one]) for one in (False, True) if one in first]
    if not stays:
        rows.append((f"cbrn demo{lang}", speech.say("next_stay")))
    rows.append(("cbrn place 41.69 74.46", speech.say("next_place")))
    screen.commands(rows)


def invite(screen: Screen, bus: Bus, chosen: Sequence[Scenario], tag: str, answered: Sequence[str]) -> None:
    """Show what can be tried on the running bus. `answered`: situations of which answers were played."""
    say = screen.speech.say
    report = bus.folder / "report.json"
    scenario, step = _readable(chosen)
    report.write_text(_own_report(scenario, step, tag), encoding="utf-8")
    lang = f" --lang {screen.speech.lang}"
    screen.line()
    screen.rule(say("running"))
    screen.commands(
        [
            (_found(bus), ""),
            *((f"cbrn standing {situation}{lang}", say("try_standing")) for situation in answered),
            (f"cbrn tail mes{lang}", say("try_tail")),
            (f"cbrn publish {shlex.quote(str(report))} --as {step.body}", say("try_publish")),
            (f"cbrn tail mnrets --lane monitoring{lang}", say("try_readings")),
            ("cbrn quarantine list", say("try_quarantine")),
        ]
    )
    if bus.desk is not None:
        screen.desk(bus.desk)  # said at the start, too: many cards have passed since
    screen.line(say("running_end"), "bold")


def _found(bus: Bus) -> str:
    """Write how another terminal finds this bus, and is let in."""
    credentials = bus.settings.credentials
    if credentials is None:
        return f"export CBRN_BOOTSTRAP_SERVERS={bus.settings.bootstrap_servers}"
    return f"export CBRN_CREDENTIALS={shlex.quote(str(credentials))}"


def _readable(chosen: Sequence[Scenario]) -> tuple[Scenario, Step]:
    """Find the first report of an incident by a body of the country, for the user to publish as his own."""
    return next(
        (scenario, step)
        for scenario in (*chosen, scenario_called(DEFAULT_SCENARIO))
        for step in scenario.steps
        if step.lane is Lane.INCIDENTS
        and step.event is not None
        and step.event.get("message_type", "Alert") == "Alert"
        and step.slip is None
        and body(step.body).country is None
    )


def _own_report(scenario: Scenario, step: Step, tag: str) -> str:
    """Write the step's event as a situation of its own."""
    _, _, value = Script(scenario, f"{tag}-own").write(step, datetime.now(UTC))
    return json.dumps(json.loads(value), ensure_ascii=False, indent=2)
