"""What can be wrong with putting a rule book into force.

ActivationError
├── KeyFileError           a private key that cannot be read, or a public one that is none
├── TrustFileError         the list of those who may sign is not one
├── RecordError            a record that is no activation, or is not written in its one form
├── RefusedActivationError who signed, what and when does not suffice
│   ├── NobodyTrustedError no trust file is set
│   ├── UnknownSignerError a key that the trust file does not hold
│   ├── SignerDateError    a signer whose time has not come, or is over
│   ├── BadSignatureError  a signature that is not over this statement
│   ├── TwoPersonsError    fewer than two different persons
│   ├── StatementError     signatures over something else than what is to be activated
│   └── SequenceError      not after the book in force, or too far beyond it: an old record, two at once, a slip
└── RefusedBookError       the book itself: it does not load, is not what was signed, or fails its proof
"""

from __future__ import annotations

from cbrn_schemas.errors import BusError


class ActivationError(BusError):
    """Base of the package's errors."""


class KeyFileError(ActivationError):
    """A key that cannot be used."""


class TrustFileError(ActivationError):
    """The list of those who may sign cannot be used; then nobody may."""


class RecordError(ActivationError):
    """Bytes that are no activation."""


class RefusedActivationError(ActivationError):
    """An activation that was not signed as it must be."""


class NobodyTrustedError(RefusedActivationError):
    """No trust file is set, so nobody may put a book into force."""


class UnknownSignerError(RefusedActivationError):
    """A key that the trust file does not hold."""


class SignerDateError(RefusedActivationError):
    """A signer who could not yet, or can no longer, sign."""


class BadSignatureError(RefusedActivationError):
    """A signature that is not over this statement."""


class TwoPersonsError(RefusedActivationError):
    """Fewer than two different persons have signed."""


class StatementError(RefusedActivationError):
    """What was signed is not what is to be activated."""


class SequenceError(RefusedActivationError):
    """The sequence number is not greater than that of the book in force, or too far beyond it."""


class RefusedBookError(ActivationError):
    """A book that must not be put into force, whoever signed it."""
