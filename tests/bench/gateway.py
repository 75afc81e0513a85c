"""`python -m tests.bench.gateway`: events a second through a gateway, acknowledged by a broker, and its memory."""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
from pathlib import Path

import httpx
import psutil

from cbrn_deploy.kafka import EmbeddedKafka
from cbrn_deploy.kafka.ports import free_ports
from cbrn_deploy.processes.children import ChildProcess
from cbrn_deploy.provisioning import TopicSpec, connected
from cbrn_schemas.topics import Lane, Realm, from_topic
from cbrn_schemas.users import User

EXAMPLE = json.loads((Path(__file__).parents[2] / "schemas" / "examples" / "gamma-dose-rate.json").read_bytes())
JSON = {"content-type": "application/json"}


def reading(number: int) -> bytes:
    """One reading of a station of its own."""
    return json.dumps(EXAMPLE | {"station": f"bench-{number}"}).encode()


async def timed(client: httpx.AsyncClient, bodies: list[bytes], at_once: int) -> float:
    """Seconds until all are answered with success, by so many callers."""
    left = iter(bodies)

    async def caller() -> None:
        for body in left:
            (await client.post("/events", content=body, headers=JSON)).raise_for_status()

    began = time.perf_counter()
    await asyncio.gather(*(caller() for _ in range(at_once)))
    return time.perf_counter() - began


async def main() -> None:
    """Measure three ways to send, then 200 clients that never finish their request."""
    body, (port,) = EXAMPLE["body"], free_ports(1)
    with EmbeddedKafka() as kafka, tempfile.TemporaryDirectory() as folder:
        settings = kafka.settings()
        async with connected(settings) as cluster:
            await cluster.create([TopicSpec(from_topic(Realm.REAL, body, lane), 4, 1) for lane in Lane])
        role = ["gateway", "--as", body, "--listen", f"127.0.0.1:{port}"]
        child = ChildProcess(
            settings, Path(folder) / "log", name="gateway", role=role, user=User(settings.realm, "mes", "gateway")
        )
        await child.start()
        own = next(one for one in psutil.Process().children(recursive=True) if "gateway" in one.cmdline())
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
            single = [reading(number) for number in range(2_000)]
            await timed(client, single[:200], 4)
            for at_once in (1, 16):
                print(
                    f"one by one, {at_once} callers: {len(single) / await timed(client, single, at_once):,.0f} a second"
                )
            batches = [b"[" + b",".join(single[:1000]) + b"]"] * 20
            print(f"batches of 1,000: {1000 * len(batches) / await timed(client, batches, 1):,.0f} a second")
            before = own.memory_info().rss
            head = b"POST /events HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            slow = [await asyncio.open_connection("127.0.0.1", port) for _ in range(200)]
            for _, writer in slow:
                writer.write(head + b"Content-Length: 81000\r\n\r\n{" + b" " * 79_000)
                await writer.drain()
            print(
                f"200 slow clients: {(own.memory_info().rss - before) / 2**20:.0f} MiB more than {before / 2**20:.0f}"
            )
            seconds = await timed(client, single, 1)
            print(f"beside them, one by one: {len(single) / seconds:,.0f} a second")
            for _, writer in slow:
                writer.close()
        await child.stop()


if __name__ == "__main__":
    asyncio.run(main())
