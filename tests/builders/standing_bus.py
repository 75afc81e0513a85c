"""A realm in which a router's hand tells bodies, and bodies answer by the command line."""

import asyncio
import json
from datetime import UTC, datetime, timedelta

from tests.builders.golden import event
from typer.testing import CliRunner

from cbrn_deploy.cli.main import app
from cbrn_schemas.envelope import binary_headers
from cbrn_schemas.receipt import receipts_topic, record_of
from cbrn_schemas.records import rfc3339
from cbrn_schemas.topics import to_topic

NAME = "KG-2026-chlorine"


class Bus:
    """An exercise realm of three bodies, and a router's hand that writes alerts into it."""

    def __init__(self, settings, producer):
        self.settings, self.producer = settings, producer
        self.written = 0

    async def tell(
        self,
        *bodies,
        name=NAME,
        role="lead",
        within=timedelta(hours=1),
        place="41708203",
        rule="a-rule",
        rulebook="0" * 12,
        **changes,
    ):
        """One event to several bodies; its id."""
        self.written += 1
        identifier = f"e-{self.written}"
        said = event("chemical-release", situation=name, status="Exercise", **changes)
        for body in bodies:
            headers = binary_headers(
                id=identifier, source="/mes", type="kg.cbrn.incident.chemical-release.v1", time="2026-11-27T03:00:00Z"
            )
            order = {"role": role, "rule": rule, "rulebook": rulebook, "place": place}
            order["acknowledge_by"] = rfc3339(datetime.now(UTC) + within)
            headers += [(f"cbrn_{key}", text.encode()) for key, text in order.items()]
            value = said.model_dump_json(exclude_none=True).encode()
            topic = to_topic(self.settings.realm, body, "alerts")
            await self.producer.send_and_wait(topic, value, key=name.encode(), headers=headers)
        return identifier

    async def write(self, body, receipt, **changes):
        """A receipt by whatever program may write there."""
        key, headers, value = record_of(receipt)
        given = {"key": key, "value": value, **changes}
        await self.producer.send_and_wait(receipts_topic(self.settings.realm, body), headers=headers, **given)

    async def cbrn(self, *arguments, status=0):
        at = ["--realm", self.settings.realm, "--bootstrap-servers", self.settings.bootstrap_servers]
        answer = await asyncio.to_thread(CliRunner().invoke, app, [*map(str, arguments), *at])
        assert answer.exit_code == status, answer.output
        return answer

    async def json(self, *arguments, status=0):
        return json.loads((await self.cbrn(*arguments, "--json", status=status)).stdout)

    async def states(self, name=NAME):
        found = await self.json("standing", name)
        return {party["body"]: party["state"] for party in found["parties"]}
