"""The way back from quarantine: what is listed, what goes back, under which identity."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from cbrn_consumers.errors import CorrectionError, UnknownQuarantineError
from cbrn_consumers.quarantine import STRANGE, find_item, fold_items, plan_release
from cbrn_consumers.quarantine.releasing import check_unchanged
from cbrn_deploy.cli.alerts.quarantine import _print_list
from cbrn_deploy.cli.person import person
from cbrn_schemas.envelope import read_envelope
from cbrn_schemas.errors import InvalidEventError, Reason
from cbrn_schemas.headers import HEADER_BYTES_MAX, HEADERS_MAX
from cbrn_schemas.records import quarantine_headers, quarantine_id
from cbrn_schemas.settings import Settings

GOOD = (
    b'{"kind":"tailings-failure","hazard":"radiological","body":"mes","observed":"2026-05-01T06:00:00Z",'
    b'"reported":"2026-05-01T06:05:00Z","where":{"site":"F04"},"situation":"KG-2026-minkush","state":"breached",'
    b'"texts":{"ru":{"headline":"x"}}}'
)
OWN = [
    ("ce_specversion", b"1.0"),
    ("ce_id", b"a-1"),
    ("ce_source", b"/mes/post"),
    ("ce_type", b"kg.cbrn.incident.old.v1"),
    ("traceparent", b"00-1-2-3"),
    ("odd", b"\xff"),
]
TOPIC = "cbrn.from.mes.incidents"


def set_aside(offset=3, *, own=OWN, value=b"{", key=b"KG-2026-minkush", at="2026-05-01T06:00:00.000Z"):
    error = InvalidEventError(Reason.NOT_JSON, where="value", message="not JSON", hint="Mend it.")
    headers = quarantine_headers(own, error, topic=TOPIC, partition=1, offset=offset, key=key, at=at)
    return SimpleNamespace(key=quarantine_id(TOPIC, 1, offset).encode(), headers=headers, value=value)


def marker(offset=3, by="Асель"):
    headers = [
        ("cbrn_state", b"released"),
        ("cbrn_released_by", by.encode()),
        ("cbrn_released_at", b"2026-05-01T07:00Z"),
    ]
    return SimpleNamespace(key=quarantine_id(TOPIC, 1, offset).encode(), headers=headers, value=b"")


def only(*records):
    (item,) = fold_items(records).values()
    return item


def test_item_says_why_where_and_what_to_do():
    """That is all a person needs to mend it."""
    item = only(set_aside())
    assert item.id == "cbrn.from.mes.incidents/1/3"
    assert (item.reason, item.where, item.hint, item.body) == ("not-json", "value", "Mend it.", "mes")
    assert item.open


def test_items_come_the_oldest_first():
    """What waits longest is dealt with first."""
    items = fold_items([set_aside(9, at="2026-05-02T00:00:00.000Z"), set_aside(4, at="2026-05-01T00:00:00.000Z")])
    assert [item.id[-1] for item in items.values()] == ["4", "9"]


def test_marker_closes_the_item_wherever_it_stands():
    """Records of one key are in one partition, but a reader must not depend on it."""
    for records in ([set_aside(), marker()], [marker(), set_aside()]):
        item = only(*records)
        assert not item.open
        assert item.released_by == "Асель"


def test_first_release_counts():
    """A second marker must not rewrite who released it."""
    assert only(set_aside(), marker(by="one"), marker(by="two")).released_by == "one"


def test_release_gives_back_the_original_bytes_key_and_headers():
    """What goes back is what came, without what the bus had added."""
    plan = plan_release(only(set_aside(value=b"\x00{")))
    assert (plan.topic, plan.key, plan.value, plan.headers) == (TOPIC, b"KG-2026-minkush", b"\x00{", OWN)


@pytest.mark.parametrize("key", [None, b"", b"\xff\x00"])
def test_key_of_any_bytes_survives_the_quarantine(key):
    """A key that is not UTF-8 may be the very reason why it is here."""
    assert plan_release(only(set_aside(key=key))).key == (key or None)


def test_new_id_is_given_only_when_asked_for():
    """With the old id the router counts a copy that did arrive once; a new id is for one that was used twice."""
    plan = plan_release(only(set_aside()), new_id="b-2")
    assert [content for name, content in plan.headers if name == "ce_id"] == [b"b-2"]


READABLE = [
    header if header[0] != "ce_type" else ("ce_type", b"kg.cbrn.incident.tailings-failure.v1") for header in OWN
]


@pytest.mark.parametrize(
    ("own", "value", "where"),
    [
        (READABLE, b"{", "value"),
        (READABLE, None, "value"),
        (OWN, GOOD, "header:ce_type"),
        ([header for header in READABLE if header[0] != "ce_id"], GOOD, "header:ce_id"),
        (
            [("ce_source", b"/moh") if header[0] == "ce_source" else header for header in READABLE],
            GOOD,
            "header:ce_source",
        ),
        (READABLE, GOOD.replace(b'"body":"mes"', b'"body":"moh"'), "body"),
    ],
)
def test_what_would_be_set_aside_again_is_refused_with_the_reason(own, value, where):
    """A person who hears «released» goes home."""
    with pytest.raises(CorrectionError, match="would be set aside again") as refused:
        check_unchanged(only(set_aside(own=own, value=value)))
    assert refused.value.where == where
    assert "--as-is" in refused.value.hint
    assert ". Release it corrected" in refused.value.hint, "two sentences"


def test_what_the_routers_read_by_now_goes_back():
    """A fault of the bus was mended, or a kind is newer than the router was."""
    check_unchanged(only(set_aside(own=READABLE, value=GOOD)))


def test_an_id_used_twice_goes_back_under_a_new_one_only():
    """The bytes are good: only the routers' memory speaks against them."""
    item = replace(only(set_aside(own=READABLE, value=GOOD)), reason="id-reused")
    with pytest.raises(CorrectionError, match="set aside again"):
        check_unchanged(item)
    check_unchanged(item, new_id="b-2")


@pytest.mark.parametrize("lang", ["ky", "ru", "en"])
def test_an_id_stands_on_a_line_of_its_own(lang, capsys, monkeypatch):
    """It is copied into the next command, from a terminal of 80 columns too."""
    monkeypatch.setenv("COLUMNS", "40")
    item = replace(only(set_aside()), id="cbrn-exercise.from.plant-chem.incidents/11/1234567")
    _print_list([item], lang)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == item.id
    assert all(line.startswith("    ") and len(line) <= 40 for line in lines[1:-1])
    assert "Mend it." in lines[-2]
    assert lines[-1].endswith("cbrn quarantine show ID"), "a person must learn how to read what was said"


def test_the_list_counts_as_people_do():
    """The tenth comes after the second, also where all came at one moment."""
    items = fold_items([set_aside(10), set_aside(2), set_aside(1)])
    assert [name.rpartition("/")[2] for name in items] == ["1", "2", "10"]


def test_a_person_names_the_own_body_as_people_call_it():
    """As everywhere else."""
    assert person(Settings(), "A", key=None, body="МЧС", signers=None).body == "mes"


@pytest.mark.parametrize("name", ["A", "A (mes)"])
def test_a_person_is_named_with_the_body_once(name):
    """Whoever types the name as the bus prints it is the same person, not «A (mes) (mes)»."""
    assert person(Settings(), name, key=None, body="mes", signers=None).name == "A (mes)"


def test_corrected_event_keeps_the_identity_of_the_original():
    """It is the same report, at last readable."""
    plan = plan_release(only(set_aside()), corrected=GOOD)
    headers = dict(plan.headers)
    assert plan.value == GOOD
    assert plan.key == b"KG-2026-minkush"
    assert (headers["ce_id"], headers["ce_source"]) == (b"a-1", b"/mes/post")
    assert headers["ce_type"] == b"kg.cbrn.incident.tailings-failure.v1"
    assert headers["traceparent"] == b"00-1-2-3"
    assert len(plan.headers) == len(headers)


def test_correction_of_a_foreign_source_speaks_for_the_topics_owner():
    """The source was the mistake; keeping it would bring the record straight back."""
    foreign = [header if header[0] != "ce_source" else ("ce_source", b"/mess") for header in OWN]
    assert dict(plan_release(only(set_aside(own=foreign)), corrected=GOOD).headers)["ce_source"] == b"/mes"


def test_correction_of_a_structured_event_keeps_its_id():
    """Its id stands in the value, not in a header."""
    value = b'{"specversion":"1.0","id":"s-7","source":"/mes","type":"t","data":{"kind":1}}'
    own = [("content-type", b"application/cloudevents+json")]
    headers = dict(plan_release(only(set_aside(own=own, value=value)), corrected=GOOD).headers)
    assert headers["ce_id"] == b"s-7"
    assert headers["content-type"] == b"application/json"


@pytest.mark.parametrize(
    ("corrected", "where"),
    [(b"{", "value"), (GOOD.replace(b"breached", b"gone"), "state"), (GOOD.replace(b'"mes"', b'"moh"'), "body")],
)
def test_correction_that_is_wrong_itself_is_refused(corrected, where):
    """It would only come back; the person hears it at once."""
    with pytest.raises(CorrectionError) as caught:
        plan_release(only(set_aside()), corrected=corrected)
    assert caught.value.where == where


def test_null_value_is_released_only_with_a_correction():
    """There is nothing to give back."""
    with pytest.raises(CorrectionError, match="no value"):
        plan_release(only(set_aside(value=None)))
    assert plan_release(only(set_aside(value=None)), corrected=GOOD).value == GOOD


def test_unknown_id_is_said_to_be_unknown():
    """With a remedy, since ids are long and easily cut short."""
    with pytest.raises(UnknownQuarantineError) as caught:
        find_item({}, "cbrn.from.mes.incidents/1/3")
    assert "list" in caught.value.hint


def placed(record, offset=99):
    return SimpleNamespace(
        topic="cbrn.bus.quarantine", partition=0, offset=offset, timestamp=1_777_000_000_000, **vars(record)
    )


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"key": None, "headers": []}, "does not say why"),
        ({"headers": [("cbrn_reason", None), ("cbrn_key", None)]}, "does not say why"),
        ({"key": b"\xff"}, ""),
        ({"headers": [("cbrn_reason", b"x"), ("cbrn_key", b"%%%")]}, "no base64"),
        ({"headers": [("cbrn_reason", b"x"), ("cbrn_topic", b"cbrn.bus.decisions")]}, "different topics"),
    ],
)
def test_a_record_that_the_router_did_not_write_is_shown_as_that_and_hides_nobody(change, problem):
    """One of them once ended `list`, `show` and `release` for everybody, for the year that the topic keeps it."""
    good = set_aside(4)
    odd = SimpleNamespace(**{**vars(set_aside(5)), **change})
    items = fold_items([good, placed(odd)])
    assert len(items) == 2
    strange = next(item for item in items.values() if item.id != quarantine_id(TOPIC, 1, 4))
    if problem:
        assert strange.reason == STRANGE
        assert problem in strange.message
        with pytest.raises(CorrectionError):
            plan_release(strange)
    else:
        assert strange.id == "cbrn.bus.quarantine/0/99"


def test_a_header_without_a_value_goes_back_as_it_came():
    """It is the publisher's, and no reason to keep the record."""
    own = [*OWN, ("note", None)]
    assert plan_release(only(set_aside(own=own))).headers == own
    assert ("note", None) in plan_release(only(set_aside(own=own)), corrected=GOOD).headers


@pytest.mark.parametrize(
    ("more", "kept"),
    [
        ([(f"x-{number}", b"") for number in range(HEADERS_MAX)], False),
        ([("notes", b"x" * HEADER_BYTES_MAX)], False),
        ([("CE_ID", b"b-2"), ("Ce_Time", b"yesterday"), ("Content-Type", b"avro/binary")], True),
    ],
    ids=["too many", "too long", "attributes in capitals"],
)
def test_a_correction_leaves_behind_the_headers_for_which_the_record_was_set_aside(more, kept):
    """With them it came back into quarantine at once, and the person had been told that it was released."""
    plan = plan_release(only(set_aside(own=[*OWN, *more])), corrected=GOOD)
    envelope = read_envelope(plan.headers, plan.value)
    assert (envelope.id, envelope.source) == ("a-1", "/mes/post")
    assert not {name for name, _ in more} & {name for name, _ in plan.headers}
    assert (("traceparent", b"00-1-2-3") in plan.headers) is kept, "what is not to blame goes on"
