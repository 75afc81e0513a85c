"""What comes over a weak line: the list within 60 KB with all that belongs to it; and what is never packed."""

import re

import pytest
from tests.builders.desk import desk_house, moment

FIRST_PAINT_BYTES_MAX = 60_000


@pytest.fixture
async def house(tmp_path):
    async with desk_house(tmp_path, "moh") as made:
        yield made


async def sent(client, path, **headers):
    """How many bytes of an answer go over the line, and the answer."""
    async with client.stream("GET", path, headers=headers) as answer:
        raw = b"".join([part async for part in answer.aiter_raw()])
    return len(raw), answer


async def test_a_full_list_is_there_within_60_kb(house):
    for number in range(100):
        await house.told.tell("moh", situation=f"KG-{number}", severity="Severe", at=moment(0))
    client = house.client(lang="ky")
    total, _ = await sent(client, "/")
    page = (await client.get("/")).text
    assert page.count('<li class="line') == 100
    wanted, found = re.findall(r'(?:href|src)="/static/([^"?]+)', page), set()
    while wanted:
        name = wanted.pop()
        if name not in found:
            found.add(name)
            total += (await sent(client, f"/static/{name}"))[0]
            wanted += re.findall(r'from "\./([^"]+)"', (await client.get(f"/static/{name}")).text)
    assert {"desk.css", "desk.js", "stream.js"} <= found
    assert total < FIRST_PAINT_BYTES_MAX


@pytest.mark.parametrize(
    ("site", "packed"), [("same-origin", True), ("none", True), ("cross-site", False), ("same-site", False)]
)
async def test_what_another_site_has_asked_for_is_not_packed(house, site, packed):
    """Its length would tell which words of a search stand in the page."""
    await house.told.tell("moh", situation="KG-1")
    _, answer = await sent(house.client(), "/?q=KG", **{"sec-fetch-site": site})
    assert answer.status_code == 200
    assert ("content-encoding" in answer.headers) is packed
