"""Every route of the watch and of the people, walked by everybody: who lacks its right is turned away.

A route that is added and not named in the table fails here: deny by default is not left to memory.
"""

import pytest
from tests.builders.desk_watch import watch_house

from cbrn_consumers.desk.accounts import RIGHTS, Right, Role
from cbrn_consumers.desk.web.rooms.people import ROOM as PEOPLE
from cbrn_consumers.desk.web.rooms.watch import ROOM as WATCH

NEEDED = {
    ("GET", "/watch"): Right.READ,
    ("POST", "/watch/take"): Right.WATCH,
    ("GET", "/watch/handover"): Right.READ,
    ("POST", "/watch/handover"): Right.WATCH,
    ("GET", "/watch/rota.ics"): Right.READ,
    ("POST", "/watch/rota/override"): Right.ROTA,
    ("POST", "/watch/rota/cancel"): Right.ROTA,
    ("POST", "/watch/rota/swap"): Right.ROTA,
    ("GET", "/watch/channels"): Right.READ,
    ("POST", "/watch/channels/test"): Right.WATCH,
    ("POST", "/watch/channels/answer"): Right.WATCH,
    ("GET", "/watch/silences"): Right.READ,
    ("POST", "/watch/silences"): Right.SILENCE,
    ("POST", "/watch/silences/end"): Right.SILENCE,
    ("GET", "/watch/notices"): Right.READ,
    ("GET", "/watch/bus"): Right.READ,
    ("GET", "/people"): Right.PEOPLE,
    ("POST", "/people"): Right.PEOPLE,
    ("GET", "/people/log"): Right.AUDIT,
    ("GET", "/people/{account_id}"): Right.PEOPLE,
    ("POST", "/people/{account_id}/change"): Right.PEOPLE,
    ("POST", "/people/{account_id}/disable"): Right.PEOPLE,
    ("POST", "/people/{account_id}/enable"): Right.PEOPLE,
    ("POST", "/people/{account_id}/sign-out"): Right.PEOPLE,
    ("POST", "/people/{account_id}/password"): Right.PEOPLE,
}
FIELDS = {
    "seat": "first", "post": "duty-2", "begins": "2026-11-28T08:00", "ends": "2026-11-28T20:00", "stamp": "0",
    "uid": "x", "one": "2026-11-28T09:00", "other": "2026-11-28T21:00", "code": "0000", "reason": "no reason at all",
    "hours": "2", "station": "s-1", "silence": "mes.none", "name": "x", "shown": "Duty officer Asanov", "lang": "ky",
    "role": "officer",
}  # fmt: skip
"""What every form is sent with: well formed, so that nothing but the right is asked."""


def ways(routes):
    for route in routes:
        inner = getattr(route, "original_router", None)
        if inner is not None:
            yield from ways(inner.routes)
        else:
            for method in route.methods - {"HEAD"}:
                yield method, route.path


def test_the_table_names_every_route():
    """And nothing that is gone."""
    assert {*ways(WATCH.router.routes), *ways(PEOPLE.router.routes)} == {*NEEDED}


async def test_who_lacks_the_right_is_turned_away_and_writes_nothing(tmp_path):
    """Each role on each route, at a desk where all that is asked for exists."""
    async with watch_house(tmp_path, all_bodies=True) as (house, bus):
        known = house.account(Role.AUDITOR, name="somebody")
        before, files = house.accounts.list(), (tmp_path / "rota" / "mes.ics").read_bytes()
        for role in Role:
            client = house.client(role)
            before = house.accounts.list()
            for (method, path), right in NEEDED.items():
                where = path.replace("{account_id}", known.id)
                may = right in RIGHTS[role]
                if may and method == "POST":
                    continue  # what it then does is tested where it is done
                answer = await client.request(method, where, data=FIELDS if method == "POST" else None)
                assert answer.status_code == (200 if may else 403), (role, method, path)
            assert house.accounts.list() == before, role
        assert (bus.written, (tmp_path / "rota" / "mes.ics").read_bytes()) == ([], files)


async def test_who_may_is_let_through_to_every_form(tmp_path):
    """Whatever is then wrong with what was given is said on the page."""
    async with watch_house(tmp_path, all_bodies=True) as (house, _):
        known = house.account(Role.AUDITOR, name="somebody")
        for (method, path), right in NEEDED.items():
            leads = right in RIGHTS[Role.SHIFT_LEADER]
            role = Role.SHIFT_LEADER if leads else next(role for role in Role if right in RIGHTS[role])
            where = path.replace("{account_id}", known.id)
            answer = await house.client(role).request(method, where, data=FIELDS if method == "POST" else None)
            assert answer.status_code in {200, 303, 422}, (role, method, path, answer.status_code)


async def test_nobody_is_let_in_without_signing_in(tmp_path):
    """Neither to look nor to write."""
    async with watch_house(tmp_path) as (house, bus):
        client = house.client(None)
        for method, path in NEEDED:
            where = path.replace("{account_id}", "0" * 16)
            answer = await client.request(method, where, data=FIELDS if method == "POST" else None)
            assert answer.status_code == 303, (method, path)
            assert answer.headers["location"].startswith("/sign-in"), (method, path)
        assert bus.written == []


@pytest.mark.parametrize("role", [Role.OFFICER, Role.SHIFT_LEADER, Role.AUDITOR])
async def test_another_bodys_watch_is_answered_as_one_that_does_not_exist(tmp_path, role):
    """By address: at a ministry's desk, and for another ministry's officer at the crisis centre's."""
    async with watch_house(tmp_path, "moh") as (house, _):
        client = house.client(role)
        for path in ("/watch", "/watch/rota.ics", "/watch/channels", "/watch/silences", "/watch/notices"):
            answers = [await client.get(f"{path}?body={body}") for body in ("mes", "no-such", "../mes")]
            assert [answer.status_code for answer in answers] == [404, 404, 404], path
            assert answers[0].text == answers[1].text
        assert (await client.get("/watch/bus")).status_code == 404


async def test_a_form_of_another_site_writes_nothing(tmp_path):
    """A browser says from where it was sent."""
    async with watch_house(tmp_path) as (house, bus):
        client = house.client(Role.SHIFT_LEADER)
        for method, path in NEEDED:
            if method == "POST" and path.startswith("/watch"):
                answer = await client.post(path, data=FIELDS, headers={"origin": "https://elsewhere.example"})
                assert answer.status_code == 403, path
        assert bus.written == []
