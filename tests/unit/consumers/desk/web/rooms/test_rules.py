"""The pages of the rule book, as a browser gets them."""

import asyncio
import re

import pytest
from tests.builders.desk_rules import LANGUAGES, proof, rules_house, shelf
from tests.builders.situation import engine, min_kush

from cbrn_consumers.desk.accounts import Role
from cbrn_consumers.desk.rulebook import PAGE
from cbrn_consumers.desk.store import ALL
from cbrn_consumers.desk.web.rooms.rules import GENERAL
from cbrn_routing.decision import Role as DecidedRole
from cbrn_routing.decision_record import decision_tail, decision_value, read_decision
from cbrn_routing.rulebook import national_rulebook
from cbrn_schemas.catalogue.words import word

SITUATION = "KG-2024-minkush-truck"
WHY = f"/rules/why/{SITUATION}"
PAGES = (
    "/rules",
    "/rules/matrix",
    "/rules/law",
    "/rules/duties",
    "/rules/transport-accident",
    "/rules/enc-transport",
    WHY,
)


@pytest.fixture
async def house(tmp_path):
    async with rules_house(tmp_path, "moh", situations={("moh", SITUATION): min_kush("moh").read}) as made:
        await made.app.state.library.proofs.ready(national_rulebook(), shelf().on)
        yield made


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_every_page_is_there_in_every_language_with_nothing_that_the_browser_refuses(house, lang):
    """No style and no script inside: the policy of the desk would not let them act."""
    client = house.client(lang=lang)
    for path in PAGES:
        page = await client.get(path)
        assert page.status_code == 200, path
        assert f'<html lang="{lang}">' in page.text
        assert not re.search(r"<style|\sstyle=|<script(?![^>]* src=)|\son\w+=", page.text), path
        assert len(re.findall("<h1", page.text)) == 1, path
        ids = re.findall(r'\sid="([^"]+)"', page.text)
        assert len(ids) == len(set(ids)), path
        assert set(re.findall(r'href="#([^"]+)"', page.text)) <= set(ids), path


async def test_every_link_to_a_rule_or_an_article_leads_somewhere(house):
    """No dead ends."""
    client = house.client()
    law = (await client.get("/rules/law")).text
    places = set(re.findall(r'\sid="([^"]+)"', law))
    for path in PAGES:
        text = (await client.get(path)).text
        assert set(re.findall(r'href="/rules/law#([^"]+)"', text)) <= places
        fixed = {"matrix", "law", "duties", "coverage.css", "why"}
        assert set(re.findall(r'href="/rules/([a-z0-9.-]+)"', text)) <= {*shelf().by_id, *fixed}


async def test_the_list_is_paged_and_its_filters_stand_in_the_address(house):
    """What is found can be sent to somebody."""
    client = house.client()
    first = (await client.get("/rules")).text
    assert first.count('class="rule-link"') == PAGE
    assert 'href="/rules?page=2"' in first
    found = (await client.get("/rules", params={"body": "moh", "hazard": "nuclear", "text": "перевоз"})).text
    assert '<option value="moh" selected>' in found
    assert '<option value="nuclear" selected>' in found
    assert 'value="перевоз"' in found
    assert "transport-accident" in found
    beyond = (await client.get("/rules", params={"page": 999})).text
    last = re.search(r"page (\d+) of (\d+)", beyond)
    assert last is not None
    assert last[1] == last[2] != "1"


@pytest.mark.parametrize(
    "text", ['"><script>alert(1)</script>', "' OR 1=1 --", "\x00\r\nset-cookie: a=b", "%s%(x)s{}", "ө" * 250]
)
async def test_hostile_searches_are_shown_as_text(house, text):
    """In the field, and nowhere else."""
    answer = await house.client().get(
        "/rules", params={"text": text, "body": text[:60], "act": text[:60], "hazard": text[:60]}
    )
    assert answer.status_code == 200
    assert "<script>alert" not in answer.text
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("address", ["/rules?page=x", "/rules?text=" + "a" * 3_000, "/rules/matrix?body=" + "b" * 100])
async def test_an_address_that_no_page_makes_is_refused_in_words(house, address):
    """Not with a fault."""
    assert (await house.client().get(address)).status_code == 400


@pytest.mark.parametrize("rule", ["no-such-rule", "..%2f..%2fetc", "%00", "<script>"])
async def test_a_rule_that_is_not_there_is_not_found(house, rule):
    """As any other page."""
    assert (await house.client().get(f"/rules/{rule}")).status_code == 404


async def test_a_rule_shows_its_law_its_cases_and_where_it_decides(house):
    """All that an officer asks of it."""
    text = (await house.client().get("/rules/transport-accident")).text
    for said in ("Accident in the transport of dangerous goods", "15 min", "Min-Kush lorry", "24.kg/english/360063"):
        assert said in text
    assert text.count(word("kind", "transport-accident", "en")) > 4


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_the_coverage_has_the_same_rows_as_the_file_of_the_command(house, lang):
    """One drawing for both."""
    client = house.client(lang=lang)
    for section in proof().shown.hazards:
        text = (await client.get(f"/rules/matrix?hazard={section.hazard}")).text
        assert text.count('<tr><td class="severity"') == sum(len(block.rows) for block in section.blocks)
    text = (await client.get(f"/rules/matrix?hazard={GENERAL}")).text
    assert text.count('<tr class="if">') == len(proof().shown.general)


async def test_the_coverage_can_be_narrowed_to_a_body_and_a_region_and_says_when_it_was_proved(house):
    """The body's own row in its own region."""
    client = house.client()
    whole = (await client.get("/rules/matrix?hazard=chemical")).text
    some = (await client.get("/rules/matrix?hazard=chemical&body=mod&region=KG-O")).text
    assert 0 < some.count('class="severity"') < whole.count('class="severity"')
    assert "all regions</td>" not in some
    assert "proved at 27.11" in some
    assert 'class="b chosen">MoD<' in some
    assert "chosen" not in whole
    assert f"{word('matrix', 'warnings', 'en')}: {len(proof().report.warnings)}" in some


async def test_a_finding_shows_the_event_that_proves_it(house):
    """As text, folded away."""
    text = (await house.client().get("/rules/matrix")).text
    assert word("matrix", "counterexample", "en") in text
    assert "&lt;i&gt;odd&lt;/i&gt;" in text


async def test_while_the_proof_is_made_the_page_says_so_and_the_others_are_there(tmp_path):
    """Nobody waits for it."""

    async def never(*_):
        raise AssertionError("not in this test")

    async with rules_house(tmp_path, prove=never) as house:
        client = house.client()
        page = await client.get("/rules/matrix")
        assert page.status_code == 200
        assert "being worked out" in page.text
        assert (await client.get("/rules/transport-accident")).status_code == 200


async def test_a_desk_that_stops_ends_the_proof_under_way(tmp_path):
    """It would hold the process up for seconds."""
    ended = asyncio.Event()

    async def endless(*_):
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    async with rules_house(tmp_path, prove=endless) as house, house.app.router.lifespan_context(house.app):
        await house.client().get("/rules")
        await asyncio.sleep(0)
        assert not ended.is_set()
    assert ended.is_set()


async def test_a_body_reads_why_it_was_told_and_why_another_was_not(house):
    """From its own alert."""
    client = house.client()
    own = (await client.get(WHY)).text
    assert "MoH (moh): told" in own
    assert "transport-accident" in own
    other = (await client.get(f"{WHY}?body=mod")).text
    assert "(mod): not told" in other
    assert "severity: Extreme ≠ Moderate" in other
    assert "worked out again from the alert" in other
    named = await client.get("/rules/why", params={"name": SITUATION, "body": "mod"})
    assert "(mod): not told" in named.text


async def test_a_body_reads_of_what_is_restricted_why_it_was_told_itself_and_nothing_of_others(tmp_path):
    """Who else was told is not said to it anywhere, so it is not worked out for it here."""
    situations = {("moh", SITUATION): min_kush("moh", tlp="RED").read}
    async with rules_house(tmp_path, "moh", situations=situations) as house:
        for path in (WHY, f"{WHY}?body=mes"):
            text = (await house.client().get(path)).text
            assert "MoH (moh): told" in text
            assert "body=mia" not in text
            assert "MES (mes)" not in text


@pytest.mark.parametrize("path", [WHY, "/rules/why/KG-nothing", "/rules/why", "/rules/why?name=.."])
async def test_another_bodys_situation_is_not_there(tmp_path, path):
    """Exactly as one that does not exist."""
    situations = {("mes", SITUATION): min_kush("mes").read, (ALL, SITUATION): min_kush().read}
    async with rules_house(tmp_path, "moh", situations=situations) as house:
        assert (await house.client().get(path)).status_code == 404


async def test_the_crisis_centre_asks_about_any_body_and_is_told_by_the_decision_where_it_can_be_read(tmp_path):
    """Here the bus cannot be read: it is worked out again."""
    async with rules_house(tmp_path, "mes", all_bodies=True, situations={(ALL, SITUATION): min_kush().read}) as house:
        text = (await house.client().get(f"{WHY}?body=mia")).text
        assert "(mia): told" in text
        assert "worked out again" in text


def _record(alert, decided, earlier):
    """What the router keeps of its decision on an alert."""
    routed = engine().route(alert.event, alert.origin.timestamp)
    tail = decision_tail(routed.decision, routed.decision.recipients, alert.place, ())
    head = (alert.id, alert.source, alert.event.kind, alert.situation.encode(), "cbrn.from.mes.incidents", 0, 1)
    return read_decision(decision_value(*head, decided, earlier, tail))


async def test_the_crisis_centre_is_told_by_the_routers_own_record(tmp_path):
    """When it was decided, and who was told only for having got the original: no alert to another body says that."""
    read = min_kush().read
    alert, asked = read.alerts["mes"], []

    async def decided(wanted, _settings):
        asked.append(wanted)
        record = _record(alert, "2026-11-27T02:44:00.000Z", {"mod": int(DecidedRole.INFORM)})
        return record, alert.data, 2

    situations = {(ALL, SITUATION): read}
    async with rules_house(tmp_path, "mes", all_bodies=True, situations=situations, decided=decided) as house:
        client = house.client()
        text = (await client.get(f"{WHY}?body=mod")).text
        assert "27.11 02:44" in text
        assert "worked out again" not in text
        assert "(mod): told" in text
        assert word("explain", "earlier", "en") in text
        await client.get(WHY)
        assert asked == [SITUATION]


async def test_an_alert_decided_by_a_book_that_is_not_at_hand_names_its_rules_alone(tmp_path):
    """By another book it would be explained falsely."""
    async with rules_house(tmp_path) as house:
        await house.told.tell("moh", situation="KG-2026-a", rule="toxic-release")
        text = (await house.client().get("/rules/why/KG-2026-a")).text
        assert "cannot read" in text
        assert "toxic-release" in text


@pytest.mark.parametrize("path", PAGES)
async def test_who_may_not_read_the_desk_reads_no_rules(house, path):
    """An administrator keeps accounts; a stranger signs in."""
    assert (await house.client(Role.ADMINISTRATOR).get(path)).status_code == 403
    assert (await house.client(None).get(path)).status_code == 303


async def test_the_style_of_the_coverage_is_that_of_the_file(house):
    """One source for both."""
    answer = await house.client().get("/rules/coverage.css")
    assert answer.headers["content-type"].startswith("text/css")
    assert ".coverage" in answer.text
