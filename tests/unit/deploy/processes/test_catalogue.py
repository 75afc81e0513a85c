"""A changed catalogue is taken once it can be: whole, without a fault, and with its topics there."""

import asyncio
import os
import subprocess
import sys

import pytest
from structlog.testing import capture_logs
from tests.builders import catalogue as folders

from cbrn_deploy.processes import catalogue, up
from cbrn_deploy.processes.beginning_anew import StartAgain, begins_anew
from cbrn_deploy.processes.living import live
from cbrn_schemas.catalogue.own import WITHOUT_TOPICS, last_good_file, own
from cbrn_schemas.settings import Settings

ANOTHER = folders.BODY | {"code": "gas-lab", "ky": "Газ сынагы", "ru": "Газлаборатория", "en": "Gas Laboratory"}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    made = folders.write(tmp_path / "own")
    with folders.in_use(made, monkeypatch):
        yield made


@pytest.fixture
def topics(monkeypatch):
    """The topics that exist; all of them unless a test takes some away."""
    missing = set()

    async def there(_settings, wanted):
        return {topic: [] for topic in wanted if topic not in missing}

    monkeypatch.setattr(catalogue, "there", there)
    return missing


def names(code, publishes, receives):
    return [f"from.{code}"] * publishes + [f"to.{code}"] * receives


@pytest.fixture
async def following(folder, topics):
    """A follower at work, and its news."""
    del folder, topics
    follower = catalogue.Follower(Settings(), names, every_s=0.001)
    waiting = asyncio.create_task(follower.news())
    yield waiting
    waiting.cancel()


async def looked(follower_task, times=20):
    for _ in range(times):
        await asyncio.wait({follower_task}, timeout=0.005)


def add(folder, *rows):
    folders.write(folder, {"bodies.csv": [folders.BODY, *rows]})


async def test_an_added_body_is_news(folder, following):
    await looked(following)
    assert not following.done()
    add(folder, ANOTHER)
    assert (await asyncio.wait_for(following, 5)).codes == {"gas-service", "gas-lab"}


async def test_a_fault_is_told_once_and_changes_nothing(folder, following):
    """A log that repeats itself hides what is new in it."""
    with capture_logs() as said:
        add(folder, ANOTHER | {"parent": "nobody"})
        await looked(following, 60)
    assert not following.done()
    (told,) = [each for each in said if each["log_level"] == "error"]
    assert told["fault"].startswith("bodies.csv, line 3, parent: nothing is called 'nobody'")
    assert told["hint"]
    add(folder, ANOTHER)
    await asyncio.wait_for(following, 5)


async def test_a_body_that_is_taken_out_is_a_fault(folder, following):
    """A rule book in force may name it: the next start would refuse the book."""
    with capture_logs() as said:
        folders.write(folder, {"bodies.csv": [ANOTHER], "facilities.csv": [], "contacts.csv": []})
        (folder / "facilities.csv").unlink()
        (folder / "contacts.csv").unlink()
        await looked(following, 60)
    assert not following.done()
    assert "gas-service in use, and taken out" in next(each["fault"] for each in said if "fault" in each)


async def test_topics_of_new_bodies_are_waited_for(folder, following, topics):
    """One body that was not finished must not keep all others from being routed."""
    topics.add("to.gas-lab")
    with capture_logs() as said:
        add(folder, ANOTHER)
        await looked(following, 60)
    assert not following.done()
    assert [each["bodies"] for each in said] == [["gas-lab"]]
    topics.clear()
    await asyncio.wait_for(following, 5)


async def test_at_a_start_bodies_without_topics_are_left_out(folder, topics, monkeypatch):
    topics.add("from.gas-service")
    with pytest.raises(StartAgain) as again:
        await catalogue.begin(Settings(), names)
    assert again.value.without == ["gas-service"]
    monkeypatch.setenv(WITHOUT_TOPICS, "gas-service")
    with folders.in_use(folder, monkeypatch):
        await catalogue.begin(Settings(), names)
        waiting = asyncio.create_task(catalogue.Follower(Settings(), names, every_s=0.001).news())
        with capture_logs() as said:
            await looked(waiting)
        assert not waiting.done()
        assert not said, "it was said at the start"
        topics.clear()
        await asyncio.wait_for(waiting, 5)


async def test_a_broker_that_is_away_leaves_nobody_out(folder, monkeypatch):
    del folder

    async def away(*_):
        raise TimeoutError

    monkeypatch.setattr(catalogue, "there", away)
    await catalogue.begin(Settings(), names)


class Work:
    """Runs until it is stopped."""

    def __init__(self):
        self.ready = asyncio.Event()
        self.ready.set()
        self._asked = asyncio.Event()

    async def run(self):
        await self._asked.wait()

    def stop(self):
        self._asked.set()


async def test_work_ends_in_order_and_begins_anew_when_the_catalogue_changes(folder, topics):
    del topics
    follower = catalogue.Follower(Settings(), names, every_s=0.001)
    living = asyncio.create_task(live(Work(), "work", dict, catalogue=follower))
    await looked(living)
    assert last_good_file().exists()
    add(folder, ANOTHER)
    with pytest.raises(StartAgain):
        await asyncio.wait_for(living, 5)


async def test_what_is_told_to_end_does_not_begin_anew(folder, topics):
    """Whoever stops a process just when the catalogue changes wants it stopped."""
    del topics
    work = Work()
    follower = catalogue.Follower(Settings(), names, every_s=0.001)
    work.stop = lambda: asyncio.get_running_loop().call_later(0.05, work._asked.set)
    living = asyncio.create_task(live(work, "work", dict, catalogue=follower))
    await looked(living, 2)
    add(folder, ANOTHER)
    os.kill(os.getpid(), 15)
    await asyncio.wait_for(living, 5)


async def test_without_a_folder_nothing_is_looked_at():
    waiting = asyncio.create_task(catalogue.Follower(Settings(), every_s=0.001).news())
    await looked(waiting)
    assert not waiting.done()
    waiting.cancel()


def test_a_process_runs_itself_again_with_the_same_number_and_arguments(tmp_path):
    """Its parent, and systemd, see no end; the second life knows what it leaves out."""
    script = tmp_path / "again.py"
    script.write_text(
        "import os, sys\n"
        "from cbrn_deploy.processes.beginning_anew import StartAgain, begins_anew\n"
        "@begins_anew\n"
        "def command():\n"
        f"    print(os.getpid(), sys.argv[1:], os.environ.get('{WITHOUT_TOPICS}'))\n"
        f"    if '{WITHOUT_TOPICS}' not in os.environ:\n"
        "        raise StartAgain(['b', 'a'])\n"
        "command()\n"
    )
    done = subprocess.run([sys.executable, str(script), "x y"], capture_output=True, text=True, check=True)
    first, second = done.stdout.splitlines()
    assert first == second.replace("a,b", "None")
    assert begins_anew.__doc__


async def test_the_catalogue_in_use_is_kept_for_its_owner_alone(folder):
    catalogue.keep_last_good()
    kept = last_good_file()
    before = kept.stat()
    assert before.st_mode & 0o777 == 0o600
    catalogue.keep_last_good()
    assert kept.stat().st_ino == before.st_ino, "it was written again for nothing"
    (folder / "bodies.csv").write_text("code\nX\n")
    with pytest.MonkeyPatch.context() as patch, folders.in_use(folder, patch):
        assert own().source == "last good"
        with capture_logs() as said:
            catalogue.tell_what_is_in_use()
        assert [each["log_level"] for each in said] == ["error", "warning"]


async def test_up_makes_the_topics_of_a_changed_catalogue_and_tries_again(folder, monkeypatch):
    """Its processes wait for them."""
    tried, stopping = [], asyncio.Event()

    async def applied(_):
        tried.append(1)
        if len(tried) > 1:
            stopping.set()
            return None
        return "the broker is away"

    monkeypatch.setattr(up, "applied", applied)
    monkeypatch.setattr(up, "RESTART_PAUSES_S", (0.001,))
    keeping = asyncio.create_task(
        up.keep_catalogue(catalogue.Follower(Settings(), every_s=0.001), Settings(), stopping)
    )
    await looked(keeping)
    assert not tried
    add(folder, ANOTHER)
    await asyncio.wait_for(keeping, 5)
    assert len(tried) == 2
