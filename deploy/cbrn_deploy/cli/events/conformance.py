"""`cbrn conformance`: does an agency's client, in whatever language, publish as the bus expects?"""

# ruff: noqa: PLC0415 - what is heavy is imported inside the commands, so that help is quick

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cbrn_deploy.cli.invocation import EXIT_FAILED, Invocation, require_whole_bus
from cbrn_deploy.cli.parameters import BodyArgument, body_code, span
from cbrn_deploy.cli.printing import complain, json_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cbrn_routing.bus.read import Bytes
    from cbrn_routing.conformance import Judge

CLIENT_WITHIN = "120s"


@Invocation.takes("realm", "servers", "lang", "json")
def conformance(
    call: Invocation,
    body: BodyArgument,
    command: Annotated[
        list[str] | None,
        typer.Argument(metavar="-- COMMAND...", help="Try this client on a bus of its own.", show_default=False),
    ] = None,
    *,
    from_beginning: Annotated[
        bool, typer.Option("--from-beginning", help="Start with the oldest that Kafka holds, not with what comes next.")
    ] = False,
    for_: Annotated[
        str | None,
        typer.Option(
            "--for", metavar="SPAN", help="End after so long: 60s, 5m. A client has 120s.", show_default=False
        ),
    ] = None,
    records: Annotated[int | None, typer.Option(min=1, help="End after so many records.", show_default=False)] = None,
    certificate: Annotated[
        bool, typer.Option("--certificate", help="Let the client in by a certificate, not by a password.")
    ] = False,
    report: Annotated[
        Path | None,
        typer.Option(dir_okay=False, help="Write the report as a page of Markdown, too.", show_default=False),
    ] = None,
) -> None:
    """Report on each record that BODY's clients publish: envelope, key, partition, schema, doubts, who would be told.

    Without a command it watches the body's own topics on the bus that there is. With one, behind --, it starts a Kafka
    of its own, runs the command with CBRN_BOOTSTRAP_SERVERS, CBRN_BODY, CBRN_TOPIC_INCIDENTS, CBRN_TOPIC_MONITORING and
    CBRN_TOPIC_ALERTS in its environment, and reports on all that it wrote; nobody is told of it. The exit status is 0
    only if there was a record and every one is as it should be.
    """
    if command:
        require_whole_bus()
    trial = _Trial(call, body_code(body))
    seconds = span(for_).total_seconds() if for_ else None
    try:
        if command:
            within_s = seconds or span(CLIENT_WITHIN).total_seconds()
            status = call.run(_client(trial, command, within_s, by_certificate=certificate))
        else:
            status = 0
            call.run(_watch(trial, from_beginning=from_beginning, seconds=seconds, count=records))
    except KeyboardInterrupt:
        if command:
            raise
        status = 0  # the usual end of watching
    trial.end(status, command, report)


class _Trial:
    """What was seen so far, and how it is told."""

    def __init__(self, call: Invocation, body: str) -> None:
        from cbrn_routing.conformance import Report

        self.call = call
        self.body = body
        self.seen = Report()

    def judge(self, shards: int) -> Judge:
        """Make a judge by the book that the software ships."""
        import logging

        from cbrn_routing.conformance import Judge
        from cbrn_routing.decide import Engine
        from cbrn_routing.jurisdiction import Gazetteer
        from cbrn_routing.rulebook import Eras

        logging.getLogger("cbrn.router").setLevel(logging.CRITICAL)  # what it would log is what is said here
        engine = Engine(Eras(self.call.book("national").book), Gazetteer())
        return Judge(self.call.realm, engine, shards, self.call.language)

    def say(self, judge: Judge, record: Bytes) -> None:
        """Say what is to be said of a record."""
        from datetime import UTC, datetime

        from cbrn_schemas.records import broker_time

        now = broker_time(record.timestamp, record.timestamp_type, datetime.now(UTC))
        verdict = judge.judge(record, now)
        self.seen.add(verdict)
        if self.call.as_json:
            print(json_text(verdict.as_json()), flush=True)
        else:
            from cbrn_deploy.cli.events.conformance_screen import print_verdict

            print_verdict(verdict, self.call.language)

    def end(self, status: int, command: Sequence[str] | None, report: Path | None) -> None:
        """Say what there was; end the command with status 1 unless all of it is as it should be."""
        from cbrn_deploy.cli.events.conformance_screen import print_end, print_report

        good = 0 < self.seen.records == self.seen.conformant and not status
        if report is not None:
            report.write_text(self._page(status, command), encoding="utf-8")
        if not self.call.as_json:
            if command and self.seen.records:
                print_report(self.seen, self.call.language)
            print_end(self.seen, self.call.language)
        elif command:
            lines = [line.as_json() for line in self.seen.lines]
            print(json_text({"checks": lines, "records": self.seen.records, "status": status, "conformant": good}))
        if status:
            complain(f"the client ended with status {status}", "What it said stands above.")
        elif command and not self.seen.records:
            complain(
                "the client published nothing to this bus",
                "It finds the address in CBRN_BOOTSTRAP_SERVERS and the topic in CBRN_TOPIC_INCIDENTS.",
            )
        if not good:
            raise typer.Exit(EXIT_FAILED)

    def _page(self, status: int, command: Sequence[str] | None) -> str:
        import shlex
        from datetime import UTC, datetime
        from importlib.metadata import version

        from cbrn_routing.conformance import page
        from cbrn_schemas.catalogue.naming import body_name
        from cbrn_schemas.catalogue.words import word
        from cbrn_schemas.records import rfc3339

        lang, seen = self.call.language, self.seen
        about = [
            f"cbrn-alert-bus {version('cbrn-alert-bus')}, {rfc3339(datetime.now(UTC))}",
            f"{word('ui', 'conformant', lang)}: {seen.conformant}/{seen.records} {word('ui', 'records', lang)}",
        ]
        if command:
            about.append(f"`{shlex.join(command)}`: {status}")
        return page(f"{body_name(self.body, lang)} ({self.body})", about, seen, lang)


async def _watch(trial: _Trial, *, from_beginning: bool, seconds: float | None, count: int | None) -> None:
    import asyncio
    from contextlib import suppress

    from cbrn_routing.bus.read import assigned, batch
    from cbrn_schemas.topics import Lane, from_topic

    settings = trial.call.settings
    topics = [from_topic(settings.realm, trial.body, lane) for lane in Lane]
    with suppress(TimeoutError):
        async with (
            asyncio.timeout(seconds),
            assigned(settings, *topics, from_beginning=from_beginning) as (consumer, partitions),
        ):
            judge = trial.judge(1 + max(one.partition for one in partitions))
            print(f"watching {', '.join(topics)}; Ctrl-C ends", file=sys.stderr, flush=True)
            while trial.seen.records != count:
                rest = None if count is None else count - trial.seen.records
                for record in (await batch(consumer, partitions, settings))[:rest]:
                    trial.say(judge, record)


async def _client(trial: _Trial, command: Sequence[str], within_s: float, *, by_certificate: bool) -> int:
    from cbrn_deploy.processes.trial import run_client, sent, trial_bus

    bus = trial_bus(trial.call.settings, trial.body, by_certificate=by_certificate)
    async with bus as (settings, clients):
        print(f"trying {command[0]} on {clients.bootstrap_servers}", file=sys.stderr, flush=True)
        status = await run_client(command, clients, trial.body, within_s)
        records = await sent(settings, trial.body)
    judge = trial.judge(settings.shards)
    for record in records:
        trial.say(judge, record)
    return status
