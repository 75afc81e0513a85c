"""Processes of the bus as children of this one: started, waited for until they are ready, ended without orphans."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Final, Self

from cbrn_deploy.processes.living import LIFELINE_VARIABLE, READY_FD_VARIABLE
from cbrn_deploy.processes.priority import give_way
from cbrn_schemas.errors import BusError
from cbrn_schemas.settings import WAY
from cbrn_schemas.topics import Lane
from cbrn_schemas.users import User

if TYPE_CHECKING:
    from pathlib import Path

    from cbrn_consumers.keeping import Keeper
    from cbrn_schemas.settings import Settings

READY_DEADLINE_S: Final = 60.0
STOP_DEADLINE_S: Final = 12.0
"""A router asks for 10 s at most; then it is killed."""
LOG_TAIL_BYTES: Final = 4_000
APPLIED_WITHIN_S: Final = 120.0
"""A catalogue of new bodies has some hundred topics."""
BROKER_VARIABLES: Final = frozenset(f"CBRN_{name.upper()}" for name in WAY)
"""What this process was told of a broker: its children are told of their own, as users of their own."""


class ProcessError(BusError):
    """A child could not be brought up. `log` is the end of its log."""

    def __init__(self, name: str, log_file: Path, log: str) -> None:
        super().__init__(f"{name} did not come up", f"The end of its log says why; the whole log is {log_file}.")
        self.log = log


def environment_of(settings: Settings, credentials: Path | None = None) -> dict[str, str]:
    """Return what tells a process of the bus where it works, and by which file a broker lets it in."""
    inherited = {name: value for name, value in os.environ.items() if name not in BROKER_VARIABLES}
    return (
        inherited
        | _way(settings, credentials or settings.credentials)
        | {
            "CBRN_REALM": settings.realm.value,
            "CBRN_SHARDS": str(settings.shards),
            "CBRN_DATA_DIR": str(settings.data_dir),
            "CBRN_LANG": settings.lang,
            "CBRN_LOG_FORMAT": settings.log_format,
            "CBRN_LOG_LEVEL": settings.log_level,
        }
    )


def _way(settings: Settings, credentials: Path | None) -> dict[str, str]:
    """Return what it is told of the broker: names of files, and no secret, which others might see."""
    if credentials is not None:
        return {"CBRN_CREDENTIALS": str(credentials.resolve())}
    told = {
        "BOOTSTRAP_SERVERS": settings.bootstrap_servers,
        "SECURITY_PROTOCOL": settings.security_protocol,
        "CA_FILE": settings.ca_file,
        "CERTIFICATE_FILE": settings.certificate_file,
        "KEY_FILE": settings.key_file,
    }
    return {f"CBRN_{name}": str(value) for name, value in told.items() if value is not None}


async def applied(settings: Settings) -> str | None:
    """Apply topics and rights in processes of their own, which know the catalogue as it is now; return what went wrong.

    This one knows it as it was, and the processes below it are what is to be kept running.
    """
    commands: list[tuple[str, ...]] = [("topics", "apply")]
    if settings.security_protocol != "PLAINTEXT":  # in the clear nobody is asked who he is
        commands.append(("access", "apply", "--reason", "the catalogue has changed"))
    for command in commands:
        if (why := await _done(settings, command)) is not None:
            return f"{' '.join(command[:2])}: {why}"
    return None


async def _done(settings: Settings, command: tuple[str, ...]) -> str | None:
    """Run a command to its end; return what it said if it failed."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "cbrn_deploy", *command),
        env=environment_of(settings),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(APPLIED_WITHIN_S):
            _, said = await process.communicate()
    except BaseException as error:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        if isinstance(error, TimeoutError):
            return f"it took longer than {APPLIED_WITHIN_S:.0f} s"
        raise
    return None if process.returncode == 0 else said.decode("utf-8", "replace").strip() or f"{process.returncode}"


class ChildProcess:
    """One `cbrn run ...` as a child. Its log goes to `log_file`."""

    gives_way = True
    """Whether it runs at a lower priority than the broker and the router of incidents."""

    credentials: Path | None = None
    """File by which a broker lets its user in; None: as the settings say."""

    def __init__(self, settings: Settings, log_file: Path, *, name: str, role: list[str], user: User) -> None:
        self.name = name
        """What messages call it."""
        self.user = user
        """As whom it connects, where users are known."""
        self.log_file = log_file
        self._settings = settings
        self._role = role
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def running(self) -> bool:
        """Whether the child lives."""
        return self._process is not None and self._process.poll() is None

    async def start(self) -> Self:
        """Start it and wait until it says that it works.

        Raises:
            ProcessError: it ended, or is not ready within a minute; with the tail of its log.
        """
        reading, writing = os.pipe()
        # The new session keeps a Ctrl-C for the parent, which then ends its children in order.
        with self.log_file.open("ab") as log, os.fdopen(reading, "rb") as ready:
            self._process = subprocess.Popen(  # noqa: S603, ASYNC220 - our own module; it forks, and does not wait
                self._command(),
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                env=self._environment() | {READY_FD_VARIABLE: str(writing)},
                pass_fds=(writing,),
                start_new_session=True,
            )
            os.close(writing)
            try:
                async with asyncio.timeout(READY_DEADLINE_S):
                    said = await asyncio.to_thread(ready.readline)
            except BaseException as error:
                # Its end of the pipe closes with it: as long as it lives the thread that reads would hold `ready` open.
                self._process.kill()
                if not isinstance(error, TimeoutError):
                    raise
                said = b""
        if not said:
            await self.stop()
            raise ProcessError(self.name, self.log_file, self.log_tail())
        if self.gives_way:  # not before: beside other work it would not be ready within the deadline
            give_way(self._process.pid)
        return self

    def _command(self) -> list[str]:
        return [sys.executable, "-m", "cbrn_deploy", "run", *self._role]

    def _environment(self) -> dict[str, str]:
        return environment_of(self._settings, self.credentials) | {LIFELINE_VARIABLE: "1"}

    async def stop(self) -> None:
        """Ask it to stop, wait, and end it by force only if it does not."""
        process = self._process
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        if process.stdin is not None:
            process.stdin.close()
        try:
            await asyncio.to_thread(process.wait, STOP_DEADLINE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            await asyncio.to_thread(process.wait)

    def log_tail(self) -> str:
        """Read the end of its log."""
        if not self.log_file.exists():
            return ""
        return self.log_file.read_bytes()[-LOG_TAIL_BYTES:].decode("utf-8", "replace")


class RouterProcess(ChildProcess):
    """One `cbrn run router`: ready when its shards run."""

    def __init__(self, settings: Settings, lane: Lane, log_file: Path, *, instance: str | None = None) -> None:
        user = User(settings.realm, None, f"router-{lane}")
        role = ["router", "--lane", lane.value, *(("--instance", instance) if instance else ())]
        super().__init__(settings, log_file, name=f"the router of the lane {lane}", role=role, user=user)
        self.lane = lane
        self.gives_way = lane is not Lane.INCIDENTS


class WatchProcess(ChildProcess):
    """The `cbrn run watch` of a realm: ready when its shards run."""

    def __init__(self, settings: Settings, log_file: Path, *, instance: str) -> None:
        user = User(settings.realm, None, "watch")
        super().__init__(settings, log_file, name="the watch", role=["watch", "--instance", instance], user=user)


class GatewayProcess(ChildProcess):
    """The `cbrn run gateway` of a body, at `ADDRESS`: ready when Kafka has let it in."""

    ADDRESS: Final = "127.0.0.1:8480"

    def __init__(self, settings: Settings, body: str, log_file: Path) -> None:
        role = ["gateway", "--as", body, "--listen", self.ADDRESS]
        user = User(settings.realm, body, "gateway")
        super().__init__(settings, log_file, name=f"the gateway of {body}", role=role, user=user)


class DeskProcess(ChildProcess):
    """The `cbrn run desk` of a body, at `ADDRESS` unless said: ready when its database has caught up with Kafka."""

    ADDRESS: Final = "127.0.0.1:8490"

    def __init__(
        self, settings: Settings, body: str, log_file: Path, *, all_bodies: bool = False, listen: str = ADDRESS
    ) -> None:
        role = ["desk", "--body", body, "--listen", listen, *(["--all"] if all_bodies else [])]
        user = User(settings.realm, None if all_bodies else body, "desk")
        super().__init__(settings, log_file, name=f"the desk of {body}", role=role, user=user)

    def _environment(self) -> dict[str, str]:
        named = {"DATABASE": self._settings.desk_database, "ACCOUNTS": self._settings.desk_accounts}
        urls = {f"CBRN_DESK_{name}": url.get_secret_value() for name, url in named.items() if url is not None}
        return super()._environment() | urls


class FeedsProcess(ChildProcess):
    """The `cbrn run feeds` of a realm, at `ADDRESS`: ready when it has caught up with what was released."""

    ADDRESS: Final = "127.0.0.1:8470"

    def __init__(self, settings: Settings, log_file: Path) -> None:
        user = User(settings.realm, None, "feeds")
        role = ["feeds", "--listen", self.ADDRESS]
        super().__init__(settings, log_file, name="the feeds", role=role, user=user)


class InboundProcess(ChildProcess):
    """The `cbrn run inbound` of a realm: ready when it takes in what partners send."""

    def __init__(self, settings: Settings, partners: Path, log_file: Path) -> None:
        user = User(settings.realm, None, "inbound")
        role = ["inbound", "--partners", str(partners)]
        super().__init__(settings, log_file, name="the inbound", role=role, user=user)


class NotifyProcess(ChildProcess):
    """The `cbrn run notify` of a body: ready when it has taken up what was left open, and takes alerts."""

    def __init__(self, settings: Settings, body: str, channels: Path, log_file: Path) -> None:
        role = ["notify", "--body", body, "--channels", str(channels)]
        user = User(settings.realm, body, "notify")
        super().__init__(settings, log_file, name=f"the notify of {body}", role=role, user=user)


class KeeperProcess(ChildProcess):
    """The `cbrn run duties`, or `quarantine`, of a realm: ready when it has seen to all that was there."""

    def __init__(self, settings: Settings, keeper: type[Keeper], log_file: Path) -> None:
        user = User(settings.realm, None, keeper.role)
        super().__init__(settings, log_file, name=f"the {keeper.name}", role=[keeper.role], user=user)
