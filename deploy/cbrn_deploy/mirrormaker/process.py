"""MirrorMaker's JVM: started, killed, stopped, and asked what it says."""

from __future__ import annotations

import contextlib
import signal
import subprocess
from typing import TYPE_CHECKING, Final, Self

from cbrn_deploy.kafka import jars, java, log4j, private_folder
from cbrn_schemas.private_file import write_private

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

MAIN: Final = "org.apache.kafka.connect.mirror.MirrorMaker"
PACKAGE: Final = "cbrn_deploy.mirrormaker"
HEAP_MIB: Final = 256
STOP_TIMEOUT_S: Final = 30.0
CONFIGURATION, LOG4J, LOG, OUTPUT = "mirror.properties", "log4j2.properties", "mirror.log", "jvm.log"
_LOG4J: Final = (
    log4j.ROLLING
    + """\
logger.mirror.name=org.apache.kafka.connect
logger.mirror.level={level}
"""
)


def fetch(progress: jars.ProgressCallback | None = None) -> list[Path]:
    """Bring in MirrorMaker's locked jars (30 MB, once); return the class path. Raises FetchError."""
    return jars.fetch(progress, package=PACKAGE)


class MirrorMaker:
    """One MirrorMaker in dedicated mode, with its files in a folder of its own: configuration and log.

    It runs as a child of the program that started it. That its process lives says little: a worker whose cluster
    refuses it ends, and the process goes on. Look at what arrives.
    """

    def __init__(
        self, folder: Path, text: str, *, heap_mib: int = HEAP_MIB, options: Sequence[str] = (), level: str = "warn"
    ) -> None:
        self.folder = private_folder.private_folder(folder)
        self.text = text
        self.log = folder / LOG
        self._options = [f"-Xmx{heap_mib}m", f"-Dlog4j2.configurationFile={folder / LOG4J}", *options]
        self._level = level
        self._process: subprocess.Popen[bytes] | None = None

    def command(self, class_path: Sequence[Path]) -> list[str]:
        """Write the files, and return the command."""
        write_private(self.folder / CONFIGURATION, self.text)
        told = _LOG4J.format(log=self.log.as_posix(), level=self._level)
        (self.folder / LOG4J).write_text(told, encoding="utf-8")
        return java.java_command(class_path, self._options, MAIN, str(self.folder / CONFIGURATION))

    @property
    def pid(self) -> int | None:
        """The number of its process, while it runs."""
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    def start(self, progress: jars.ProgressCallback | None = None) -> Self:
        """Start it, and return at once: that it works shows in what arrives. Raises FetchError."""
        command = self.command(fetch(progress))
        with (self.folder / OUTPUT).open("ab") as output:
            self._process = subprocess.Popen(  # noqa: S603 - our own java with our own arguments
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
            )
        return self

    def kill(self) -> None:
        """Send SIGKILL."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Stop it in order; what does not stop in time is killed."""
        self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(how)
        try:
            process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()
