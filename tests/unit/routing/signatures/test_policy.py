"""Who must sign what: the shipped policy asks nobody; an installation's is checked before it counts."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from cbrn_routing.router.body_keys import BodyKeys
from cbrn_routing.signatures.errors import SignaturePolicyError
from cbrn_routing.signatures.policy import Demand, SignaturePolicy
from cbrn_schemas.settings import Settings

TWO = """
policies:
  - name: crisis-centre
    for: {bodies: [mes], lanes: [incidents]}
    signatures: required
    window: 168h
  - name: nobody-else
    signatures: "off"
"""


def test_the_shipped_policy_asks_nobody() -> None:
    shipped = SignaturePolicy.load(None)
    assert shipped.asked("mes", "chemical-release") == (Demand.OPTIONAL, timedelta(hours=24), "everybody")
    assert not shipped.demands
    assert shipped.looks


def test_the_first_policy_that_fits_decides() -> None:
    policy = SignaturePolicy.read(TWO)
    assert policy.demands
    assert policy.asked("mes", "chemical-release") == (Demand.REQUIRED, timedelta(days=7), "crisis-centre")
    assert policy.asked("mes", "water-quality").demand is Demand.OFF
    assert policy.asked("moh", "chemical-release").demand is Demand.OFF


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("policies: []", "policies"),
        ("policies: [{name: a, signatures: sometimes}]", "policies.0.signatures"),
        ("policies: [{name: a, signatures: required, wnidow: 1h}]", "there is no such field"),
        ("policies: [{name: a, signatures: required, window: 7d}]", "window"),
        ("policies: [{name: a, signatures: required, for: {bodies: [mes]}}]", "must fit every event"),
        ("policies: [{name: a, signatures: required}, {name: a, signatures: optional}]", "one name"),
        (
            "policies: [{name: a, signatures: 'off', for: {bodies: [none]}}, {name: b, signatures: optional}]",
            "code",
        ),
        ("policies: [{name: a, signatures: 'off', for: {kinds: [none]}}, {name: b, signatures: optional}]", "kind"),
        ("policies: {", "YAML"),
    ],
)
def test_a_policy_that_cannot_be_used_is_refused_with_the_place(text: str, why: str) -> None:
    with pytest.raises(SignaturePolicyError) as caught:
        SignaturePolicy.read(text)
    assert why in f"{caught.value} {caught.value.hint}"
    assert caught.value.hint


def test_a_file_that_is_not_there_or_too_large_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SignaturePolicyError, match="No such file"):
        SignaturePolicy.load(tmp_path / "none.yaml")
    (tmp_path / "large.yaml").write_text("#" * 300_000)
    with pytest.raises(SignaturePolicyError, match="larger"):
        SignaturePolicy.load(tmp_path / "large.yaml")


def test_a_router_that_can_verify_nobody_s_word_does_not_begin_where_signatures_are_required() -> None:
    """It would set every good event aside."""
    with pytest.raises(SignaturePolicyError, match="there is no trust file") as caught:
        BodyKeys(Settings(rulebook_signers=None), SignaturePolicy.read(TWO))
    assert "CBRN_RULEBOOK_SIGNERS" in caught.value.hint
    BodyKeys(Settings(rulebook_signers=None), SignaturePolicy.load(None))
