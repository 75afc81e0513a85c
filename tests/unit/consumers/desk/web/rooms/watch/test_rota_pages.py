"""The rota changed by touch, and taken along as a calendar: the ministry's own entries stay as they were."""

from tests.builders.desk import fields
from tests.builders.desk_watch import keep_files, watch_house
from tests.builders.rota import PLANTED, ROUND, entry

from cbrn_consumers.desk.accounts import Role
from cbrn_consumers.rota import on_duty, read_roster
from cbrn_consumers.shifts.standing_in import is_override, stamp_of

SPAN = {"begins": "2026-11-28T08:00", "ends": "2026-11-28T20:00"}
"""In the country's time."""


def known(folder):
    return read_roster(folder / "rota", "mes").rota


def standins(folder):
    return [each for each in known(folder).entries if is_override(each)]


async def stand_in(client, folder, **more):
    return await client.post(
        "/watch/rota/override",
        data={"seat": "first", "post": "duty-3", "stamp": stamp_of(known(folder)), **SPAN, **more},
    )


async def test_somebody_stands_in_is_changed_and_taken_away(tmp_path):
    """Each time the page shows it, and the file holds it."""
    async with watch_house(tmp_path) as (house, _):
        client, before = house.client(Role.SHIFT_LEADER), stamp_of(known(tmp_path))
        answer = await stand_in(client, tmp_path)
        page = (await client.get(answer.headers["location"])).text
        assert "The stand-in is in the calendar of this desk." in page
        assert "entered by shift-leader.mes" in page
        (made,) = standins(tmp_path)
        rota = known(tmp_path)
        assert on_duty(rota.between(made.begins, made.begins + made.lasts), "first", made.begins).post == "duty-3"
        form = fields(page, "/watch/rota/override")
        assert form["stamp"] == stamp_of(rota)
        await stand_in(client, tmp_path, uid=made.uid, post="duty-2", ends="2026-11-28T12:00")
        (changed,) = standins(tmp_path)
        assert (changed.post, changed.lasts.total_seconds()) == ("duty-2", 4 * 3600)
        cancel = {"uid": changed.uid, "stamp": stamp_of(known(tmp_path))}
        await client.post("/watch/rota/cancel", data=cancel)
        assert stamp_of(known(tmp_path)) == before
        assert (await client.post("/watch/rota/cancel", data=cancel)).status_code == 422, "pressed twice"


async def test_two_officers_swap(tmp_path):
    """Named by a time within each of the two shifts, as the page offers them."""
    async with watch_house(tmp_path) as (house, _):
        client = house.client(Role.SHIFT_LEADER)
        page = (await client.get("/watch")).text
        assert '<option value="2026-11-28T08:00"' in page
        swap = {"seat": "first", "one": "2026-11-28T08:00", "other": "2026-11-29T20:00"}
        stamp = {"stamp": stamp_of(known(tmp_path))}
        assert (await client.post("/watch/rota/swap", data=swap | stamp)).status_code == 303
        assert sorted(each.post for each in standins(tmp_path)) == ["duty-1", "duty-2"]


REFUSED = (
    ({"ends": "2026-11-28T08:00"}, "These times cannot be"),
    ({"begins": "tomorrow"}, "These times cannot be"),
    ({"begins": "0001-01-01T00:00"}, "These times cannot be"),
    ({"ends": "9999-12-31T23:59:59-23:00"}, "These times cannot be"),
    ({"post": "duty-9"}, "Nobody in the file of officers"),
    ({"uid": "day"}, "This is no stand-in"),
    ({"stamp": "0" * 16}, "Somebody has changed this"),
)


async def test_what_cannot_be_is_refused_in_words_and_what_was_typed_stays(tmp_path):
    """Nothing is written."""
    async with watch_house(tmp_path) as (house, _):
        before, client = (tmp_path / "rota" / "mes.ics").read_bytes(), house.client(Role.SHIFT_LEADER)
        for given, said in REFUSED:
            answer = await stand_in(client, tmp_path, **given)
            assert (answer.status_code, said in answer.text) == (422, True), given
            assert "duty-3" in answer.text
        assert (tmp_path / "rota" / "mes.ics").read_bytes() == before


async def test_a_calendar_with_broken_entries_is_left_to_whoever_keeps_it(tmp_path):
    """To write it anew would lose them."""
    async with watch_house(tmp_path) as (house, _):
        keep_files(tmp_path / "rota", entries=(*ROUND, entry("odd", "who?")))
        answer = await stand_in(house.client(Role.SHIFT_LEADER), tmp_path)
        assert (answer.status_code, "would be lost" in answer.text) == (422, True)


async def test_the_calendar_is_taken_along_and_holds_no_number(tmp_path):
    """For any calendar program; its name is no path of somebody else's."""
    async with watch_house(tmp_path) as (house, _):
        answer = await house.client().get("/watch/rota.ics")
        assert answer.headers["content-type"].startswith("text/calendar")
        assert answer.headers["content-disposition"] == 'attachment; filename="rota-mes.ics"'
        assert "SUMMARY:first: duty-1" in answer.text
        assert not [planted for planted in PLANTED if planted in answer.text]


async def test_a_folder_that_cannot_be_written_is_said(tmp_path):
    """A desk without the right to the file changes nothing, and says so."""
    async with watch_house(tmp_path) as (house, _):
        client, stamp = house.client(Role.SHIFT_LEADER), stamp_of(known(tmp_path))
        for path in (tmp_path / "rota").iterdir():
            path.rename(tmp_path / path.name)
        (tmp_path / "rota").rmdir()
        (tmp_path / "rota").write_text("no folder", encoding="utf-8")
        data = {"seat": "first", "post": "duty-3", "stamp": stamp, **SPAN}
        answer = await client.post("/watch/rota/override", data=data)
        assert answer.status_code in {422, 503}
