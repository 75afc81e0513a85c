"""What a document's signature is worth on the terms with its partner, at the time when it was received. Pure.

Whoever reads on reads what was signed, and not what came.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from cbrn_schemas.errors import InvalidEventError, Reason
from cbrn_schemas.formats.signature import SignatureError, SignatureFault, is_signed, verify

if TYPE_CHECKING:
    from datetime import datetime

    from cbrn_producers.inbound.terms import Terms

_STALE: Final = frozenset({SignatureFault.EXPIRED, SignatureFault.NOT_YET_VALID})
WHERE: Final = "document"


class Proved(NamedTuple):
    """What may be read on, and what an event says of the signature."""

    data: bytes
    signature: dict[str, Any]


def proved(data: bytes, terms: Terms, received: datetime, released_by: str | None, *, envelope: bool = False) -> Proved:
    """Look at the signatures of a document; of an `envelope` at its own, and not at those of what lies in it.

    Raises:
        InvalidEventError: none where one is demanded, one that does not count, or one that is wrong; the first two a
            person may overrule, who then stands in the event.
        FormatError: no XML that can be read.
    """
    through = {} if released_by is None else {"let_through_by": released_by[:200]}
    try:
        signed = is_signed(data)
    except SignatureError as error:
        raise _refused(Reason.DOCUMENT_UNREADABLE, error) from None
    if not signed:
        if terms.signature == "required" and released_by is None:
            raise InvalidEventError(
                Reason.SIGNATURE_MISSING,
                where=WHERE,
                message=f"{terms.partner} signs its documents, and this one has no signature",
                hint="Ask the partner, by another way, whether it is theirs; if so, release it.",
            )
        return Proved(data, {"state": "absent"} | (through if terms.signature == "required" else {}))
    if terms.trusted is None:
        return Proved(data, {"state": "unchecked"})
    try:
        found = verify(data, terms.trusted, received, allow_sha1=terms.allow_sha1, envelope=envelope)[0]
    except SignatureError as error:
        reason = _reason(error.reason)
        if reason is Reason.SIGNATURE_WRONG or (terms.signature == "required" and released_by is None):
            raise _refused(reason, error) from None
        return Proved(data, {"state": "untrusted", "verified": received} | through)
    said = {"state": "valid", "signer": found.signer[:500] or None, "algorithm": found.method}
    kept = {name: value for name, value in said.items() if value is not None}
    return Proved(found.signed, kept | {"verified": received})


def _reason(fault: SignatureFault) -> Reason:
    if fault is SignatureFault.UNTRUSTED:
        return Reason.SIGNATURE_UNKNOWN
    return Reason.SIGNATURE_STALE if fault in _STALE else Reason.SIGNATURE_WRONG


def _refused(reason: Reason, error: SignatureError) -> InvalidEventError:
    return InvalidEventError(reason, where=WHERE, message=error.message, hint=error.hint)
