"""`cbrn run feeds` killed around each write: every document is in its feed once, and posted under one id."""

import asyncio
import contextlib
import json
import signal
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.broker.consumers.test_feeds import Partner, read, until, write
from tests.builders.feeds import cap, released

from cbrn_consumers.feeds.store import store_path
from cbrn_schemas.formats.cap import writing

pytestmark = pytest.mark.broker
WORKER = Path(__file__).parent / "feeds_worker.py"
WITHIN_S = 60
STEPS = (1, 2, 3, 4, 5)
"""Before and after documents are taken, and before and after it is noted that one was posted."""


@contextlib.asynccontextmanager
async def worker(settings, folder, address, dies_at):
    """Run one; whatever became of it, it is over at the end."""
    endpoint = {"name": "kz-ops", "feed": "kz", "address": address, "secrets": ["s" * 30], "networks": ["127.0.0.0/8"]}
    asked = {
        "bootstrap_servers": settings.bootstrap_servers,
        "credentials": None if settings.credentials is None else str(settings.credentials),
        "realm": settings.realm,
        "folder": str(folder),
        "endpoint": endpoint,
        "dies_at": dies_at,
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, WORKER, json.dumps(asked), stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE
    )
    ending = asyncio.create_task(process.communicate())
    try:
        yield process, ending
    finally:
        if process.returncode is None:
            process.kill()
        await ending


async def test_killed_around_each_write_no_document_is_lost_or_two(realm_of, tmp_path):
    """A receiver that leaves out ids that it knows has each once."""
    settings = await realm_of("kz")
    at = datetime.now(UTC)
    contents = [writing.write(cap(number, expires=at + timedelta(days=2), sent=at)) for number in range(len(STEPS) + 1)]
    async with Partner() as partner:
        for step, content in zip(STEPS, contents, strict=False):
            await write(settings, "kz", released(content))
            async with worker(settings, tmp_path, partner.address, step) as (process, ending):
                _, said = await asyncio.wait_for(asyncio.shield(ending), WITHIN_S)
                assert process.returncode == -signal.SIGKILL, said.decode()[-2000:]
        await write(settings, "kz", released(contents[-1]))
        async with worker(settings, tmp_path, partner.address, 0):
            await until(lambda: len(partner.got) == len(contents))
            await until(lambda: read(tmp_path / "www" / "kz" / "feed.atom").count("<entry>") == len(contents))
    assert {body for bodies in partner.got.values() for body in bodies} == set(contents)
    assert all(len(set(bodies)) == 1 for bodies in partner.got.values()), "one id, one document"
    assert sum(map(len, partner.got.values())) <= len(contents) + len(STEPS), "again at most once a kill"
    assert len(list((tmp_path / "www" / "kz" / "documents").glob("*.xml"))) == len(contents)
    assert store_path(settings.model_copy(update={"data_dir": tmp_path}), None).exists()
