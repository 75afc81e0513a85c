"""Routine monitoring beside a scenario: stations of several bodies, each with its own pace."""

from __future__ import annotations

import asyncio
import copy
import json
import random
from datetime import UTC, datetime
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from cbrn_producers.simulator.scenario import Data, ExpectedRecipients, load_yaml
from cbrn_producers.simulator.script import Alerted
from cbrn_schemas.events.base import Code  # noqa: TC001 - pydantic reads the annotations
from cbrn_schemas.records import rfc3339
from cbrn_schemas.topics import Lane

if TYPE_CHECKING:
    from collections.abc import Callable

    from cbrn_producers.simulator.stage import Stage


class Vary(Data):
    """The number in an event that moves from reading to reading."""

    path: str
    """Dotted: `reading.value`, `measurements.0.value`."""
    by: Annotated[float, Field(ge=0)]
    """Greatest deviation from the value written."""


class Station(Data):
    """A measuring post."""

    body: Code
    every_s: Annotated[float, Field(gt=0, le=3600)]
    vary: Vary
    told: ExpectedRecipients
    event: dict[str, Any]

    @property
    def name(self) -> str:
        """Name of the station."""
        return str(self.event["station"])

    def reading(self, now: datetime, deviation: float) -> bytes:
        """Make a reading taken now; `deviation` from -1 to 1."""
        event = copy.deepcopy(self.event)
        *path, last = self.vary.path.split(".")
        holder: Any = event
        for part in path:
            holder = holder[int(part)] if isinstance(holder, list) else holder[part]
        holder[last] = round(holder[last] + deviation * self.vary.by, 3)
        at = rfc3339(now)
        content = {"kind": event.pop("kind"), "body": self.body, "observed": at, "reported": at, "urgency": "Past"}
        return json.dumps(content | event, ensure_ascii=False).encode()


@cache
def stations() -> tuple[Station, ...]:
    """Read the stations of the package."""
    text = (resources.files("cbrn_producers.simulator") / "routine.yaml").read_text(encoding="utf-8")
    return tuple(Station.model_validate(each) for each in load_yaml(text)["stations"])


async def measure(stage: Stage, tag: str, published: Callable[[Station, dict[Alerted, str]], None]) -> None:
    """Let every station measure until cancelled.

    `published` is told of each acknowledged reading and whom it must reach.


    A reading whose answer is waited for when this is cancelled is finished first: nothing is sent that nobody counts.

    Raises:
        BusError: a station could not publish.
    """
    stopping = asyncio.Event()
    chance = random.Random(tag)  # noqa: S311 - noise on a simulated reading
    tasks = {
        asyncio.create_task(_measure_one(station, stage, tag, published, chance=chance, stopping=stopping))
        for station in stations()
    }
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
    finally:
        stopping.set()
        await asyncio.wait(tasks)
    for task in tasks:
        task.result()


async def _measure_one(
    station: Station,
    stage: Stage,
    tag: str,
    published: Callable[[Station, dict[Alerted, str]], None],
    *,
    chance: random.Random,
    stopping: asyncio.Event,
) -> None:
    number = 0
    pause = chance.uniform(0, station.every_s)
    while True:
        try:
            async with asyncio.timeout(pause):
                await stopping.wait()
                return
        except TimeoutError:
            pause = station.every_s
        number += 1
        identifier = f"{station.name}:{tag}:{number}"
        await stage.publish(station.body, None, station.reading(datetime.now(UTC), chance.uniform(-1, 1)), identifier)
        alerts = {
            Alerted(body, Lane.MONITORING.delivery, f"/{station.body}", identifier): role
            for body, role in station.told.roles().items()
        }
        published(station, alerts)
