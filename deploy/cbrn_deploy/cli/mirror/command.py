"""`cbrn mirror`: MirrorMaker 2 between the bus and one partner's cluster."""

# ruff: noqa: PLC0415 - what is heavy is imported inside the commands, so that help is quick

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from cbrn_deploy.cli.invocation import EXIT_FAILED, App, Invocation, require_part
from cbrn_deploy.cli.parameters import BodyArgument, UsageError, body_code
from cbrn_deploy.cli.printing import complain, json_text, printable

if TYPE_CHECKING:
    from cbrn_schemas.settings import Settings

app = App("MirrorMaker 2 to and from a partner's cluster: its configuration, what each side needs, and its process.")

FileArgument = Annotated[
    Path, typer.Argument(metavar="FILE", help="The configuration, as `cbrn mirror config` made it.")
]
OutgoingOption = Annotated[
    str | None,
    typer.Option(
        metavar="TOPIC",
        help="What the partner calls its topic for us.  [default: <realm>.from.<partner>.originals]",
        show_default=False,
    ),
]
OursOption = Annotated[Path, typer.Option(metavar="FILE", help="Credentials of <partner>.mirror at our cluster.")]
TheirsOption = Annotated[
    Path, typer.Option(metavar="FILE", help="Credentials at the partner's cluster, of the same form.")
]


@app.command("config")
@Invocation.takes("realm")
def config(
    call: Invocation,
    partner: BodyArgument,
    *,
    ours: OursOption,
    theirs: TheirsOption,
    outgoing: OutgoingOption = None,
    direction: Annotated[Literal["both", "out", "in"], typer.Option(help="From us, to us, or both.")] = "both",
) -> None:
    """Print MirrorMaker's configuration for a partner. No secret is in it: it names the two files."""
    from cbrn_deploy.mirrormaker import Mirror, Side

    code, sides = _partner(partner), (Side.of(ours), Side.of(theirs))
    realm = call.settings.realm
    found = Mirror(realm, code, *sides, out=direction != "in", back=direction != "out", outgoing=outgoing)
    print(found.text(), end="")


@app.command("check")
@Invocation.takes("json")
def check(call: Invocation, file: FileArgument) -> None:
    """Say what is wrong with a configuration. Exit status: 0, nothing but warnings; 1, an error."""
    from cbrn_deploy.mirrormaker import check as faults_of
    from cbrn_deploy.mirrormaker import parse

    faults = faults_of(parse(_text(file)), datetime.now(UTC).date())
    if call.as_json:
        print(json_text({"file": str(file), "faults": [fault.as_json() for fault in faults]}))
    for fault in () if call.as_json else faults:
        complain(f"{fault.severity}: {fault.line}: {fault.message}", fault.hint)
    if any(fault.severity == "error" for fault in faults):
        raise typer.Exit(EXIT_FAILED)
    if not call.as_json:
        print(printable(f"{file}: no error"))


@app.command("needs")
@Invocation.takes("realm", "json")
def needs(
    call: Invocation,
    partner: BodyArgument,
    *,
    principal: Annotated[str, typer.Option(metavar="NAME", help="What MirrorMaker is called there.")] = "mirrormaker",
    at: Annotated[str, typer.Option(metavar="HOST:PORT", help="The partner's cluster.")] = "localhost:9092",
    outgoing: OutgoingOption = None,
    replication: Annotated[int, typer.Option(min=1, max=5, help="Copies.")] = 3,
) -> None:
    """Print for the partner's engineer the topics and rules that its cluster needs: commands of Kafka's own tools."""
    from cbrn_deploy.mirrormaker import as_commands, rules_there, topics_there
    from cbrn_deploy.provisioning.access.report import right_json

    code, settings = _partner(partner), call.settings
    rules = rules_there(settings.realm, code, outgoing)
    topics = topics_there(settings.realm, code, shards=settings.shards, replication=replication, outgoing=outgoing)
    if call.as_json:
        specs = [
            {"topic": s.name, "partitions": s.partitions, "replication": s.replication, "config": dict(s.config)}
            for s in topics
        ]
        print(json_text({"principal": principal, "topics": specs, "rules": [right_json(each) for each in rules]}))
    else:
        print("\n".join(as_commands(rules, topics, principal, at)))


@app.command("topics")
@Invocation.takes("realm", "servers")
def topics(
    call: Invocation,
    partner: BodyArgument,
    *,
    replication: Annotated[
        int | None, typer.Option(min=1, max=5, help="Copies.  [default: as topics apply]", show_default=False)
    ] = None,
) -> None:
    """Create on our cluster what MirrorMaker keeps for itself, where it is to write to us. Again it does nothing."""
    code = _partner(partner)
    made = call.run(_create(call.settings, code, replication))
    print(f"{call.settings.realm}: {made} topics created for MirrorMaker of {code}")


@app.command("run")
@Invocation.takes()
def run(
    call: Invocation,
    file: FileArgument,
    *,
    folder: Annotated[Path, typer.Option(metavar="DIR", help="For its log.")] = Path("mirror"),
) -> None:
    """Run MirrorMaker with a configuration until it is stopped; the first time it downloads 11 MB more than the broker.

    It is started again where it ends or stands still, and what a broker that died has left open is ended first. Its log
    is in the folder. A configuration with an error is not run: see `cbrn mirror check`.
    """
    require_part("embedded")
    from cbrn_deploy.kafka import download_bar
    from cbrn_deploy.mirrormaker import check as faults_of
    from cbrn_deploy.mirrormaker import parse
    from cbrn_deploy.mirrormaker.keeping import until_told
    from cbrn_deploy.mirrormaker.process import MirrorMaker, fetch

    text = _text(file)
    for fault in faults_of(parse(text), datetime.now(UTC).date()):
        if fault.severity == "error":
            raise UsageError(f"{file}: {fault.line}: {fault.message}", fault.hint)
    with download_bar("MirrorMaker {version} (11 MB more, once)") as progress:
        fetch(progress)
    call.run(until_told(MirrorMaker(folder, text)), "warning")


def _partner(said: str) -> str:
    from cbrn_schemas.catalogue.bodies import partners

    code, known = body_code(said), partners(datetime.now(UTC).date(), ahead=True)
    if code not in known:
        raise UsageError(f"{code} is no partner abroad", f"Partners are {', '.join(sorted(known))}.")
    return code


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file} cannot be read: {error}", "Name the file that `cbrn mirror config` made.") from error


async def _create(settings: Settings, partner: str, replication: int | None) -> int:
    from cbrn_deploy.mirrormaker import kept_topics
    from cbrn_deploy.provisioning import connected

    async with connected(settings) as cluster:
        wanted = kept_topics(settings.realm, partner, replication or await cluster.replication())
        return len(await cluster.create(list(wanted)))
