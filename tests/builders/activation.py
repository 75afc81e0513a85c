"""A rule book, two persons with keys, and what they sign."""

from datetime import UTC, date, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cbrn_routing.activation import (
    PrivateKey,
    Signature,
    Signer,
    Statement,
    Trust,
    activation_of,
    signers_of,
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


def refused(kind, *signatures, statement=STATEMENT, trust=TRUST, on=TODAY):
    with pytest.raises(kind) as caught:
        signers_of(statement, signatures, trust, on)
    assert type(caught.value) is kind
    assert caught.value.hint
    return str(caught.value)
