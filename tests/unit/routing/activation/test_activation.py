"""The two-person rule: what is signed, who may, and every way in which an activation is refused, each by its name."""

import base64
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.builders.activation import (
    AIGUL,
    BAKYT,
    DIGEST,
    NOW,
    STATEMENT,
    STRANGER,
    TODAY,
    TRUST,
    activation,
    refused,
    signature,
)

from cbrn_routing.activation import (
    Activation,
    BadSignatureError,
    Ladder,
    NobodyTrustedError,
    Posted,
    SequenceError,
    Signature,
    Signer,
    SignerDateError,
    Statement,
    StatementError,
    Trust,
    TwoPersonsError,
    UnknownSignerError,
    refuse_far,
    refuse_older,
    signers_of,
)
from cbrn_schemas.topics import Realm


def test_what_two_persons_sign_is_fixed_to_the_byte():
    """Another implementation must be able to verify it from the handbook alone."""
    assert Statement(Realm.EXERCISE, 12, "a" * 64).encoded() == (
        b"cbrn-alert-bus/rule-book-activation/v1\n"
        b"realm: cbrn-exercise\n"
        b"sequence: 12\n"
        b"digest: sha256:" + b"a" * 64 + b"\n"
        b"purpose: put this rule book into force\n"
    )


@given(st.data())
def test_no_two_statements_have_the_same_bytes(data):
    """What one was signed for can never pass for the other."""
    statements = st.builds(
        Statement, st.sampled_from(list(Realm)), st.integers(1, 9_999_999_999), st.from_regex(r"\A[0-9a-f]{64}\Z")
    )
    one, other = data.draw(statements), data.draw(statements)
    assert (one == other) is (one.encoded() == other.encoded())


@pytest.mark.parametrize(
    ("realm", "sequence", "digest"),
    [
        (Realm.REAL, 0, DIGEST),
        (Realm.REAL, 10_000_000_000, DIGEST),
        (Realm.REAL, True, DIGEST),
        (Realm.REAL, 7, DIGEST.upper()),
        (Realm.REAL, 7, DIGEST + "\n"),
        (Realm.REAL, 7, DIGEST[:-1]),
        ("cbrn\nsequence: 9", 7, DIGEST),
    ],
)
def test_values_that_could_be_read_in_two_ways_make_no_statement(realm, sequence, digest):
    """A line break in a value would let it write lines of its own."""
    with pytest.raises(StatementError):
        Statement(realm, sequence, digest)


def test_two_different_persons_suffice():
    """The plain case; they are named in the order in which they signed."""
    signers = signers_of(STATEMENT, [signature(BAKYT), signature(AIGUL)], TRUST, TODAY)
    assert [str(one) for one in signers] == ["Bakyt Beishenov (moh)", "Айгуль Асанова (mes)"]


def test_one_signature_is_not_enough():
    """The rule itself."""
    assert "two different persons must sign" in refused(TwoPersonsError, signature(AIGUL))
    refused(TwoPersonsError)


def test_one_person_does_not_count_twice():
    """The same signature twice, and a person with an old and a new key who signs with both."""
    assert "Айгуль Асанова (mes) alone" in refused(TwoPersonsError, signature(AIGUL), signature(AIGUL))
    same = Trust((*TRUST.signers, Signer("  айгуль   АСАНОВА ", "moh", STRANGER.public)))
    refused(TwoPersonsError, signature(AIGUL), signature(STRANGER), trust=same)


@pytest.mark.parametrize("name", ["Асанова Айгуль", "Aйгуль Acaнoвa", "Айгуль АСАНОВА.", "Айгу\u043bь  асанова"])
def test_another_spelling_of_a_name_is_no_other_person(name):
    """The words turned round, letters of the other alphabet, a full stop: one person must not sign for two."""
    same = Trust((*TRUST.signers, Signer(name, "moh", STRANGER.public)))
    refused(TwoPersonsError, signature(AIGUL), signature(STRANGER), trust=same)


def test_an_unknown_key_is_refused_even_beside_two_good_ones():
    """A record that carries anything unexpected is not to be obeyed."""
    assert "is not in the trust file" in refused(UnknownSignerError, signature(AIGUL), signature(STRANGER))
    refused(UnknownSignerError, signature(AIGUL), signature(BAKYT), signature(STRANGER))


def test_without_a_trust_file_nobody_can_sign():
    """The shipped book then stays in force."""
    assert "there is no trust file" in refused(NobodyTrustedError, signature(AIGUL), signature(BAKYT), trust=Trust())


@pytest.mark.parametrize(("on", "good"), [("2026-06-30", False), ("2026-07-01", True), ("2026-12-31", True)])
def test_a_signer_has_a_first_and_a_last_day(on, good):
    """Who has left may not sign, and who comes next month not yet."""
    limited = Signer("Bakyt", "moh", BAKYT.public, date(2026, 7, 1), date(2026, 12, 31))
    trust = Trust((TRUST.signers[0], limited))
    given_ = (signature(AIGUL), signature(BAKYT))
    if good:
        assert signers_of(STATEMENT, given_, trust, date.fromisoformat(on))
    else:
        refused(SignerDateError, *given_, trust=trust, on=date.fromisoformat(on))
    said = refused(SignerDateError, *given_, trust=trust, on=date(2027, 1, 1))
    assert said == "Bakyt (moh) may sign from 2026-07-01 until 2026-12-31, not on 2027-01-01"


@pytest.mark.parametrize(
    "other",
    [
        Statement(Realm.EXERCISE, 7, DIGEST),
        Statement(Realm.REAL, 8, DIGEST),
        Statement(Realm.REAL, 7, "0" * 64),
    ],
    ids=["realm", "sequence", "digest"],
)
def test_a_signature_over_anything_else_does_not_count(other):
    """Taken from an exercise, from an earlier activation, from another book."""
    said = refused(BadSignatureError, signature(AIGUL), signature(BAKYT, other))
    assert said.startswith("the signature of Bakyt Beishenov (moh) is not over number 7 of cbrn with the digest")


def test_a_signature_under_anothers_key_does_not_count():
    """The key says whose signature it is, and it must be that key's."""
    borrowed = Signature(key=BAKYT.public, signature=AIGUL.sign(STATEMENT))
    refused(BadSignatureError, signature(AIGUL), borrowed)


@given(st.integers(0, 511))
def test_no_bit_of_a_signature_can_be_changed(position):
    """Nor can it be written in another way that decodes to the same."""
    raw = bytearray(base64.b64decode(AIGUL.sign(STATEMENT)))
    raw[position // 8] ^= 1 << position % 8
    changed = Signature(key=AIGUL.public, signature=base64.b64encode(raw).decode())
    refused(BadSignatureError, changed, signature(BAKYT))


def test_base64_has_one_form():
    """`AB==` and `AA==` decode to the same byte: one of them is not ours."""
    text = AIGUL.sign(STATEMENT)
    other = text[:-3] + chr(ord(text[-3]) + 1) + "=="
    assert base64.b64decode(other) == base64.b64decode(text)
    refused(BadSignatureError, Signature(key=AIGUL.public, signature=other), signature(BAKYT))


@pytest.mark.parametrize(("sequence", "good"), [(6, False), (7, False), (8, True), (80, True)])
def test_a_number_must_be_greater_than_the_one_in_force(sequence, good):
    """An old record that is put there again must not bring an old book back."""
    if good:
        refuse_older(sequence, 7)
    else:
        with pytest.raises(SequenceError, match=rf"number {sequence} is not after number 7"):
            refuse_older(sequence, 7)


@pytest.mark.parametrize(("sequence", "good"), [(8, True), (107, True), (108, False), (9_999_999_999, False)])
def test_a_number_must_be_near_the_highest_before_it(sequence, good):
    """A slip of the hand would else leave no number for any later book."""
    if good:
        refuse_far(sequence, 7)
    else:
        with pytest.raises(SequenceError, match=rf"number {sequence} is more than 100 beyond number 7"):
            refuse_far(sequence, 7)


LATER = datetime(2026, 12, 1, tzinfo=UTC)


def climbed(*sequences, first=0, at=LATER):
    """The highest number after these, and which of them were refused."""
    ladder, refused_ = Ladder(), []
    for offset, sequence in enumerate(sequences, start=first):
        try:
            ladder.climb(Posted(offset, at, Activation(**activation(AIGUL).model_dump() | {"sequence": sequence})))
        except SequenceError:
            refused_.append(sequence)
    return ladder.highest, refused_


def test_a_far_number_counts_for_nothing_and_the_next_step_is_taken_from_the_last_good_one():
    """Nor can it be reached by naming it twice."""
    assert climbed(1, 9_999_999_999, 9_999_999_999, 101, 3, 201, 302) == (201, [9_999_999_999, 9_999_999_999, 302])
    assert climbed(101) == (0, [101])


def test_history_from_before_the_rule_stays_as_it_was():
    """An update of the software must not put another book into force."""
    assert climbed(20_261_101, 20_261_123, at=NOW) == (20_261_123, [])


def test_a_topic_whose_beginning_was_deleted_goes_on_from_what_is_left():
    """Else the shipped book would decide after the first 100 numbers, if somebody tidied up."""
    assert climbed(5_000, 5_001, first=17) == (5_001, [])
    assert climbed(5_000, 9_999_999_999, first=17) == (5_000, [9_999_999_999])


@given(st.lists(st.one_of(st.integers(1, 400), st.just(9_999_999_999)), max_size=12), st.integers(0, 12))
def test_a_router_that_starts_and_one_that_runs_climb_alike(sequences, cut):
    """What is admitted depends on what lies before it alone, in whatever portions it is read."""
    whole, refused_ = climbed(*sequences)
    part, early = climbed(*sequences[:cut])
    assert early == refused_[: len(early)]
    assert part <= whole
