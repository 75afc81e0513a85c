import pytest
from tests.builders.desk_watch import watch_house
from cbrn_consumers.desk.accounts import Role
async def test_smoke(tmp_path):
    async with watch_house(tmp_path) as (house, bus):
        c = house.client(Role.SHIFT_LEADER)
        for p in ("/watch","/watch/handover","/watch/channels","/watch/silences","/watch/notices","/watch/rota.ics"):
            r = await c.get(p); print(p, r.status_code, len(r.text))
        a = house.client(Role.ADMINISTRATOR)
        for p in ("/people","/people/log"):
            r = await a.get(p); print(p, r.status_code, len(r.text))
