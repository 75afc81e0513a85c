"""What the watch does beside its shards goes on, whatever fails once."""

import asyncio
from types import SimpleNamespace

import pytest

from cbrn_consumers.watch import Watch, member, pulse
from cbrn_consumers.watch.manned import Manned
from cbrn_consumers.watch.policy import Policies
from cbrn_consumers.watch.pulse import Pulse
from cbrn_schemas.settings import Settings


class Failing:
    """Fails at each call, and counts them."""

    def __init__(self):
        self.calls = 0

    def __call__(self, *_):
        self.calls += 1
        raise AttributeError("a fault")


async def until_twice(failing, work):
    running = asyncio.create_task(work)
    async with asyncio.timeout(5):
        while failing.calls < 2:  # noqa: ASYNC110 - the calls are what is tested
            await asyncio.sleep(0.01)
    assert not running.done()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


async def test_a_fault_does_not_end_the_look_at_what_is_silent(monkeypatch):
    made, failing = Pulse(Settings(), ()), Failing()
    monkeypatch.setattr(made, "look", failing)
    await until_twice(failing, made.run(every_s=0))


async def test_a_fault_does_not_end_the_look_at_the_policies(monkeypatch):
    failing = Failing()
    monkeypatch.setattr(member, "LOOK_EVERY_S", 0)
    watch = Watch(SimpleNamespace(settings=Settings(), clock=pulse.utc_now), bodies=["mes"])
    monkeypatch.setattr(Policies, "load", failing)
    await until_twice(failing, watch._follow())


async def test_a_rota_that_cannot_be_had_keeps_no_other_from_being_watched(monkeypatch, tmp_path):
    for body in ("mes", "moh"):
        (tmp_path / f"{body}.ics").touch()
    made, looked = Manned(Settings(rota_dir=tmp_path), ["mes", "moh"]), []

    async def alarms(body, _now):
        looked.append(body)
        raise AttributeError("a fault")

    monkeypatch.setattr(made, "_alarms", alarms)
    assert await made.look(pulse.utc_now()) == []
    assert looked == ["mes", "moh"]
