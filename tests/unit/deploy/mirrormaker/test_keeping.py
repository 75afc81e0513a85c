"""MirrorMaker is started again where it ends or stands still, and what hangs is ended before each start."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from cbrn_deploy.mirrormaker import Mirror, Side, keeping
from cbrn_deploy.mirrormaker.mending import targets
from cbrn_schemas.topics import Realm

if TYPE_CHECKING:
    import pytest

PART = TopicPartition("cbrn.mirror.kz.offsets", 0)


def said(**more: Any) -> dict[str, str]:
    sides = (Side("x:1", {"security.protocol": "SSL", "ssl.truststore.location": f"/{name}"}) for name in ("us", "kz"))
    return Mirror(Realm.REAL, "kz", *sides, **more).properties()


def test_it_is_known_where_and_as_whom_mirrormaker_writes() -> None:
    there, here = targets(said(outgoing="for.kg"))
    assert str(there.credentials) == "/kz"
    assert there.topics == (
        *(f"cbrn.to.kz.{each}" for each in ("alerts", "documents", "monitoring")),
        "cbrn.mirror.kz.offsets",
    )
    assert here.topics == ("cbrn.from.kz.originals", "cbrn.mirror.kz.offsets")
    assert {each.transactional_id for each in (here, there)} == {"cbrn.mirror.kz.workers-MirrorSourceConnector-0"}
    assert [each.topics[0] for each in targets(said(out=False))] == ["cbrn.from.kz.originals"]


class Maker:
    """What was done with it, in order; its process lives as long as it is said to."""

    def __init__(self, done: list[str], *, lives: bool = True) -> None:
        self.text, self.done, self.lives = "", done, lives

    @property
    def pid(self) -> int | None:
        return 1 if self.lives else None

    def start(self) -> None:
        self.done.append("start")

    def kill(self) -> None:
        self.done.append("kill")

    def stop(self) -> None:
        self.done.append("stop")


async def kept(monkeypatch: pytest.MonkeyPatch, looks: list[Any], *, lives: bool = True, refuses: int = 0) -> list[str]:
    """What is done until the looks are used up."""
    done: list[str] = []
    end, refusals = asyncio.Event(), iter(range(refuses))

    async def mend(_said: object) -> None:
        if next(refusals, None) is not None:
            raise KafkaError
        done.append("mend")

    async def look(_said: object) -> Any:
        if not looks:
            end.set()
            return {}
        found = looks.pop(0)
        if isinstance(found, Exception):
            raise found
        return found

    monkeypatch.setattr(keeping, "mend", mend)
    monkeypatch.setattr(keeping, "standing_still", look)
    monkeypatch.setattr(keeping, "LOOK_EVERY_S", 0.001)
    monkeypatch.setattr(keeping, "PAUSE_S", 0.001)
    keeping_on = asyncio.create_task(keeping.keep(Maker(done, lives=lives), end))  # type: ignore[arg-type] # stands for it
    if not lives:
        while done.count("start") < 2:  # noqa: ASYNC110 - the list is all that the stand-in tells
            await asyncio.sleep(0.001)
        end.set()
    await asyncio.wait_for(keeping_on, 30)
    return done


async def test_it_is_started_again_where_a_transaction_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    done = await kept(monkeypatch, [{PART: 7}] * 3)
    assert done == ["mend", "start", "kill", "mend", "start", "stop"]


async def test_what_goes_on_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """The stable end moves, or a cluster is away for a while."""
    looks = [{PART: 7}, {PART: 7}, {PART: 8}, {}, {PART: 8}, {PART: 8}, KafkaError(), {}]
    assert await kept(monkeypatch, looks) == ["mend", "start", "stop"]


async def test_a_process_that_has_ended_is_started_again(monkeypatch: pytest.MonkeyPatch) -> None:
    done = await kept(monkeypatch, [], lives=False)
    assert done[:5] == ["mend", "start", "kill", "mend", "start"]


async def test_a_cluster_that_is_away_at_first_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    assert await kept(monkeypatch, [], refuses=2) == ["kill", "kill", "mend", "start", "stop"]
