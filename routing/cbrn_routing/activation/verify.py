"""Whether an activation was signed as it must be: the two-person rule. Cheap, so it comes before anything is loaded."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
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
from cbrn_routing.rulebook.eras import local_day
from cbrn_routing.signing.keys import signed_by

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from cbrn_routing.activation.record import Activation, Posted, Signature
    from cbrn_routing.signing.statement import Statement
    from cbrn_routing.signing.trust import Signer, Trust
    from cbrn_schemas.topics import Realm

PERSONS: Final = 2
STEP_MAX: Final = 100
"""How far a number may lie beyond the highest before it. Who prepares several books at once needs a few; a slip of the
hand (9999999999) would leave no number for any later book."""
STEP_SINCE: Final = datetime(2026, 11, 24, tzinfo=UTC)
"""What the broker took before this rule was made stays as it was, whatever its number."""


def signers_of(statement: Statement, signatures: Iterable[Signature], trust: Trust, on: date) -> tuple[Signer, ...]:
    """Find the two or more persons who signed the statement.

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


def refuse_far(sequence: int, highest: int) -> None:
    """Refuse a number too far beyond the highest one before it.

    Raises:
        SequenceError: it would use up the numbers of all later books.
    """
    if sequence > highest + STEP_MAX:
        raise SequenceError(
            f"number {sequence} is more than {STEP_MAX} beyond number {highest}, the highest so far",
            f"Sign it as number {highest + 1}; `cbrn rules active` tells the next.",
        )


class Ladder:
    """The highest number on a topic, by its records in order.

    Signed or not: who signed is asked of the trust file of the day, and a key that is taken out must not take the steps
    away on which later books stand. Who can write and has no keys can only lift it by `STEP_MAX` a record.
    """

    def __init__(self) -> None:
        self.highest = 0
        self._begun = False
        self._cut = False

    def climb(self, posted: Posted) -> None:
        """Take the next record in.

        Raises:
            SequenceError: its number is too far up; it counts for nothing.
        """
        if not self._begun:
            self._begun, self._cut = True, posted.offset > 0  # what came before was deleted: begin with what is left
        if posted.activation is None:
            return
        sequence = posted.activation.sequence
        if not self._cut and posted.at >= STEP_SINCE:
            refuse_far(sequence, self.highest)
        self._cut = False
        self.highest = max(self.highest, sequence)


@dataclass(frozen=True, slots=True)
class Candidate:
    """An activation that two persons signed; its book is not yet proved."""

    posted: Posted
    activation: Activation
    signers: tuple[Signer, ...]
    day: date
    """The country's day on which the broker took it: it is proved as of this day, today and after any restart."""


def candidate(posted: Posted, trust: Trust, realm: Realm) -> Candidate:
    """Verify a record of the topic that was signed as it must be on the day when the broker took it.

    Raises:
        ActivationError: it was not.
    """
    if posted.activation is None:
        raise posted.problem or ActivationError("an empty record", "Leave it.")
    day = local_day(posted.at)
    signers = signers_of(posted.activation.statement(realm), posted.activation.signatures, trust, day)
    return Candidate(posted, posted.activation, signers, day)


def by_precedence(candidates: Iterable[Candidate]) -> list[Candidate]:
    """Put in the order in which they are tried: the highest number first; of one number the one that came first.

    The first of them whose book passes is in force. That is what reading them one by one gives as well, so that a
    router that has just started and one that saw each of them arrive agree.
    """
    return sorted(candidates, key=lambda one: (-one.activation.sequence, one.posted.offset))
