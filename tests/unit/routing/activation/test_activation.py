"""The two-person rule: what is signed, who may, and every way in which an activation is refused, each by its name."""

import base64
import json
import os
import re
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st

from cbrn_routing.activation import (
    RECORD_BYTES_MAX,
    Activation,
    ActivationError,
    BadSignatureError,
    KeyFileError,
    Ladder,
    NobodyTrustedError,
    Posted,
    PrivateKey,
    RecordError,
    RefusedBookError,
    SequenceError,
    Signature,
    SignedStatement,
    Signer,
    SignerDateError,
    Statement,
    StatementError,
    Trust,
    TrustFileError,
    TwoPersonsError,
    UnknownSignerError,
    activation_of,
    by_precedence,
    candidate,
    is_encrypted,
    load,
    parse_activation,
    refuse_far,
    refuse_older,
    signers_of,
    trust_lines,
)
from cbrn_routing.rulebook import RuleBook
from cbrn_schemas.topics import Realm

NOW = datetime(2026, 11, 23, 6, 0, 30, 123456, tzinfo=UTC)
TODAY = date(2026, 11, 23)
RULE = """
rules:
  - id: one
    title: {ky: Эреже, ru: Правило, en: A rule}
    basis: [{instrument: enc, article: article 2, source: own, confidence: low}]
    when: {hazard: chemical}
    lead: mes
"""
FILES = {"chemical.yaml": RULE}
DIGEST = RuleBook.from_texts(FILES).digest
STATEMENT = Statement(Realm.REAL, 7, DIGEST)
AIGUL, BAKYT, STRANGER = (PrivateKey(Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)) for seed in range(3))
"""The same in every process, since they are part of names of tests."""
TRUST = Trust((Signer("Айгуль Асанова", "mes", AIGUL.public), Signer("Bakyt Beishenov", "moh", BAKYT.public)))


def signature(key, statement=STATEMENT):
    return Signature(key=key.public, signature=key.sign(statement))


def activation(*keys, statement=STATEMENT, files=None):
    return activation_of(files or FILES, statement, [signature(key, statement) for key in keys], NOW)


def posted(one, offset=0, at=NOW):
    return Posted.of(offset, at, one.key(), one.encoded())


def refused(kind, *signatures, statement=STATEMENT, trust=TRUST, on=TODAY):
    with pytest.raises(kind) as caught:
        signers_of(statement, signatures, trust, on)
    assert type(caught.value) is kind
    assert caught.value.hint
    return str(caught.value)


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


# The trust file.


def test_keygens_lines_are_a_trust_file():
    """What one command prints the other must read, whatever the name."""
    signer = Signer('Жумагүл "Жуля" O\\Hara', "mes", AIGUL.public)
    assert Trust.from_toml(trust_lines(signer)).signers == (signer,)


def entry(**changes):
    row = {"person": '"A B"', "body": '"mes"', "key": f'"{AIGUL.public}"'} | changes
    return "[[signer]]\n" + "".join(f"{name} = {value}\n" for name, value in row.items() if value is not None)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[signer]", "is no TOML"),
        ("[signer]\nperson = 'x'", "something else than"),
        ("trust = 1", "something else than"),
        (entry(person=None), "signer 1 of the trust file has no person"),
        (entry(person='" "'), "has no person"),
        (entry(person=r'"a\nb"'), "not a line of text"),
        (entry(body='"zzz"'), "no body has the code «zzz»"),
        (entry(key='"AAAA"'), "the key is not the base64 of 32 bytes"),
        (entry(key=f'"{AIGUL.public} "'), "the key is not the base64 of 32 bytes"),
        (entry(valid_until='"2026-01-01"'), "valid_until is no day"),
        (entry(valid_from="2026-01-01T00:00:00Z"), "valid_from is no day"),
        (entry(valid_til="2026-01-01"), "unknown field: valid_til"),
        (entry() + entry(person='"C D"'), "one key stands twice in the trust file: for A B (mes) and for C D (mes)"),
    ],
)
def test_a_mistake_in_the_trust_file_is_named(text, said):
    """It is edited by hand, seldom, and decides who may change who is told."""
    with pytest.raises(TrustFileError, match=re.escape(said)):
        Trust.from_toml(text)


def test_a_trust_file_that_cannot_be_read_is_an_error_and_not_an_empty_one(tmp_path):
    """Else a lost mount would look like «nobody may»."""
    with pytest.raises(TrustFileError, match="cannot be read"):
        Trust.read(tmp_path / "none.toml")
    assert Trust.read(None) == Trust()


@pytest.fixture
def trust_file(tmp_path):
    path = tmp_path / "signers.toml"
    path.write_text("".join(map(trust_lines, TRUST.signers)))
    path.chmod(0o644)
    return path


@pytest.mark.parametrize(
    ("mode", "who"),
    [(0o666, "anyone on this machine"), (0o646, "anyone on this machine"), (0o664, "its group"), (0o620, "its group")],
)
def test_a_trust_file_that_others_may_write_is_not_trusted(trust_file, mode, who):
    """Whoever writes it decides who is told of an emergency."""
    trust_file.chmod(mode)
    with pytest.raises(TrustFileError, match=f"^{who} may write the trust file") as refused:
        Trust.read(trust_file)
    assert f"chmod go-w {trust_file}" in refused.value.hint
    trust_file.chmod(mode & ~0o022)
    assert Trust.read(trust_file) == TRUST


def test_a_trust_file_of_another_user_is_not_trusted(trust_file, monkeypatch):
    """Its owner may change it at any time, whatever its mode says; root's may be read by everybody."""
    owner = trust_file.stat().st_uid
    monkeypatch.setattr("os.geteuid", lambda: owner + 1)
    monkeypatch.setattr("os.fstat", partial(stat_of_owner, os.fstat, owner or 4711))
    with pytest.raises(TrustFileError, match="belongs to another user") as refused:
        Trust.read(trust_file)
    assert f"chown root {trust_file}" in refused.value.hint
    monkeypatch.undo()
    monkeypatch.setattr("os.geteuid", lambda: 4711)
    monkeypatch.setattr("os.fstat", partial(stat_of_owner, os.fstat, 0))
    assert Trust.read(trust_file) == TRUST


def stat_of_owner(fstat, owner, descriptor):
    found = list(fstat(descriptor))
    found[4] = owner
    return os.stat_result(found)


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        "a = " + "[{b = " * 3_000,
        "a = " + "[\n" * 100_000,
        "a" + ".b" * 100_000 + " = 1",
        "a = " + "9" * 900,
    ],
    ids=["tables", "mixed", "lines", "dots", "digits"],
)
def test_a_trust_file_made_to_end_the_reader_is_an_answer(trust_file, text):
    """A router that crashes on it would not follow any book; one that reads it for minutes neither."""
    trust_file.write_text(text)
    with pytest.raises(TrustFileError):
        Trust.read(trust_file)


def test_a_trust_file_that_is_no_file_or_has_no_end_is_refused(tmp_path):
    """A pipe of that name would else be waited for by every router, for ever."""
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/zero")):
        with pytest.raises(TrustFileError, match="no ordinary file"):
            Trust.read(path)
    with pytest.raises(TrustFileError, match="cannot be read"):
        Trust.read(tmp_path)
    large = tmp_path / "large.toml"
    large.write_text("# more\n" * 200_000)
    with pytest.raises(TrustFileError, match="more than 1000000 bytes"):
        Trust.read(large)


# Keys.


def test_a_key_file_opens_with_its_own_passphrase_only():
    """Whoever finds the file has not got the key."""
    pem = AIGUL.to_pem("four guessless words")
    assert is_encrypted(pem)
    assert PrivateKey.from_pem(pem, "four guessless words").public == AIGUL.public
    for wrong in ("four guessless word", None):
        with pytest.raises(KeyFileError, match=r"passphrase|encrypted"):
            PrivateKey.from_pem(pem, wrong)
    with pytest.raises(KeyFileError, match="not encrypted"):
        PrivateKey.from_pem(AIGUL.to_pem(None), "needless")


def test_another_kind_of_key_is_refused():
    """An RSA key would be read, and fail at the first signature."""
    rsa = generate_private_key(65537, 2048)
    with pytest.raises(KeyFileError, match="Ed25519"):
        PrivateKey.from_pem(rsa.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()), None)
    with pytest.raises(KeyFileError, match="cannot be read"):
        PrivateKey.from_pem(b"no key", None)


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
    import pickle  # noqa: PLC0415

    error = pickle.loads(pickle.dumps(RefusedBookError("what", "do this")))  # noqa: S301
    assert isinstance(error, ActivationError)
    assert (type(error), str(error), error.hint) == (RefusedBookError, "what", "do this")
