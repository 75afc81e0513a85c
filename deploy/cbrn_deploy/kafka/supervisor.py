"""The process that owns the brokers' JVMs, so that none outlives the program that wanted it.

Run by path with `python -I` (standard library only, so that it starts at once). It reads one JSON plan from its
standard input and then watches that pipe: when it closes, whoever started it is gone, even by SIGKILL, and the brokers
are stopped. Should the supervisor itself be killed, Linux kills the JVMs (parent-death signal; it is bound to a thread,
and this process has only one). It holds the lock of the data folder for as long as it lives, so that a crash leaves no
stale lock.

It says what happens as JSON lines on its standard output, `{"event": ...}`: `locked` (the data folder, by another),
`ready`, `failed`, `died`, `restarted`, `done`, `stopped`; and takes orders as JSON lines,
`{"do": "kill"|"stop"|"start"|"pause"|"resume", "node": 1}`. Where the plan says `keep`, a broker that ends without an
order is started again, with pauses; when none of them comes up any more, that is `failed`. What a supervisor says that
nobody listens to stands in `supervisor.log`.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, BinaryIO

PR_SET_PDEATHSIG = 1
LOOK_EVERY_S = 0.25
READY_LOOK_EVERY_S = 0.03
LOG_TAIL_LINES = 25
LOCK, RECORD, FORMATTED, JOURNAL = "lock", "run.json", "formatted", "supervisor.log"
JOURNAL_BYTES_MAX = 256 * 1024
"""Some thousand restarts; then it begins anew."""
RESTART_PAUSES_S = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
"""Before a broker that ended is started again; the last repeats."""
STEADY_S = 60.0
"""A broker that ran as long as this begins the list of pauses again."""
FAILED_STARTS_MAX = 5
"""In a row: 20 to 30 s with the pauses, and whatever the starts take. A person, or systemd, then knows better."""
STOP_STARTING_WITHIN_S = 3.0
"""For a broker that has served nobody yet; an orderly stop waits for the end of its start, 11 to 19 s."""
DISK_FULL_BYTES = 16 * 1024**2
"""With less than this left Kafka cannot even begin the files of a few partitions."""
PRIVATE = 0o700
"""Alerts of every marking lie in the folder, TLP:RED too."""


class Ended(Exception):  # noqa: N818 - not an error: whoever wanted the brokers is gone or asked for the end
    """The brokers are no longer wanted."""


class Locked(Exception):  # noqa: N818 - an answer to whoever started us
    """Another supervisor holds the data folder."""


class Failed(Exception):  # noqa: N818 - its text is the answer to whoever started us
    """The brokers cannot be started."""


def log_tail(paths: list[Path]) -> str:
    """Read the last lines of each of these files that exists."""
    parts = []
    for path in paths:
        if path.exists():
            lines = path.read_text(encoding="utf-8", errors="replace").splitlines()[-LOG_TAIL_LINES:]
            parts += [f"--- {path}", *lines] if lines else []
    return "\n".join(parts)


def full_disk(folder: Path) -> str:
    """Say in a sentence that the disk of a folder is full; nothing where it is not."""
    with contextlib.suppress(OSError):
        free = shutil.disk_usage(folder).free
        if free < DISK_FULL_BYTES:
            return f"; the disk of {folder} is full ({free // 1024} KiB left): make room on it"
    return ""


def _die_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Supervisor:
    """The process that starts, watches and stops the JVMs of one data folder."""

    def __init__(self, plan: dict[str, Any]) -> None:
        self.plan = plan
        self.folder = Path(plan["folder"])
        self.nodes: dict[int, dict[str, Any]] = {node["number"]: node for node in plan["nodes"]}
        self.processes: dict[int, subprocess.Popen[bytes]] = {}
        self.parent: int | None = plan["parent"]
        self.asked_to_end = False
        self.pending = b""
        self.lock: BinaryIO | None = None
        self.was_ready = False
        self.cares = [Care(self, number) for number in self.nodes] if plan["keep"] else []

    def run(self) -> int:
        """Do all of it; return the exit status."""
        for ending in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(ending, self._on_signal)
        status = 0
        try:
            self._take_lock()
            self._format()
            for number in self.nodes:
                self.launch(number)
            self._await_ready(list(self.nodes))
            self.write_record()
            self.was_ready = True
            self.say("ready", supervisor=os.getpid(), pids={n: p.pid for n, p in self.processes.items()})
            if self.plan["detached"]:
                self._let_go_of_parent()
            self._watch()
        except Ended:
            pass
        except Locked:
            status = 1
            self.say("locked")
        except (Failed, OSError) as failure:  # the latter where our own files cannot be written
            status = 1
            logs = [Path(node[name]) for node in self.nodes.values() for name in ("output", "log")]
            self.say("failed", message=f"{failure}{full_disk(self.folder)}", log=log_tail(logs))
        finally:
            self._stop_all()
            self._clean_up(well=status == 0)
            self.say("stopped")
        return status

    def say(self, event: str, **facts: object) -> None:
        """Write one JSON line to whoever started us; nobody may be listening any more, so it is also kept."""
        line = json.dumps({"event": event, **facts}).encode() + b"\n"
        with contextlib.suppress(OSError, ValueError):
            os.write(1, line)
        if self.lock is not None and not self.plan["temporary"]:
            with contextlib.suppress(OSError), (self.folder / JOURNAL).open("ab") as journal:
                if journal.tell() > JOURNAL_BYTES_MAX:
                    journal.truncate(0)
                journal.write(time.strftime("%Y-%m-%dT%H:%M:%SZ ", time.gmtime()).encode() + line)

    def _on_signal(self, _number: int, _frame: object) -> None:
        self.asked_to_end = True

    # -- the data folder

    def _take_lock(self) -> None:
        self.folder.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
        lock = (self.folder / LOCK).open("ab")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            lock.close()
            raise Locked from error
        self.lock = lock

    def write_record(self) -> None:
        """Leave in the folder which processes work on it."""
        record = {
            **self.plan["record"],
            "supervisor": {"pid": os.getpid(), "started": self._started(os.getpid())},
            "brokers": [
                {"node": n, "ports": self.nodes[n]["ports"], "pid": p.pid, "started": self._started(p.pid)}
                for n, p in self.processes.items()
            ],
        }
        new = self.folder / f"{RECORD}.new"
        new.write_text(json.dumps(record, indent=1), encoding="utf-8")
        new.replace(self.folder / RECORD)

    @staticmethod
    def _started(pid: int) -> float:
        import psutil  # noqa: PLC0415 - loaded while the JVMs start anyway

        return psutil.Process(pid).create_time()

    def _clean_up(self, *, well: bool) -> None:
        if self.lock is None:
            return
        if well or not self.was_ready:  # else it tells `cbrn kafka status` that this run did not end as it should
            (self.folder / RECORD).unlink(missing_ok=True)
        if self.plan["temporary"]:
            shutil.rmtree(self.folder, ignore_errors=True)
        self.lock.close()

    # -- the JVMs

    def _format(self) -> None:
        fresh = [n for n in self.nodes.values() if not (Path(n["folder"]) / FORMATTED).exists()]
        running = [(node, self._spawn(node, node["format"])) for node in fresh]
        for node, process in running:
            while process.poll() is None:
                self._listen(READY_LOOK_EVERY_S)
            if process.returncode:
                raise Failed(
                    f"formatting the storage of broker {node['number']} failed (exit status {process.returncode})"
                )
            (Path(node["folder"]) / FORMATTED).touch()

    def _spawn(self, node: dict[str, Any], command: list[str]) -> subprocess.Popen[bytes]:
        with Path(node["output"]).open("ab") as output:
            process = subprocess.Popen(  # noqa: S603 - our own java with our own arguments
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C in the terminal is for the program, which then stops us in order
                preexec_fn=_die_with_parent,  # noqa: PLW1509 - safe: this process has one thread
            )
        self.processes[node["number"]] = process
        return process

    def launch(self, number: int) -> None:
        """Start a broker's JVM."""
        self._spawn(self.nodes[number], self.nodes[number]["serve"])

    def _await_ready(self, numbers: list[int]) -> None:
        deadline = time.monotonic() + self.plan["start_timeout_s"]
        waiting = set(numbers)
        while waiting:
            self._listen(READY_LOOK_EVERY_S)
            for number in sorted(waiting):
                code = self.processes[number].poll()
                if code is not None:
                    raise Failed(f"broker {number} ended while starting (exit status {code})")
                if self.answers(number):
                    waiting.discard(number)
            if time.monotonic() > deadline:
                raise Failed(f"broker {min(waiting)} did not answer within {self.plan['start_timeout_s']:.0f} s")

    def answers(self, number: int) -> bool:
        """Tell whether a broker accepts connections at each of its ports: it opens one after the other."""
        try:
            for port in self.nodes[number]["ports"]:
                socket.create_connection(("127.0.0.1", port), 0.2).close()
        except OSError:
            return False
        return True

    def _end(self, processes: list[subprocess.Popen[bytes]]) -> None:
        for process in processes:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGCONT)
                process.terminate()
        within_s = self.plan["stop_timeout_s"]
        deadline = time.monotonic() + (within_s if self.was_ready else min(within_s, STOP_STARTING_WITHIN_S))
        for process in processes:
            try:
                process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _stop_all(self) -> None:
        running = [process for process in self.processes.values() if process.poll() is None]
        if self.plan["temporary"]:  # nobody will read what an orderly stop would flush
            for process in running:
                process.kill()
        self._end(running)

    # -- whoever started us

    def _let_go_of_parent(self) -> None:
        self.parent = None
        null = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(null, descriptor)

    def _listen(self, wait_s: float) -> None:
        """Wait for orders at most `wait_s`; raises Ended when the brokers are no longer wanted."""
        if self.asked_to_end:
            raise Ended
        if self.parent is None:
            time.sleep(wait_s)
            return
        if select.select([0], [], [], wait_s)[0]:
            received = os.read(0, 65536)
            if not received:
                raise Ended
            *lines, self.pending = (self.pending + received).split(b"\n")
            for line in lines:
                self._obey(json.loads(line))
        # A forked child of the parent may hold the pipe open; the parent's own death shows in ours.
        if os.getppid() != self.parent:
            raise Ended

    def _obey(self, order: dict[str, Any]) -> None:
        number, act = order["node"], order["do"]
        process = self.processes[number]
        try:
            if act == "kill":
                process.kill()
                process.wait()
            elif act == "stop":
                self._end([process])
            elif act == "start":
                self._end([process])
                self.launch(number)
                self._await_ready([number])
            else:
                process.send_signal({"pause": signal.SIGSTOP, "resume": signal.SIGCONT}[act])
        except Failed as failure:
            self.say("done", order=order["order"], ok=False, message=str(failure))
        else:
            self.say("done", order=order["order"], ok=True, pid=self.processes[number].pid)

    def _watch(self) -> None:
        told: set[int] = set()
        while True:
            self._listen(LOOK_EVERY_S)
            if self.cares:
                for care in self.cares:
                    care.look()
                if all(care.failures >= FAILED_STARTS_MAX for care in self.cares):
                    raise Failed(f"it was started {FAILED_STARTS_MAX} times and {self.cares[0].failure}")
                continue
            for number, process in self.processes.items():
                if process.poll() is not None and process.pid not in told:
                    told.add(process.pid)
                    how = f"ended (exit status {process.returncode}){full_disk(self.folder)}"
                    self.say("died", node=number, how=how)


class Care:
    """The care for one broker: starts it whenever it ends. It never waits, so that orders and the end are heard."""

    def __init__(self, supervisor: Supervisor, number: int) -> None:
        self.failures = 0
        """Starts in a row after which it did not answer."""
        self.failure = ""
        self._supervisor, self._number = supervisor, number
        self._attempt = 0
        self._answered = time.monotonic()
        self._due: float | None = None
        """When it is to be started, where it has ended."""
        self._deadline: float | None = None
        """By when it must answer, where it was started."""

    def look(self) -> None:
        """Do what is next, if anything is."""
        now = time.monotonic()
        if self._due is not None:
            if now >= self._due:
                self._due, self._deadline = None, now + self._supervisor.plan["start_timeout_s"]
                try:
                    self._supervisor.launch(self._number)
                except OSError as error:  # no memory, no file left
                    self._ended(now, f"could not be started ({error})")
            return
        process = self._supervisor.processes[self._number]
        if process.poll() is not None:
            self._ended(now, f"ended (exit status {process.returncode})")
        elif self._deadline is not None and self._supervisor.answers(self._number):
            self.failures, self._answered, self._deadline = 0, now, None
            with contextlib.suppress(OSError):  # the disk may be full again; the next start then finds an old record
                self._supervisor.write_record()
            self._supervisor.say("restarted", node=self._number, pid=process.pid)
        elif self._deadline is not None and now > self._deadline:
            process.kill()
            process.wait()
            self._ended(now, "did not answer in time")

    def _ended(self, now: float, how: str) -> None:
        self.failure = how
        if self._deadline is not None:
            self.failures += 1
        elif now - self._answered >= STEADY_S:
            self._attempt = 0
        pauses_s = self._supervisor.plan["restart_pauses_s"]
        pause_s = pauses_s[min(self._attempt, len(pauses_s) - 1)]
        self._attempt += 1
        self._due, self._deadline = now + pause_s, None
        how += full_disk(self._supervisor.folder)
        self._supervisor.say("died", node=self._number, how=how, pause_s=pause_s)


if __name__ == "__main__":
    # Unbuffered: what follows the first line stays in the pipe, where select() sees it.
    with open(0, "rb", buffering=0, closefd=False) as orders:
        first = orders.readline()
    sys.exit(Supervisor(json.loads(first)).run())
