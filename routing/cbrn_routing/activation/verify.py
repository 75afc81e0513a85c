"""Whether an activation was signed as it must be: the two-person rule. Cheap, so it comes before anything is loaded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cbrn_routing.activation.errors import (
    ActivationError,
    BadSignatureError,
    NobodyTrustedError,
    SequenceError,
    SignerDateError,
    TwoPersonsError,
    UnknownSignerError,
)
from cbrn_routing.activation.keys import signed_by
from cbrn_routing.rulebook.eras import local_day

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from cbrn_routing.activation.record import Activation, Posted, Signature
    from cbrn_routing.activation.statement import Statement
    from cbrn_routing.activation.trust import Signer, Trust
    from cbrn_schemas.topics import Realm

PERSONS: Final = 2


def signers_of(statement: Statement, signatures: Iterable[Signature], trust: Trust, on: date) -> tuple[Signer, ...]:
    """The two or more persons who signed the statement.

    Raises:
        RefusedActivationError: nobody is trusted, a key is unknown, its holder could not sign on that day, a signature
            is not over this statement, or fewer than two different persons signed.
    """
    given = tuple(signatures)
    if not trust.signers:
        raise NobodyTrustedError(
            "nobody may put a rule book into force: there is no trust file, or it names nobody",
            "Set CBRN_RULEBOOK_SIGNERS to the list of those who may sign; `cbrn rules keygen` prints its lines.",
        )
    signers = tuple(_signer(statement, signature, trust, on) for signature in given)
    if len({signer.identity for signer in signers}) < PERSONS or len({signer.key for signer in signers}) < PERSONS:
        names = " and ".join(dict.fromkeys(map(str, signers))) or "nobody"
        raise TwoPersonsError(
            f"two different persons must sign; this was signed by {names} alone", "Ask another person to sign it."
        )
    return signers


def _signer(statement: Statement, signature: Signature, trust: Trust, on: date) -> Signer:
    signer = trust.holder(signature.key)
    if signer is None:
        raise UnknownSignerError(
            f"the key {signature.key[:12]}… is not in the trust file",
            "Sign with a key of the trust file, or have its holder added there by those who run the machine.",
        )
    if not signer.valid_on(on):
        raise SignerDateError(
            f"{signer} may sign from {signer.valid_from or 'ever'} until {signer.valid_until or 'ever'}, not on {on}",
            "Ask a person who may sign today; the trust file says who.",
        )
    if not signed_by(signature.key, signature.signature, statement):
        raise BadSignatureError(
            f"the signature of {signer} is not over number {statement.sequence} of {statement.realm} with the digest"
            f" {statement.digest[:12]}",
            "The book, its number or the realm was changed after it was signed: sign it anew.",
        )
    return signer


def refuse_older(sequence: int, in_force: int) -> None:
    """Refuse a number that is not greater than that of the book in force (0: the shipped book).

    Raises:
        SequenceError: an old record, put there again, must not roll a book back.
    """
    if sequence <= in_force:
        raise SequenceError(
            f"number {sequence} is not after number {in_force}, which is in force",
            f"Sign it as number {in_force + 1}; going back to an older book takes a new number, too.",
        )


@dataclass(frozen=True, slots=True)
class Candidate:
    """An activation that two persons signed; its book is not yet proved."""

    posted: Posted
    activation: Activation
    signers: tuple[Signer, ...]
    day: date
    """The country's day on which the broker took it: it is proved as of this day, today and after any restart."""


def candidate(posted: Posted, trust: Trust, realm: Realm) -> Candidate:
    """A record of the topic that was signed as it must be on the day when the broker took it.

    Raises:
        ActivationError: it was not.
    """
    if posted.activation is None:
        raise posted.problem or ActivationError("an empty record", "Leave it.")
    day = local_day(posted.at)
    signers = signers_of(posted.activation.statement(realm), posted.activation.signatures, trust, day)
    return Candidate(posted, posted.activation, signers, day)


def by_precedence(candidates: Iterable[Candidate]) -> list[Candidate]:
    """In the order in which they are tried: the highest number first; of one number the one that came first.

    The first of them whose book passes is in force. That is what reading them one by one gives as well, so that a
    router that has just started and one that saw each of them arrive agree.
    """
    return sorted(candidates, key=lambda one: (-one.activation.sequence, one.posted.offset))
