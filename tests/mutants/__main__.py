"""`python -m tests.mutants`: break the product in known places, and fail if the tests do not notice.

Each entry of `mutants.toml` is a fault that would hurt somebody: a text of the product, what stands there instead, and
the tests that must fail then. The working tree is never touched: the faults go into copies of it. Arguments choose
entries by words of their `breaks`.
"""

from __future__ import annotations

import os
import queue
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from concurrent.futures import ThreadPoolExecutor
from importlib.util import cache_from_source
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

ROOT = Path(__file__).parents[2]
MUTANTS = Path(__file__).with_name("mutants.toml")
ROOMS = ("schemas", "routing", "producers", "consumers", "deploy")
COPIED = (*ROOMS, "tests", "docs", "pyproject.toml", "README.md")
DEADLINE_S = 180
"""Of one mutant's tests: three to ten seconds on a machine that does nothing else."""
ALL_DEADLINE_S = 900
"""Of all of the tests named, once: a minute there."""
PASSED, FAILED = 0, 1
"""Exit statuses of pytest. Any other means that nothing was tested, so that nothing was noticed either."""


class Mutant(NamedTuple):
    """One fault."""

    breaks: str
    """What would go wrong, as somebody outside would see it."""
    old: str
    new: str
    tests: list[str]
    """Arguments of pytest."""


class Copy:
    """A copy of the tree, for one fault at a time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        for name in COPIED:
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__", ".hypothesis"))
            else:
                shutil.copy(source, folder / name)

    def noticed(self, mutant: Mutant) -> str | None:
        """Return what is wrong with a mutant: None if its tests notice it, and the tree is as before."""
        places = [path for path, text in self._sources() if mutant.old in text]
        found = sum(path.read_text(encoding="utf-8").count(mutant.old) for path in places)
        if found != 1:
            return f"its old text stands {found} times in the product, not once: {mutant.old.strip()!r}"
        (path,) = places
        before = path.read_text(encoding="utf-8")
        _write(path, before.replace(mutant.old, mutant.new))
        try:
            status, said = self.run(mutant.tests)
        finally:
            _write(path, before)
        if status == PASSED:
            return f"SURVIVED in {path.relative_to(self._folder)}: {' '.join(mutant.tests)} passed"
        return None if status == FAILED else f"pytest ended with {status}:\n{said[-3000:]}"

    def sound(self, mutants: list[Mutant]) -> str | None:
        """Return what is wrong with the tests themselves: None if they pass where there is no fault."""
        status, said = self.run(sorted({test for mutant in mutants for test in mutant.tests}), ALL_DEADLINE_S)
        return None if status == PASSED else f"the tests fail without any fault ({status}):\n{said[-5000:]}"

    def run(self, tests: Iterable[str], within_s: float = DEADLINE_S) -> tuple[int | str, str]:
        """Run tests against this copy; pytest's exit status and what it said."""
        # One seed, so that what is found today is found tomorrow; and no search for the smallest example.
        options = ["-q", "-x", "--hypothesis-seed=0", "--hypothesis-profile=mutants", "-p", "no:cacheprovider"]
        paths = [str(self._folder / room) for room in ROOMS]
        try:
            ended = subprocess.run(
                [sys.executable, "-m", "pytest", "-n0", *options, *tests],
                cwd=self._folder,
                env=os.environ | {"PYTHONPATH": os.pathsep.join(paths)},
                capture_output=True,
                text=True,
                timeout=within_s,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return f"a time-out after {within_s} s", ""
        return ended.returncode, ended.stdout + ended.stderr

    def _sources(self) -> Iterable[tuple[Path, str]]:
        for room in ROOMS:
            for path in sorted((self._folder / room).rglob("*.py")):
                yield path, path.read_text(encoding="utf-8")


def _write(path: Path, text: str) -> None:
    """Write a module, and drop what was compiled of it: two versions may differ in nothing that Python looks at."""
    path.write_text(text, encoding="utf-8")
    Path(cache_from_source(str(path))).unlink(missing_ok=True)


def chosen(words: list[str]) -> list[Mutant]:
    """Return the mutants whose line has all words; all of them without any."""
    rows = tomllib.loads(MUTANTS.read_text(encoding="utf-8"))["mutant"]
    return [mutant for mutant in (Mutant(**row) for row in rows) if all(word in mutant.breaks for word in words)]


def main() -> int:
    """Try every mutant; print those that live."""
    started = time.monotonic()
    mutants = chosen(sys.argv[1:])
    if not mutants:
        print("no mutant has these words")
        return 1
    workers = min(os.cpu_count() or 1, len(mutants))
    with tempfile.TemporaryDirectory(prefix="cbrn-mutants-") as scratch, ThreadPoolExecutor(workers) as pool:
        copies: queue.SimpleQueue[Copy] = queue.SimpleQueue()
        for number in range(workers):
            copies.put(Copy(Path(scratch) / str(number)))

        def attempt(mutant: Mutant | None) -> str | None:
            copy = copies.get()
            try:
                return copy.sound(mutants) if mutant is None else copy.noticed(mutant)
            finally:
                copies.put(copy)

        found = pool.map(attempt, [None, *mutants])
        unsound = next(found)
        if unsound is not None:
            pool.shutdown(cancel_futures=True)
            print(unsound)
            return 1
        bad = 0
        for mutant, wrong in zip(mutants, found, strict=True):
            print(f"{'noticed' if wrong is None else 'BAD    '}  {mutant.breaks}", flush=True)
            if wrong is not None:
                bad += 1
                print(f"         {wrong}", flush=True)
    print(f"{len(mutants) - bad} of {len(mutants)} mutants noticed in {time.monotonic() - started:.0f} s")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
