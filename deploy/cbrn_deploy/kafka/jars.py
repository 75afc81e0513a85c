"""The locked jars: which they are, where they lie, and how a missing or damaged one is brought in.

The lock file holds coordinates and SHA-256 sums; the jars lie in the local Maven repository, shared with Maven itself.
A jar is downloaded beside its place, checked, and moved in by one rename, so that an interrupted download never leaves
half a jar. When all jars match, no network is touched.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path

from cbrn_deploy.kafka.errors import FetchError

BROKER = "cbrn_deploy.kafka"
"""The package whose lock file holds the broker's jars."""
DOWNLOADS_AT_ONCE = 8
HTTP_TIMEOUT_S = 30
MIRROR_VARIABLE = "CBRN_MAVEN_MIRROR"
"""Address of a Maven repository to use instead of Maven Central."""
ERROR_CHARACTERS = 200
STAGING_PREFIX = ".cbrn-download-"
LOCK = ".cbrn-download.lock"
SCRAPS_AFTER_S = 3600


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a download is: `text` names the step, `done` of `total` jars are in place, `bytes_done` were fetched."""

    text: str
    done: int
    total: int
    bytes_done: int


ProgressCallback = Callable[[Progress], None]


@dataclass(frozen=True, slots=True)
class Jar:
    """One locked artifact."""

    group: str
    artifact: str
    version: str
    sha256: str

    def __str__(self) -> str:
        return f"{self.group}:{self.artifact}:{self.version}"

    def path(self, repository: Path) -> Path:
        """Name the jar's place in a Maven repository."""
        folder = repository.joinpath(*self.group.split("."), self.artifact, self.version)
        return folder / f"{self.artifact}-{self.version}.jar"


def local_repository() -> Path:
    """Find the local Maven repository: `M2_REPO`, or `~/.m2/repository`."""
    configured = os.environ.get("M2_REPO")
    return Path(configured) if configured else Path.home() / ".m2" / "repository"


@cache
def locked_jars(package: str = BROKER) -> tuple[Jar, ...]:
    """List the jars of a package's lock file, in the order of the class path."""
    from jgo.env import LockFile  # noqa: PLC0415 - costs 0.4 s, and only who starts a broker needs it

    with resources.as_file(resources.files(package) / "jgo.lock.toml") as path:
        lock = LockFile.load(path)
    jars = tuple(Jar(dep.groupId, dep.artifactId, dep.version, dep.sha256 or "") for dep in lock.dependencies)
    assert all(jar.sha256 for jar in jars), "jgo.lock.toml holds a jar without its SHA-256"
    return jars


def fetch(
    progress: ProgressCallback | None = None, repository: Path | None = None, package: str = BROKER
) -> list[Path]:
    """Bring in what is missing or damaged of a package's lock file, and return the class path.

    Raises FetchError, which names each jar that could not be had and what to do.
    """
    repository = repository or local_repository()
    jars = locked_jars(package)
    wrong = unverified(jars, repository)
    if wrong:
        with _alone(wrong, repository):
            wrong = unverified(wrong, repository)  # another process may have brought them in meanwhile
            _bring_in(wrong, repository, _Counter(progress, done=len(jars) - len(wrong), total=len(jars)))
        if still := unverified(jars, repository):
            raise _failure(dict.fromkeys(still, "does not match the lock file"), repository)
    return [jar.path(repository) for jar in jars]


def unverified(jars: tuple[Jar, ...], repository: Path) -> tuple[Jar, ...]:
    """List the jars that are absent, incomplete or altered: their SHA-256 is not the locked one."""
    from jgo.env import LockedDependency, LockFile  # noqa: PLC0415 - see locked_jars

    def complaint(jar: Jar) -> bool:
        locked = LockedDependency(jar.group, jar.artifact, jar.version, sha256=jar.sha256)
        return bool(LockFile([locked]).verify_checksums(repository))

    with ThreadPoolExecutor(DOWNLOADS_AT_ONCE) as pool:
        return tuple(jar for jar, wrong in zip(jars, pool.map(complaint, jars), strict=True) if wrong)


@dataclass(slots=True)
class _Counter:
    """A sum of what the threads report, passed on; a lost update would only make the display a little late."""

    callback: ProgressCallback | None
    done: int
    total: int
    bytes_done: int = 0
    text: str = "Apache Kafka"

    def tell(self) -> None:
        """Tell it to whoever shows it."""
        if self.callback:
            self.callback(Progress(self.text, self.done, self.total, self.bytes_done))

    def jar(self, jar: Jar) -> None:
        self.done += 1
        self.text = f"{jar.artifact} {jar.version}"
        self.tell()

    @contextmanager
    def download(self, _name: str, _size: int) -> Iterator[Callable[[int], None]]:
        def more(count: int) -> None:
            self.bytes_done += count
            self.tell()

        yield more


@contextmanager
def _alone(jars: tuple[Jar, ...], repository: Path) -> Iterator[None]:
    """Wait until no other process brings jars in: three at once ask so often that a registry hangs up on some."""
    import fcntl  # noqa: PLC0415 - not on Windows, where the rest of this package can be loaded

    try:
        repository.mkdir(parents=True, exist_ok=True)
        lock = (repository / LOCK).open("ab")
    except OSError as error:
        raise _failure(dict.fromkeys(jars, str(error)), repository) from error
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _bring_in(jars: tuple[Jar, ...], repository: Path, counter: _Counter) -> None:
    """Bring them in; those that failed once more, as long as each round brings some: a connection may break off."""
    counter.tell()
    while jars:
        try:
            _remove_scraps(repository)
            staging = tempfile.TemporaryDirectory(prefix=STAGING_PREFIX, dir=repository)
        except OSError as error:
            raise _failure(dict.fromkeys(jars, str(error)), repository) from error
        # The staging folder lies in the repository itself, hence on one file system, so that the rename is one step.
        with staging as folder:
            failures = _round(jars, Path(folder), repository, counter)
        if len(failures) == len(jars):
            raise _failure(failures, repository)
        jars = tuple(failures)


def _round(jars: tuple[Jar, ...], staging: Path, repository: Path, counter: _Counter) -> dict[Jar, str]:
    """Try each once; return why some could not be had."""
    failures: dict[Jar, str] = {}
    with ThreadPoolExecutor(DOWNLOADS_AT_ONCE) as pool:
        waiting = {pool.submit(_bring_in_one, jar, staging, repository, counter): jar for jar in jars}
        for future in as_completed(waiting):
            try:
                future.result()
            except Exception as error:  # noqa: BLE001 - jgo raises whatever its HTTP library raises; all are reported together
                failures[waiting[future]] = _in_short(error)
            else:
                counter.jar(waiting[future])
    return failures


def _bring_in_one(jar: Jar, staging: Path, repository: Path, counter: _Counter) -> None:
    _download(jar, staging, counter)
    if unverified((jar,), staging):
        raise ValueError("what was downloaded does not match the SHA-256 of the lock file")
    target = jar.path(repository)
    target.parent.mkdir(parents=True, exist_ok=True)
    jar.path(staging).replace(target)


def _download(jar: Jar, repository: Path, counter: _Counter) -> None:
    from jgo.maven import MavenContext, PythonResolver  # noqa: PLC0415 - see locked_jars

    mirror = os.environ.get(MIRROR_VARIABLE)
    context = MavenContext(
        resolver=PythonResolver(progress_callback=counter.download),
        repo_cache=repository,
        remote_repos={"mirror": mirror.rstrip("/")} if mirror else None,
        timeout=HTTP_TIMEOUT_S,
    )
    context.project(jar.group, jar.artifact).at_version(jar.version).artifact().resolve()


def _in_short(error: Exception) -> str:
    # Of a failed connection the HTTP library tells half a page, the same for every jar; its name is what helps.
    if type(error).__module__ == "requests.exceptions" or not str(error):
        return type(error).__name__
    return str(error).splitlines()[0][:ERROR_CHARACTERS]


def _failure(failures: dict[Jar, str], repository: Path) -> FetchError:
    jar, why = min(failures.items(), key=lambda item: str(item[0]))
    by_reason: dict[str, list[str]] = {}
    for each, reason in failures.items():
        by_reason.setdefault(reason, []).append(str(each))
    return FetchError(
        f"{len(failures)} of Kafka's jars cannot be had, such as {jar}: {why}",
        hint="Run the command again where Maven Central is reached (what has arrived is kept), set "
        f"{MIRROR_VARIABLE} to the address of your mirror, or copy {repository} from a machine that has it.",
        log="\n".join(f"{reason}: {', '.join(sorted(jars))}" for reason, jars in sorted(by_reason.items())),
    )


def _remove_scraps(repository: Path) -> None:
    """Remove staging folders of downloads that were killed."""
    for folder in repository.glob(f"{STAGING_PREFIX}*"):
        if time.time() - folder.stat().st_mtime > SCRAPS_AFTER_S:
            shutil.rmtree(folder, ignore_errors=True)
