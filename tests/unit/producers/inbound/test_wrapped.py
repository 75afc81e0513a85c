"""Signatures moved, wrapped and doubled, and envelopes around what is hostile: what is read is what was signed."""

import json
import re

import pytest
from tests.builders.partner_documents import NOW, alert, arrived, identity, info, intake, signed

from cbrn_producers.inbound.taking import Refused, Said, take
from cbrn_schemas.errors import Reason
from cbrn_schemas.formats import edxl
from cbrn_schemas.formats.cap.writing import write
from cbrn_schemas.formats.signature import Trusted

OURS, STRANGER = identity(), identity("stranger.example")
TRUSTED = Trusted.from_pem(OURS[1])
GOOD = signed(alert(), *OURS)
SIGNATURE = re.search(rb"<Signature .*</Signature>", GOOD, re.DOTALL).group()
EVIL = write(alert(info(headline="EVIL"), identifier="evil"))
WHOLE = "Выброс аммиака в Таразе"


def bare(document):
    """A document as it stands in another."""
    return re.sub(rb"<\?xml[^>]*\?>\s*", b"", document)


def envelope(content):
    """An envelope around it."""
    made = edxl.write(edxl.envelope_of(alert(), write(alert()), tlp="CLEAR"))
    return re.sub(rb"<alert .*</alert>", lambda _: bare(content), made, flags=re.DOTALL)


def taken(data, signature="required", **terms):
    """The one outcome, where signatures are demanded."""
    (outcome,) = take(arrived(data), intake(trusted=TRUSTED, signature=signature, **terms), NOW)
    return outcome


def headline(outcome):
    assert isinstance(outcome, Said), outcome
    return json.loads(outcome.record.value)["texts"]["ru"]["headline"]


@pytest.mark.parametrize(
    "data",
    [
        EVIL.replace(b"</alert>", SIGNATURE + b"</alert>"),
        EVIL.replace(b"</alert>", bare(GOOD) + b"</alert>"),
        EVIL.replace(
            b"</alert>",
            SIGNATURE.replace(b"</Signature>", b"<Object>" + bare(GOOD) + b"</Object></Signature>") + b"</alert>",
        ),
        GOOD.replace(b'URI=""', b'URI="#a"').replace(b"<alert ", b'<alert Id="a" '),
        GOOD.replace(b' URI=""', b""),
        GOOD.replace(b'<Reference URI="">', b'<Reference URI="#x"></Reference><Reference URI="">'),
        GOOD.replace(b"alerts@emer.example", b"alerts@emer.example<!-- -->.evil", 1),
        envelope(EVIL).replace(b"</EDXLDistribution>", SIGNATURE + b"</EDXLDistribution>"),
        signed(envelope(EVIL), *OURS).replace(b"EVIL", b"WORSE"),
        signed(envelope(GOOD), *OURS).replace(WHOLE.encode(), b"EVIL"),
        envelope(GOOD.replace(WHOLE.encode(), b"EVIL")),
    ],
)
def test_what_was_not_signed_as_it_stands_is_set_aside(data):
    """Moved, wrapped, by parts, and in an envelope."""
    outcome = taken(data)
    assert isinstance(outcome, Refused)
    assert outcome.error.reason is Reason.SIGNATURE_WRONG


@pytest.mark.parametrize("data", [envelope(EVIL), signed(envelope(EVIL), *STRANGER), signed(EVIL, *STRANGER)])
def test_nobody_vouches_for_it(data):
    """An envelope of a stranger lends nothing to what lies in it."""
    assert taken(data).error.reason in {Reason.SIGNATURE_MISSING, Reason.SIGNATURE_UNKNOWN}


@pytest.mark.parametrize("parted", ["<!-- x -->", "<!---->"])
def test_comments_part_no_word_that_was_signed(parted):
    """They are not signed (canonical form): whoever put one into a sender or headline has changed nothing."""
    data = GOOD.replace(WHOLE.encode(), WHOLE.replace(" ", f" {parted}", 1).encode())
    data = data.replace(b"alerts@emer.example", f"alerts@{parted}emer.example".encode(), 1)
    assert headline(taken(data, senders=("alerts@emer.example",))) == WHOLE


@pytest.mark.parametrize("outer", [OURS, None, STRANGER])
def test_an_envelope_that_is_signed_too_is_taken(outer):
    """Whoever signs alerts and envelopes both was set aside as altered, and no person could let it through."""
    data = envelope(GOOD)
    outcome = taken(data if outer is None else signed(data, *outer))
    assert headline(outcome) == WHOLE
    assert json.loads(outcome.record.value)["original"]["signature"]["state"] == "valid"
