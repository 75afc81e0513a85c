"""What is wrong with a key, a registration, or the policy.

BusError                     base; every one has a `hint`: what to do about it
├── SigningKeyError          a private or public key that cannot be used
├── RegistrationError        a record of `bus.keys` that does not count, and why
└── SignaturePolicyError     the file of the policy, or what it asks for cannot be had
"""

from __future__ import annotations

from cbrn_schemas.errors import BusError


class SigningKeyError(BusError, ValueError):
    """A key of a body, private or public, that cannot be used."""

    bad_input = True


class RegistrationError(BusError, ValueError):
    """A registration or a revocation that does not count."""


class SignaturePolicyError(BusError, ValueError):
    """A policy of signatures that cannot be used."""

    bad_input = True
