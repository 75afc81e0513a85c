"""Putting a rule book into force: two persons sign it, and every router verifies that for itself before it obeys.

Pure: keys, statements, signatures, and the record that carries them. What lies on the bus, and when a router changes
over, is `cbrn_routing.router.in_force`' business.
"""

from cbrn_routing.activation.errors import (
    ActivationError,
    BadSignatureError,
    KeyFileError,
    NobodyTrustedError,
    RecordError,
    RefusedActivationError,
    RefusedBookError,
    SequenceError,
    SignerDateError,
    StatementError,
    TrustFileError,
    TwoPersonsError,
    UnknownSignerError,
)
from cbrn_routing.activation.proving import load, prove
from cbrn_routing.activation.record import (
    RECORD_BYTES_MAX,
    Activation,
    Posted,
    Signature,
    activation_of,
    parse_activation,
)
from cbrn_routing.activation.verify import (
    STEP_MAX,
    Candidate,
    Ladder,
    by_precedence,
    candidate,
    refuse_far,
    refuse_older,
    signers_of,
)
from cbrn_routing.signing.keys import PrivateKey, is_encrypted, signed_by
from cbrn_routing.signing.signed import SignedStatement
from cbrn_routing.signing.statement import Statement
from cbrn_routing.signing.trust import Signer, Trust, trust_lines

__all__ = [
    "RECORD_BYTES_MAX",
    "STEP_MAX",
    "Activation",
    "ActivationError",
    "BadSignatureError",
    "Candidate",
    "KeyFileError",
    "Ladder",
    "NobodyTrustedError",
    "Posted",
    "PrivateKey",
    "RecordError",
    "RefusedActivationError",
    "RefusedBookError",
    "SequenceError",
    "Signature",
    "SignedStatement",
    "Signer",
    "SignerDateError",
    "Statement",
    "StatementError",
    "Trust",
    "TrustFileError",
    "TwoPersonsError",
    "UnknownSignerError",
    "activation_of",
    "by_precedence",
    "candidate",
    "is_encrypted",
    "load",
    "parse_activation",
    "prove",
    "prover",
    "refuse_far",
    "refuse_older",
    "signed_by",
    "signers_of",
    "status",
    "trust_lines",
]
