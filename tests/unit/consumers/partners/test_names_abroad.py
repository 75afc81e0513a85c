"""By what name a partner knows an event: agencies' own ids and systems tell places, and leave only where named."""

import pytest
from tests.builders.partners import AGREEMENT, Desk, outbound, write_agreement

from cbrn_schemas.events import parse_event
from cbrn_schemas.formats.cap.reading import read
from cbrn_schemas.partner_release import Released

TELLING = "dam-F09-Ak-Tyuz-0012"
LATER = "dam-F09-Ak-Tyuz-0013"
WORDS = (b"F09", b"Ak-Tyuz", b"minkush", b"dams-abroad")
SITUATION = "KG-2026-dam"


def desk_of(tmp_path, **changes):
    return Desk(write_agreement(tmp_path / "agreements", **changes))


async def left(desk, *copies):
    """Everything that left for the partner: headers, keys and values, in order."""
    before = len(desk.steps)
    await desk.look(*copies)
    for copy in [copy for copy in desk.copies.all.values() if copy.waits]:
        await desk.decide("A. Asanova (mfa)", copy.held.event.id)
    return [each for step in desk.steps[before:] for each in step.outputs if ".to.kz." in each.topic]


def said(outputs):
    """All bytes of them."""
    return b"\n".join(
        part for each in outputs for part in (each.key, each.value, *(content for _, content in each.headers))
    )


@pytest.mark.parametrize("formats", [["cap", "edxl"], ["cap", "irix"]])
async def test_no_byte_that_leaves_tells_an_id_a_system_or_a_rule(tmp_path, formats):
    """Updates are tied to what went before all the same, by names that stay."""
    hazard = {"further_hazards": ["radiological"], "hazard": "chemical"} if "irix" in formats else {}
    fields = [*AGREEMENT["fields"], "further_hazards"]
    desk = desk_of(tmp_path, formats=formats, fields=fields)
    first = await left(desk, outbound(TELLING, situation=SITUATION, **hazard))
    update = await left(
        desk,
        outbound(
            LATER, situation=SITUATION, message_type="Update", references=[TELLING], severity="Moderate", **hazard
        ),
    )
    assert len(first) == len(update) == 3
    for word in WORDS:
        assert word not in said([*first, *update]), word
    named, later = (desk.copy(each).called_abroad for each in (TELLING, LATER))
    alert, document = first[0], first[1]
    assert dict(alert.headers)["ce_id"].decode() == read(document.value, "strict").identifier == named.id
    assert named.source == "/mes"
    assert parse_event(update[0].value).references == (named.id,)
    back = read(update[1].value, "strict")
    assert (back.identifier, [one.identifier for one in back.references]) == (later.id, [named.id])
    assert all(isinstance(copy.end, Released) for copy in desk.copies.all.values())
    withheld = {each.field: each.why for each in desk.copy(LATER).end.withheld}
    assert (withheld["id"], withheld["references"]) == ("replaced", "replaced")


async def test_an_agreement_that_names_the_id_lets_it_through(tmp_path):
    """Then its answers stand under the ministries' own."""
    desk = desk_of(tmp_path, fields=[*AGREEMENT["fields"], "id"])
    alert, document = await left(desk, outbound("e-1"))
    headers = dict(alert.headers)
    assert (headers["ce_id"], headers["ce_source"]) == (b"e-1", b"/mes/minkush")
    assert read(document.value, "strict").identifier == "e-1"
    assert desk.copy("e-1").end.clauses["id"] == f"fields.{len(AGREEMENT['fields'])}"
    await desk.look(outbound("e-41.6834,75.9312", situation="KG-2026-b"))
    assert desk.copy("e-41.6834,75.9312").called_abroad.id.startswith("shared-"), "degrees in an id stay, too"


async def test_the_same_id_of_two_systems_is_two_events_abroad(tmp_path):
    """Each system counts for itself; a partner that leaves out what it knows must not leave one out."""
    desk = desk_of(tmp_path)
    other = outbound("0001", situation="KG-2026-b")
    other[1][:] = [(name, b"/mes/other" if name == "ce_source" else content) for name, content in other[1]]
    await desk.look(outbound("0001"), other)
    named = {(copy.called_abroad.source, copy.called_abroad.id) for copy in desk.copies.all.values()}
    assert len(named) == 2
