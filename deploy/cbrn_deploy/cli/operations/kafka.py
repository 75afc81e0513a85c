"""`cbrn kafka`: the embedded broker, started for itself and found again by its data folder."""

# ruff: noqa: PLC0415 - what is heavy is imported inside the commands, so that help is quick

from __future__ import annotations

import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal

import typer

from cbrn_deploy.cli.invocation import EXIT_FAILED, App, Invocation
from cbrn_deploy.cli.parameters import PlaintextOption
from cbrn_deploy.cli.printing import complain, console, json_text, printable, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cbrn_deploy.kafka import Status
    from cbrn_schemas.settings import Settings

EXIT_NOT_RUNNING: Final = 3
"""As `systemctl status` and the LSB have it."""
LOOPBACK: Final = ("127.0.0.1", "localhost")

app = App("The embedded Kafka broker: start, stop, status, fetch. Everything else talks to it as to any Kafka.")

DataOption = Annotated[
    Path | None,
    typer.Option(metavar="DIR", help="The bus's data folder.  [default: CBRN_DATA_DIR or .cbrn]", show_default=False),
]


def in_the_clear() -> None:
    """Say in red that nobody is asked who he is."""
    text = "NOT SECURED: every program on this machine may read, write and forge everything on this bus (--plaintext)"
    console(stderr=True).print(shown(text, "bold red"), soft_wrap=True)


@app.command("start")
@Invocation.takes("json")
def start_broker(
    call: Invocation,
    *,
    data: DataOption = None,
    port: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=65533,
            metavar="N",
            help="Port on 127.0.0.1; 0: a free one.  [default: that of CBRN_BOOTSTRAP_SERVERS, the last one, or 9092]",
            show_default=False,
        ),
    ] = None,
    brokers: Annotated[
        Literal["1", "3"], typer.Option(help="One broker, or three that keep copies (ports N, N+1, N+2).")
    ] = "1",
    plaintext: PlaintextOption = False,
) -> None:
    """Start the broker and leave it running. If it runs already, say so.

    The first time it downloads Apache Kafka (45 MB); afterwards it needs no network.
    """
    from cbrn_deploy.authority import access_folder
    from cbrn_deploy.kafka import EmbeddedKafka, broker_folder, download_bar, status

    settings = call.settings
    folder = broker_folder(data or settings.data_dir)
    if not status(folder).running:
        wished = port if port is not None else port_of(settings, folder)
        kafka = EmbeddedKafka(
            folder,
            port=wished or None,
            brokers=3 if brokers == "3" else 1,
            access=access_folder(data or settings.data_dir),
            plaintext=plaintext,
        )
        with broker_log_shown(), download_bar() as progress:
            kafka.start_detached(progress)
    _answer(status(folder), as_json=call.as_json)


@app.command("stop")
@Invocation.takes("json")
def stop_broker(call: Invocation, *, data: DataOption = None) -> None:
    """Stop the broker in order. If none runs, that is fine too."""
    from cbrn_deploy.kafka import broker_folder, status, stop

    folder = broker_folder(data or call.settings.data_dir)
    stopped = stop(folder)
    if call.as_json:
        print(json_text({"stopped": stopped, **status(folder).as_json()}))
    else:
        print(printable(f"broker in {folder} {'stopped' if stopped else 'was not running'}"))


@app.command("status")
@Invocation.takes("json")
def show_status(call: Invocation, *, data: DataOption = None) -> None:
    """Tell whether the broker runs and answers. Exit status 0 if so, 3 if it does not run, 1 if it does not answer."""
    from cbrn_deploy.kafka import broker_folder, status

    found = status(broker_folder(data or call.settings.data_dir))
    _answer(found, as_json=call.as_json)


@app.command("fetch")
@Invocation.takes("json")
def fetch_broker(call: Invocation) -> None:
    """Download the broker now and prepare it for quick starts, for a machine or image that will be offline later."""
    from cbrn_deploy.kafka import EmbeddedKafka, download_bar
    from cbrn_deploy.kafka.training import train

    with download_bar() as progress:
        jars = EmbeddedKafka.fetch(progress)
    with broker_log_shown():
        cache = train()
    if call.as_json:
        print(json_text({"jars": [str(path) for path in jars], "cache": str(cache) if cache else None}))
    else:
        print(f"{len(jars)} jars are in place and match the lock file")


def port_of(settings: Settings, folder: Path) -> int:
    """Return the port at which this machine's programs will look for the brokers of a folder.

    Whoever has a certificate looks at a port behind it: of his settings it does not follow, nor of the credentials that
    the brokers themselves have left in the folder. Then they come up where they were.
    """
    from cbrn_deploy.kafka import last_port

    host, _, port = settings.bootstrap_servers.split(",")[0].rpartition(":")
    told = "bootstrap_servers" in settings.model_fields_set and settings.certificate_file is None
    if told and host in LOOPBACK and port.isdecimal():
        return int(port)
    return last_port(folder) or 9092


@contextmanager
def broker_log_shown() -> Iterator[None]:
    """Print the end of the log of a broker, or process, that failed, before the caller prints the sentence about it."""
    try:
        yield
    except Exception as error:
        for line in getattr(error, "log", "").splitlines():  # EmbeddedKafkaError and ProcessError have one
            print(printable(line), file=sys.stderr)
        raise


def _answer(found: Status, *, as_json: bool) -> None:
    """Tell, and end with the status that it means: a start that found a broker that is dead has not started one."""
    _tell(found, as_json=as_json)
    if not found.running:
        raise typer.Exit(EXIT_NOT_RUNNING)
    if found.answering < found.brokers:
        raise typer.Exit(EXIT_FAILED)


def _tell(status: Status, *, as_json: bool) -> None:
    if as_json:
        print(json_text(status.as_json()))
        return
    if not status.running:
        print(printable(f"no broker runs in {status.folder}{' (an earlier one crashed)' if status.crashed else ''}"))
        if status.failure:
            complain(f"Kafka did not stay up: {status.failure}", f"The logs are in {status.folder}.")
        return
    broker = f"{status.bootstrap_servers}  {status.brokers} broker(s), process {status.supervisor}"
    print(printable(f"{broker}, data in {status.folder}"))
    if status.mutual_servers is None:
        in_the_clear()
    else:
        print(printable(f"with a certificate: {status.mutual_servers}; credentials of this machine in {status.access}"))
    if status.answering < status.brokers:
        complain(
            f"{status.brokers - status.answering} broker(s) do not answer",
            f"One that ended is started again with pauses, see {status.folder}/supervisor.log and the logs beside it.",
        )
