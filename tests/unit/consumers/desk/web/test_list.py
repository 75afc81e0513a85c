"""The list: its order, what a line says, its filters, and what it looks like in a flood. Without a browser."""


import pytest
from tests.builders.desk import desk_house, fields

from cbrn_consumers.desk.accounts import Role


@pytest.fixture
async def house(tmp_path):
    async with desk_house(tmp_path, "moh") as made:
        yield made


async def test_an_officer_sees_and_acknowledges_without_javascript(house):
    """The whole way with plain forms: the list, the button, the page that says when the log had it."""
    await house.told.tell("moh", situation="KG-2026-a", severity="Severe")
    client = house.client(Role.OFFICER)
    page = await client.get("/")
    assert page.status_code == 200, page.text
    assert "KG-2026-a" in page.text
    sent = await client.post("/acts/acknowledged", data=fields(page.text, "/acts/acknowledged"))
    assert sent.status_code == 303, sent.text
    done = await client.get(sent.headers["location"])
    assert "in the log" in done.text
    (answer,) = house.answered
    assert answer.receipt.act == "acknowledged"
    assert answer.receipt.by == "Duty officer Officer.moh"
