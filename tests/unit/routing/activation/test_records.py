"""Activations as records: their one form, whose time counts, and the book that was signed."""

import json
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.builders.activation import AIGUL, BAKYT, DIGEST, FILES, NOW, RULE, STATEMENT, TODAY, TRUST, activation

from cbrn_routing.activation import (
    RECORD_BYTES_MAX,
    Activation,
    ActivationError,
    BadSignatureError,
    Posted,
    RecordError,
    RefusedBookError,
    SignedStatement,
    Signer,
    SignerDateError,
    Statement,
    StatementError,
    Trust,
    by_precedence,
    candidate,
    load,
    parse_activation,
)
from cbrn_schemas.topics import Realm


def posted(one, offset=0, at=NOW):
    return Posted.of(offset, at, one.key(), one.encoded())


# Signature files.


def test_a_signature_file_names_what_differs():
    """Two persons on two machines sign two states of a book: which of the two is off?"""
    signed = SignedStatement.by(AIGUL, STATEMENT)
    assert SignedStatement.parse(signed.model_dump_json(indent=2).encode(), "a.sig") == signed
    signed.refuse_other(STATEMENT, "a.sig")
    for other, what in (
        (Statement(Realm.EXERCISE, 7, DIGEST), "realm: cbrn, not cbrn-exercise"),
        (Statement(Realm.REAL, 8, DIGEST), "sequence number: 7, not 8"),
        (Statement(Realm.REAL, 7, "0" * 64), "digest of the book: "),
    ):
        with pytest.raises(StatementError, match=what):
            signed.refuse_other(other, "a.sig")
    with pytest.raises(RecordError, match=r"b.sig is no signature file"):
        SignedStatement.parse(b"{}", "b.sig")


# Records.


def test_a_record_comes_back_as_it_was():
    """And its key sorts as its number does."""
    made = activation(AIGUL, BAKYT)
    assert parse_activation(made.key(), made.encoded()) == made
    assert made.key() == b"0000000007"
    assert json.loads(made.encoded())["activated"] == "2026-11-23T06:00:30Z"
    assert "Правило".encode() in made.encoded(), "anyone with a Kafka reader can read the book"


def spoilt(**changes):
    content = json.loads(activation(AIGUL, BAKYT).encoded()) | changes
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


@pytest.mark.parametrize(
    "value",
    [
        None,
        b"",
        b"{}",
        b"\xff",
        b"[" * 100_000,
        activation(AIGUL, BAKYT).encoded() + b"\n",
        activation(AIGUL, BAKYT).encoded().replace(b'{"sequence":7', b'{"sequence":6,"sequence":7'),
        activation(AIGUL, BAKYT).encoded().replace(b'"sequence":7', b'"sequence":7.0'),
        spoilt(sequence="7"),
        spoilt(sequence=-1),
        spoilt(digest=DIGEST.upper()),
        spoilt(digest=DIGEST + "\n"),
        spoilt(files={}),
        spoilt(files={"../../etc/passwd": "x"}),
        spoilt(signatures=[]),
        spoilt(signatures=[{"key": "x", "signature": "y"}]),
        spoilt(realm="cbrn"),
        spoilt(activated="2026-11-23T06:00:30"),
        b"x" * (RECORD_BYTES_MAX + 1),
    ],
)
def test_bytes_that_are_no_activation_in_its_one_form_are_an_answer_not_a_crash(value):
    """Whoever can write to the topic can write anything; a key twice is read differently by different readers."""
    found = Posted.of(3, NOW, b"0000000007", value)
    assert found.activation is None
    assert isinstance(found.problem, RecordError)
    with pytest.raises(RecordError):
        candidate(found, TRUST, Realm.REAL)


def test_a_record_under_another_key_is_refused():
    """The key is what a reader of the topic sees first."""
    with pytest.raises(RecordError, match="not its sequence number"):
        parse_activation(b"0000000008", activation(AIGUL, BAKYT).encoded())


def test_a_book_too_large_for_a_record_is_refused_before_it_is_sent():
    """The broker would refuse it with less to say."""
    with pytest.raises(RecordError, match="too large"):
        activation(AIGUL, BAKYT, files=FILES | {"more.yaml": "# " + "x" * RECORD_BYTES_MAX})


def test_the_brokers_time_decides_whether_a_signer_was_in_office():
    """The record's own time is only the activating machine's word; any later start decides as of that day."""
    leaving = Trust((TRUST.signers[0], Signer("B", "moh", BAKYT.public, valid_until=TODAY)))
    made = activation(AIGUL, BAKYT)
    assert candidate(posted(made), leaving, Realm.REAL).day == TODAY
    with pytest.raises(SignerDateError):
        candidate(posted(made, at=NOW + timedelta(days=1)), leaving, Realm.REAL)


@pytest.mark.parametrize("realm", list(Realm))
def test_a_record_counts_in_its_own_realm_only(realm):
    """Copied from the exercise to the real bus it is worth nothing."""
    made = activation(AIGUL, BAKYT, statement=Statement(realm, 7, DIGEST))
    assert candidate(posted(made), TRUST, realm).activation == made
    (other,) = set(Realm) - {realm}
    with pytest.raises(BadSignatureError):
        candidate(posted(made), TRUST, other)


@given(st.lists(st.tuples(st.integers(1, 5), st.booleans()), max_size=12))
def test_reading_all_at_once_and_one_by_one_end_with_the_same_book(history):
    """A router that starts and one that saw each record arrive must decide alike, whichever books fail their proof."""
    candidates = [
        candidate(
            posted(activation(AIGUL, BAKYT, statement=Statement(Realm.REAL, number, DIGEST)), offset), TRUST, Realm.REAL
        )
        for offset, (number, _) in enumerate(history)
    ]
    passes = {one.posted.offset: history[one.posted.offset][1] for one in candidates}
    in_force = None
    for one in candidates:
        newer = in_force is None or one.activation.sequence > in_force.activation.sequence
        if newer and passes[one.posted.offset]:
            in_force = one
    assert next((one for one in by_precedence(candidates) if passes[one.posted.offset]), None) == in_force


# The book itself.


def test_a_book_that_is_not_the_signed_one_is_refused():
    """The signatures are good, the text beside them is not what they are over."""
    assert load(FILES, DIGEST, TODAY).digest == DIGEST
    with pytest.raises(RefusedBookError, match="not the one that was signed"):
        load({"chemical.yaml": RULE.replace("mes", "moh")}, DIGEST, TODAY)


def test_a_tampered_text_in_a_signed_record_is_found():
    """From end to end: everything about the record is in order but one word of a rule."""
    honest = activation(AIGUL, BAKYT)
    forged = Activation(**honest.model_dump() | {"files": {"chemical.yaml": RULE.replace("mes", "moh")}})
    one = candidate(posted(forged), TRUST, Realm.REAL)
    with pytest.raises(RefusedBookError, match="not the one that was signed"):
        load(one.activation.files, one.activation.digest, one.day)


@pytest.mark.parametrize("text", ["rules: [", "rules: 1", RULE.replace("lead: mes", "lead: nobody-knows")])
def test_a_book_that_cannot_be_read_is_refused(text):
    """Signed or not."""
    with pytest.raises(RefusedBookError, match="cannot be read"):
        load({"a.yaml": text}, "0" * 64, TODAY)


def test_errors_survive_the_way_out_of_another_process():
    """The book is proved elsewhere; why it was refused must arrive here, with its remedy."""
    import pickle  # noqa: PLC0415 - how a book reaches the process that proves it

    error = pickle.loads(pickle.dumps(RefusedBookError("what", "do this")))  # noqa: S301 - bytes of our own
    assert isinstance(error, ActivationError)
    assert (type(error), str(error), error.hint) == (RefusedBookError, "what", "do this")
