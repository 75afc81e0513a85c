"""Reports on the desk's pages: the whole way with plain forms, what is kept when something goes wrong, who may."""

import json
import re

import pytest
from tests.builders.desk import desk_house
from tests.builders.desk_report import as_sent, form_of, press, reporting, typed_example

from cbrn_consumers.desk.accounts import Role
from cbrn_consumers.desk.report import OFFERED, Earlier, filled
from cbrn_consumers.desk.web.rooms.report.pressing import drawn
from cbrn_producers import NotAcknowledgedError
from cbrn_schemas.contracts.template import example
from cbrn_schemas.events import EVENT_TYPES
from cbrn_schemas.topics import Realm

KIND = "chemical-release"
SENT = "/report/sent/"


@pytest.fixture
async def house(tmp_path):
    async with desk_house(tmp_path, "mes") as made:
        yield made


@pytest.fixture
def bus(house):
    return reporting(house)


async def test_an_officer_reports_without_javascript(house, bus):
    """Choose, type, see what will happen, send; the receipt has the broker's time."""
    client = house.client()
    chosen = await client.get("/report")
    assert f"/report/new/{KIND}" in chosen.text
    begun = await client.get(f"/report/new/{KIND}")
    assert begun.status_code == 200, begun.text
    typed = typed_example(KIND)
    seen = await client.post(f"/report/new/{KIND}", data=as_sent(typed | {"~act": ["look"]}))
    assert seen.status_code == 200, seen.text
    assert "Who will be told" in seen.text
    assert bus.events == []
    done = await press(client, KIND, seen.text, "send")
    assert done.status_code == 303, done.text
    receipt = await client.get(done.headers["location"])
    assert "In the log" in receipt.text
    (event,) = bus.events
    assert event.body == "mes"
    assert event.status == "Actual"
    assert event.where.district == "41708209"


@pytest.mark.parametrize("turn", range(3))
async def test_every_kind_has_its_pages(house, bus, turn):
    """A new kind needs no line here: its form, and what will happen with its example, are pages.

    One language a kind: that each has its words in all three is asked of the form (`test_every_kind.py`).
    """
    clients = [house.client(lang=lang) for lang in ("ky", "ru", "en")]
    for place, kind in enumerate(sorted(OFFERED)[turn::3]):
        client = clients[place % 3]
        begun = await client.get(f"/report/new/{kind}")
        assert begun.status_code == 200, f"{kind}: {begun.text[:500]}"
        seen = await client.post(f"/report/new/{kind}", data=as_sent(typed_example(kind)))
        assert seen.status_code == 200, f"{kind}: {seen.text[:3000]}"
        again = await press(client, kind, seen.text, "edit")
        typed = {name for name, text in form_of(again.text) if text}
        assert {name for name in typed_example(kind) if "~" not in name} - {"reported"} <= typed, kind


async def test_what_is_wrong_is_said_at_its_field_and_what_was_typed_stays(house, bus):
    client = house.client(lang="ru")
    typed = typed_example(KIND, dead="двое", **{"substances.0.cas": "7782-50-6", "where.district": None})
    typed |= {"where.place": ["Нарын"], "where.point.lat": [], "where.point.lon": [], "where.point.accuracy_m": []}
    answer = await client.post(f"/report/new/{KIND}", data=as_sent(typed))
    assert answer.status_code == 422
    assert 'value="двое"' in answer.text
    assert "Здесь нужно целое число" in answer.text
    assert "В номере CAS неверная цифра" in answer.text
    assert "Так называются несколько мест" in answer.text
    assert 'value="place:41704245"' in answer.text
    chosen = await press(client, KIND, answer.text, "place:41704245", dead="2")
    kept = dict(form_of(chosen.text))
    assert kept["where.place"] == "41704245"
    assert kept["dead"] == "2"
    assert kept["substances.0.cas"] == "7782-50-6"


async def test_a_failure_says_so_and_keeps_the_report_and_to_press_again_sends_it_once(house, bus):
    """A desk that claims what the log does not hold, or that publishes twice, is worse than none."""
    client = house.client()
    seen = await client.post(f"/report/new/{KIND}", data=as_sent(typed_example(KIND)))
    bus.refusing = NotAcknowledgedError("no answer", event_id="x")
    failed = await press(client, KIND, seen.text, "send")
    assert failed.status_code == 503
    assert "It is not in the log" in failed.text
    bus.refusing = None
    house.now += house.now - house.now.replace(minute=0)  # another time: still the same report
    first = await press(client, KIND, failed.text, "send")
    second = await press(client, KIND, seen.text, "send")
    assert first.status_code == second.status_code == 303
    assert first.headers["location"] == second.headers["location"]
    assert len(bus.events) == 1


async def test_only_what_was_shown_is_sent(house, bus):
    """Whoever changes a field behind the page's back is shown again what will happen."""
    client = house.client()
    seen = await client.post(f"/report/new/{KIND}", data=as_sent(typed_example(KIND)))
    answer = await press(client, KIND, seen.text, "send", dead="7")
    assert answer.status_code == 200
    assert "no longer what was shown" in answer.text
    assert bus.events == []


async def test_rows_come_and_go_without_javascript(house, bus):
    client = house.client()
    begun = await client.get(f"/report/new/{KIND}")
    more = await press(client, KIND, begun.text, "add:substances", **{"substances.0.name": "chlorine"})
    assert dict(form_of(more.text))["substances~rows"] == "2"
    filled_in = await press(client, KIND, more.text, "remove:substances.0", **{"substances.1.name": "ammonia"})
    kept = dict(form_of(filled_in.text))
    assert kept["substances~rows"] == "1"
    assert kept["substances.0.name"] == "ammonia"


async def test_the_map_is_pressed_without_javascript(house, bus):
    """The first press says it within kilometres and shows the ground around; the second is exact."""
    client = house.client()
    begun = await client.get(f"/report/new/{KIND}")
    once = await press(client, KIND, begun.text, "", **{"map-small.x": "140", "map-small.y": "60"})
    first = dict(form_of(once.text))
    assert first["where.point.accuracy_m"]
    twice = await press(client, KIND, once.text, "", **{"map-small.x": "140", "map-small.y": "69"})
    second = dict(form_of(twice.text))
    assert not second["where.point.accuracy_m"]
    assert abs(float(second["where.point.lat"]) - float(first["where.point.lat"])) < 0.02
    assert "✓" in twice.text
    image = await client.get("/report/map.svg", params={"around": first["~around"]})
    assert image.headers["content-type"].startswith("image/svg+xml")
    assert (await client.get("/report/where", params={"name": "Кара-Суу району"})).json()["found"]


async def test_an_earlier_report_is_updated_and_ended(house, bus):
    event = EVENT_TYPES[KIND].model_validate_json(json.dumps(example(KIND)))
    bus.earlier_ones = (Earlier("id-1", event, house.now),)
    client = house.client()
    listed = await client.get("/report/earlier")
    assert event.situation in listed.text
    begun = await client.get(f"/report/new/{KIND}", params={"follows": "id-1", "to": "Cancel"})
    seen = await press(client, KIND, begun.text, "look")
    assert seen.status_code == 200, seen.text
    assert (await press(client, KIND, seen.text, "send")).status_code == 303
    (ended,) = bus.events
    assert ended.message_type == "Cancel"
    assert ended.references == ("id-1",)
    assert ended.situation == event.situation
    other = house.client(name="other.mes")
    assert (await other.get(f"/report/new/{KIND}?follows=id-2")).status_code == 404


async def test_an_exercise_is_one_because_the_desk_is(tmp_path):
    """No box makes a real report of an exercise, nor the other way round."""
    async with desk_house(tmp_path, "mes", realm=Realm.EXERCISE) as house:
        bus = reporting(house)
        client = house.client()
        typed = typed_example(KIND) | {"status": ["Actual"]}
        seen = await client.post(f"/report/new/{KIND}", data=as_sent(typed))
        await press(client, KIND, seen.text, "send", status="Actual")
        (event,) = bus.events
        assert event.status == "Exercise"


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.ADMINISTRATOR])
async def test_who_may_not_report_is_refused_on_every_page(house, bus, role):
    client = house.client(role)
    for path in ("/report", "/report/earlier", f"/report/new/{KIND}", f"{SENT}x", "/report/map.svg", "/report/where"):
        assert (await client.get(path)).status_code == 403, path
    assert (await client.post(f"/report/new/{KIND}", data={"~act": "send"})).status_code == 403


async def test_a_report_is_in_the_name_of_the_own_body_and_no_other(house, bus):
    client = house.client()
    typed = typed_example(KIND) | {"body": ["moh"]}
    seen = await client.post(f"/report/new/{KIND}", data=as_sent(typed))
    await press(client, KIND, seen.text, "send")
    (event,) = bus.events
    assert event.body == "mes"
    (receipt,) = bus.receipts.values()
    assert (await house.client().get(f"{SENT}{receipt.id}")).status_code == 200
    assert (await house.client().get(f"{SENT}nothing")).status_code == 404


async def test_hostile_texts_come_back_as_texts(house, bus):
    """Script, control characters, half characters and floods: nothing runs, nothing breaks, nothing is sent."""
    client = house.client()
    evil = '"><script>alert(1)</script>\x00{{ 7*7 }}'
    typed = typed_example(KIND, **{"texts.en.headline": evil, "where.place": evil, "substances.0.name": evil})
    answer = await client.post(f"/report/new/{KIND}", data=as_sent(typed))
    assert answer.status_code == 422
    assert "<script>alert" not in answer.text
    assert "&lt;script&gt;" in answer.text
    hostile = [
        "a=" + "b" * 300_000,
        "&".join(f"x{number}=1" for number in range(4_000)),
        "substances.999999999.name=x&substances~rows=99999&dead=" + "9" * 5_000,
        "observed=9999-99-99T99:99&wind_from_deg=1e999&where.point.lat=nan&where.point.lon=inf",
        "%ff%fe=%ff&texts.en.headline=%ed%a0%80&~act=remove:substances.-1&map-small.x=1e9&map-small.y=-1",
        "~act=add:__class__&~act=send&~id=%0d%0aSet-Cookie:x",
        "substances.0.unit=%7c&measurements.0.unit=mass%7cSv&measurements.0.value=1",
    ]
    headers = {"content-type": "application/x-www-form-urlencoded"}
    for body in hostile:
        answer = await client.post(f"/report/new/{KIND}", content=body, headers=headers)
        assert answer.status_code in {200, 400, 413, 422}, body[:80]
    assert (await client.get("/report/new/no-such-kind")).status_code == 404
    assert (await client.get("/report", params={"q": "\x00'%"})).status_code == 200
    assert bus.events == []


async def test_an_event_that_is_too_large_is_said_and_kept(house, bus):
    client = house.client()
    long = {f"texts.{lang}.description": "ө" * 4_000 for lang in ("ky", "ru", "en")}
    long |= {f"texts.{lang}.instruction": "ө" * 4_000 for lang in ("ky", "ru", "en")}
    typed = typed_example(KIND, **long) | {f"measurements.{row}.at": ["ө" * 200] for row in range(30)}
    typed |= {f"measurements.{row}.unit": ["volume-fraction|[ppm]"] for row in range(30)}
    typed |= {f"measurements.{row}.value": ["1"] for row in range(30)}
    answer = await client.post(f"/report/new/{KIND}", data=as_sent(typed))
    assert answer.status_code in {200, 422}
    assert dict(form_of(answer.text))["texts.ky.instruction"] == "ө" * 4_000


def test_filled_is_what_is_typed():
    """The builder types what the form reads."""
    assert filled(KIND, example(KIND)) == typed_example(KIND)


@pytest.mark.parametrize("around", [None, (42.8, 74.6)])
def test_nothing_on_the_map_that_is_pressed_is_without_a_look(around):
    """An image knows no style sheet: the lake was black, for a shape without a look is."""
    image = drawn(around, None, "en")
    looks = re.search(r"<style>(.*?)</style>", image)[1]
    shapes = set(re.findall(r'<(?:path|circle|rect)[^>]* class="([a-z-]+)', image))
    assert {one for one in shapes if f".{one}{{" not in looks} == set()
    assert "lake" in shapes
