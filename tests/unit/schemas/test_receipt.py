"""A receipt: what it needs, whose it is, and that model and published schema say the same."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from tests.builders.golden import ROOT
from tests.builders.standing import NEEDS, receipt

from cbrn_schemas.envelope import binary_headers
from cbrn_schemas.receipt import ACTS, RECEIPT_TYPE, ReceiptError, read_receipt, record_of
from cbrn_schemas.records import bus_headers
from cbrn_schemas.topics import Realm

SCHEMA = Draft202012Validator(json.loads((ROOT / "schemas" / "json" / "receipt.v1.json").read_text(encoding="utf-8")))
HEADERS = binary_headers(id="mes.1", source="/mes", type=RECEIPT_TYPE, time="2026-11-27T03:00:00Z")


def written(act="acknowledged", **changed):
    """A receipt's JSON, with some members changed; None takes one out."""
    data = json.loads(receipt(act).model_dump_json(exclude_none=True)) | changed
    return {name: value for name, value in data.items() if value is not None}


def read(data, realm=Realm.REAL, body="mes", headers=HEADERS):
    return read_receipt(headers, json.dumps(data).encode(), realm, body)


@pytest.mark.parametrize("act", ACTS)
def test_every_act_is_read_back_as_it_was_given(act):
    """Under the situation's key, so that it lies in the partition of what it answers."""
    said = receipt(act)
    key, headers, value = record_of(said)
    assert key == said.situation.encode()
    assert dict(headers)["ce_subject"] == key
    assert not bus_headers(headers)
    assert read_receipt(headers, value, Realm.REAL, "mes") == said
    SCHEMA.validate(json.loads(value))


@pytest.mark.parametrize("act", NEEDS)
def test_what_an_act_is_worth_nothing_without_is_asked_for(act):
    """By name, with an example; and the published schema asks for it, too."""
    (missing,) = NEEDS[act]
    with pytest.raises(ReceiptError) as refused:
        receipt(act, **{missing: None})
    assert refused.value.where == missing
    assert "--" in refused.value.hint
    assert not SCHEMA.is_valid(written(act, **{missing: None}))


@pytest.mark.parametrize(
    ("changed", "where"),
    [
        ({"by": "mes"}, "by"),
        ({"by": "  "}, "by"),
        ({"by": "two\nlines"}, "by"),
        ({"reason": "no"}, "reason"),
        ({"to": "Officer Bekova"}, "to"),
        ({"situation": "two words"}, "situation"),
        ({"event": ""}, "event.id"),
        ({"id": "moh.1"}, "receipt"),
    ],
)
def test_what_nobody_could_use_is_refused(changed, where):
    """An account is no person, and two letters are no reason."""
    with pytest.raises(ReceiptError) as refused:
        receipt(**({"reason": None} | changed))
    assert refused.value.where == where
    assert refused.value.hint


@pytest.mark.parametrize(
    ("data", "options", "said"),
    [
        (written(), {"body": "moh"}, "speaks for mes, in a topic of moh"),
        (written(), {"realm": Realm.EXERCISE}, "said in cbrn, and lies in cbrn-exercise"),
        (written(realm="cbrn-exercise"), {}, "said in cbrn-exercise, and lies in cbrn"),
        (written(body="moh", id="moh.1"), {}, "speaks for moh"),
        (written(id="mes.2"), {}, "speaks for mes"),
        (written(unless="somebody objects"), {}, "no such field"),
        (written() | {"act": "maybe"}, {}, "act"),
        (written(at="yesterday"), {}, "RFC 3339"),
        (written(level=-1), {}, "level"),
        ([], {}, "receipt"),
    ],
)
def test_what_is_no_receipt_of_this_body_in_this_realm_answers_nothing(data, options, said):
    """Exercise and real never meet, and nobody answers in another's name."""
    with pytest.raises(ReceiptError, match=said) as refused:
        read(data, **options)
    assert "ignored" in refused.value.hint


@pytest.mark.parametrize("value", [None, b"", b"null", b"\xff", b"{", b"[" * 100_000])
def test_odd_bytes_are_an_answer_too(value):
    """Whoever may write there can write anything."""
    with pytest.raises(ReceiptError):
        read_receipt(HEADERS, value, Realm.REAL, "mes")


@given(
    st.dictionaries(st.sampled_from(sorted(written("handed-over"))), st.none() | st.integers() | st.text(max_size=9))
)
def test_the_schema_takes_whatever_the_bus_takes(damage):
    """A program in another language checks by it."""
    data = written("handed-over") | damage
    try:
        read(data)
    except ReceiptError:
        return
    assert SCHEMA.is_valid(data)
