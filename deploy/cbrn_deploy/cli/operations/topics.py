"""`cbrn topics`: what the catalogue implies against what the cluster has."""

# ruff: noqa: PLC0415 - what is heavy is imported inside the commands, so that help is quick

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Final

import typer

from cbrn_deploy.cli.invocation import EXIT_FAILED, App, Invocation
from cbrn_deploy.cli.printing import complain, console, json_text, printable, shown

if TYPE_CHECKING:
    from cbrn_deploy.provisioning import Applied, ClusterTopics, Difference, TopicSpec
    from cbrn_schemas.settings import Settings

EXIT_DIFFERS: Final = 3
DAY_MS: Final = 24 * 3600 * 1000
MIB: Final = 1024 * 1024

app = App("Topics that the catalogue of bodies implies: plan shows the difference, apply makes it. Neither deletes.")

ShardsOption = Annotated[
    int | None,
    typer.Option(min=1, max=64, help="Partitions of every topic.  [default: CBRN_SHARDS or 4]", show_default=False),
]
ReplicationOption = Annotated[
    int | None, typer.Option(min=1, max=5, help="Copies.  [default: 3, or as many as brokers]", show_default=False)
]


@app.command("plan")
@Invocation.takes("realm", "servers", "json")
def plan(
    call: Invocation,
    *,
    shards: ShardsOption = None,
    replication: ReplicationOption = None,
) -> None:
    """Show what apply would do.

    Exit status: 0, nothing; 3, something; 1, it cannot be applied, since the numbers of partitions differ: those of the
    realm from --shards, or those of single topics from the realm's.
    """
    settings = call.settings
    found = call.run(_plan(settings, shards or settings.shards, replication))
    if call.as_json:
        print(json_text(found.as_json()))
    else:
        _show_work(found)
        _show_rest(found)
    if found.blocked:
        raise typer.Exit(EXIT_FAILED)
    if found.create or found.change:
        raise typer.Exit(EXIT_DIFFERS)


@app.command("apply")
@Invocation.takes("realm", "servers", "json")
def apply(
    call: Invocation,
    *,
    shards: ShardsOption = None,
    replication: ReplicationOption = None,
) -> None:
    """Create the topics that are missing and change settings that differ. Running it again does nothing.

    Topics and records are never deleted: what would delete some (a shorter retention) is held back and named, and
    topics that the catalogue does not know are left alone. With another number of partitions nothing is applied; single
    topics with another number are left as they are and named, with status 1.
    """
    settings = call.settings
    applied = call.run(_apply(settings, shards or settings.shards, replication))
    if call.as_json:
        done = {"created": list(applied.created), "changed": list(applied.changed)}
        print(json_text({**done, "remaining": applied.remaining.as_json()}))
    else:
        print(f"{settings.realm}: {len(applied.created)} topics created, {len(applied.changed)} changed")
        _show_rest(applied.remaining)
    if applied.remaining.odd:
        raise typer.Exit(EXIT_FAILED)


async def _plan(settings: Settings, shards: int, replication: int | None) -> Difference:
    from cbrn_deploy.provisioning import connected

    async with connected(settings) as cluster:
        return await cluster.difference(await _planned(cluster, settings, shards, replication), settings.realm)


async def _apply(settings: Settings, shards: int, replication: int | None) -> Applied:
    from rich.console import Console
    from rich.progress import Progress

    from cbrn_deploy.provisioning import connected

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("Topics", total=None)
        async with connected(settings) as cluster:
            return await cluster.apply(
                await _planned(cluster, settings, shards, replication),
                settings.realm,
                lambda done, total: bar.update(task, completed=done, total=total),
            )


async def _planned(
    cluster: ClusterTopics, settings: Settings, shards: int, replication: int | None
) -> tuple[TopicSpec, ...]:
    from cbrn_deploy.provisioning import planned_topics

    copies = replication or await cluster.replication()
    return planned_topics(settings.realm, shards=shards, replication=copies, on=datetime.now(UTC).date())


def _show_work(found: Difference) -> None:
    from rich.table import Table

    create = Table("Create", "Partitions", "Copies", "Kept", "Record", box=None, pad_edge=False)
    for spec in found.create:
        create.add_row(spec.name, str(spec.partitions), str(spec.replication), *_in_words(spec))
    change = Table("Change", "Setting", "Present", "Planned", box=None, pad_edge=False)
    for each in found.change:
        for name, (present, planned) in each.values.items():
            change.add_row(*map(shown, (each.topic, name, present or "", planned)))
    for table in (create, change):
        if table.row_count:
            console().print(table)
    print(f"{len(found.create)} to create, {len(found.change)} to change, {found.unchanged} as planned")


def _show_rest(found: Difference) -> None:
    if found.left_alone:
        print(printable(f"left alone, since the catalogue does not know them: {', '.join(found.left_alone)}"))
    by_reason: dict[tuple[str, str, str, str], list[str]] = {}
    for held in found.held:
        by_reason.setdefault((held.setting, held.present, held.planned, held.why), []).append(held.topic)
    for (setting, present, planned, why), topics in by_reason.items():
        some = topics[0] if len(topics) == 1 else f"{len(topics)} topics such as {topics[0]}"
        complain(f"held back: {setting} of {some} is {present}, planned {planned}", f"Not changed: {why}.")


def _in_words(spec: TopicSpec) -> tuple[str, str]:
    config = spec.config
    retention_ms = int(config.get("retention.ms", "-1"))
    kept = "for good" if retention_ms < 0 else f"{retention_ms // DAY_MS} d"
    if config["cleanup.policy"] == "compact":
        kept = "compacted"
    return kept, f"{int(config['max.message.bytes']) // MIB} MiB"
