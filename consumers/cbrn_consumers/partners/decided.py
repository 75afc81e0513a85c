"""What a person may decide of a copy: said early to the person by the command, and decided by the keeper. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import structlog

from cbrn_consumers.errors import CopyRefusedError, UnknownCopyError
from cbrn_consumers.partners.copies import find_copy
from cbrn_routing.duties import person_of
from cbrn_routing.signing.releases import PartnerStatement, Unverified, verified
from cbrn_schemas.because import Because
from cbrn_schemas.partner_release import Answered, Approved, Refused
from cbrn_schemas.person_decision import UnreadDecision

if TYPE_CHECKING:
    from datetime import datetime

    from cbrn_consumers.partners.copies import Copies, Copy
    from cbrn_routing.signing.trust import Signer, Trust
    from cbrn_schemas.partner_release import AnyRecord
    from cbrn_schemas.person_decision import PartnerDecision
    from cbrn_schemas.topics import Realm

SEEN_DIGITS: Final = 12
"""Of a digest, as persons copy it: as many as are shown."""

log = structlog.get_logger(__name__)


class Word(NamedTuple):
    """What a decision comes to."""

    entries: tuple[AnyRecord, ...]
    """What is written, the answer last."""
    approvals: tuple[Approved, ...] = ()
    """All that let the copy go, if it goes now; the keeper writes the rest. Before the agreement's delay has passed it
    leaves later."""


def decided(
    copies: Copies, decision: PartnerDecision | UnreadDecision, trust: Trust, realm: Realm, now: datetime
) -> Word:
    """Return what a decision comes to, or why it is refused."""
    if isinstance(decision, UnreadDecision):
        return _refused(decision.subject, decision.id, now, CopyRefusedError(decision.why, hint=decision.hint))
    try:
        copy = find_copy(copies, decision.copy_id)
        signer = check_person(decision, copy, trust, realm, now)
        check_open(copy)
        if decision.act == "refuse":
            return _refusal(decision, copy, signer, now)
        check_seen(copy, decision.seen or "")  # whole: the model holds it to that
        return _approval(decision, copy, signer, now)
    except (CopyRefusedError, UnknownCopyError) as error:
        refused = error
    except Exception as error:
        # Whatever it is, it must not come again at every start and keep other copies from being seen to.
        log.exception("a decision cannot be checked", decision=decision.id)
        refused = CopyRefusedError.of(Because(code="unchecked", values={"error": type(error).__name__}))
    return _refused(decision.copy_id, decision.id, now, refused)


def statement_of(decision: PartnerDecision, realm: Realm) -> PartnerStatement:
    """Return what a person signs, and what must have been signed."""
    return PartnerStatement(realm, decision.copy_id, decision.act, decision.seen, decision.reason)


def check_open(copy: Copy) -> None:
    """Refuse what is over.

    Raises:
        CopyRefusedError: see there.
    """
    if not copy.waits:
        raise _no(f"is-{copy.state}", copy)


def check_seen(copy: Copy, seen: str) -> str:
    """Return the whole digest of what the person saw; refuse to release anything else than that.

    Raises:
        CopyRefusedError: see there.
    """
    shown = copy.shown
    if shown is None:
        raise _no("cannot-leave", copy, why=copy.why)
    if not shown.digest.startswith(seen) or len(seen) < SEEN_DIGITS:
        raise _no("changed", copy, now=shown.digest[:SEEN_DIGITS], seen=seen[:SEEN_DIGITS])
    return shown.digest


def check_person(decision: PartnerDecision, copy: Copy, trust: Trust, realm: Realm, now: datetime) -> Signer:
    """Return whose word it is; refuse what is nobody's, and who may not decide of this copy.

    Raises:
        CopyRefusedError: see there.
    """
    signer = verified(trust, decision.key, decision.signature, statement_of(decision, realm), now)
    if isinstance(signer, Unverified):
        raise _no(f"nobody-{signer.value}", copy)
    if signer.body != decision.body or signer.identity != person_of(decision.by):
        raise _no("other-person", copy, named=f"{decision.by} ({decision.body})", signer=str(signer))
    bodies = () if copy.weighed is None else copy.weighed.bodies
    if signer.body not in bodies:
        raise _no("other-bodies", copy, body=signer.body, bodies=", ".join(bodies) or "-")
    return signer


def _refusal(decision: PartnerDecision, copy: Copy, signer: Signer, now: datetime) -> Word:
    entry = Refused(**_said(decision, copy, signer, now))
    return Word((entry, _applied(copy, decision, now)))


def _approval(decision: PartnerDecision, copy: Copy, signer: Signer, now: datetime) -> Word:
    if any(person_of(each.by) == signer.identity for each in copy.approvals):
        raise _no("twice", copy, signer=str(signer))
    entry = Approved(**_said(decision, copy, signer, now), seen=decision.seen or "")
    assert copy.weighed is not None, "something is shown"
    approvals = (*copy.approvals, entry)
    leaves = len(approvals) >= copy.weighed.persons and (copy.weighed.not_before or now) <= now
    return Word((entry, _applied(copy, decision, now)), approvals if leaves else ())


def _said(decision: PartnerDecision, copy: Copy, signer: Signer, now: datetime) -> dict[str, Any]:
    """Return what the log keeps of a person's word, whatever it is: enough to verify it once more."""
    return {
        "id": copy.id,
        "at": now,
        "decision": decision.id,
        "body": signer.body,
        "by": str(signer),
        "key": decision.key,
        "signature": decision.signature,
        "reason": decision.reason,
    }


def _applied(copy: Copy, decision: PartnerDecision, now: datetime) -> Answered:
    log.info("a decision is applied", decision=decision.id, copy=copy.id, act=decision.act)
    return Answered(id=copy.id, at=now, decision=decision.id, outcome="applied")


def _no(code: str, copy: Copy, **values: str) -> CopyRefusedError:
    return CopyRefusedError.of(Because(code=code, values={"copy": copy.id, "partner": copy.held.partner, **values}))


def _refused(copy: str, decision: str, now: datetime, error: CopyRefusedError | UnknownCopyError) -> Word:
    why, because = str(error), error.because if isinstance(error, CopyRefusedError) else None
    log.warning("a decision is refused", decision=decision, copy=copy, why=why)
    answer = Answered(id=copy, at=now, decision=decision, outcome="refused", why=why, hint=error.hint, because=because)
    return Word((answer,))
