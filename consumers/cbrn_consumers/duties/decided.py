"""What a person may decide of a duty: said early to the person by the command, and decided by the clerk. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from cbrn_consumers.duties.log import find_duty
from cbrn_consumers.errors import DutyRefusedError, UnknownDutyError
from cbrn_routing.duties import State, person_of
from cbrn_routing.duties.said import body_in, statement_of
from cbrn_routing.signing.releases import Unverified, verified
from cbrn_schemas.catalogue.bodies import bodies
from cbrn_schemas.duty import Answered, Decided, Released
from cbrn_schemas.person_decision import UnreadDecision

if TYPE_CHECKING:
    from datetime import datetime

    from cbrn_consumers.duties.log import Log
    from cbrn_routing.duties import DutyState, Entry
    from cbrn_schemas.person_decision import DutyDecision

log = structlog.get_logger(__name__)


def decided(read: Log, decision: DutyDecision | UnreadDecision, now: datetime) -> list[Entry]:
    """Return what the clerk writes: the person's record and that it was applied, or why it was refused."""
    if isinstance(decision, UnreadDecision):
        return [_refused(decision.subject, decision, now, decision.why, decision.hint)]
    duty = decision.duty
    try:
        check_decision(read, decision, now)
    except (DutyRefusedError, UnknownDutyError) as error:
        why, hint = str(error), error.hint
    except Exception as error:
        # Whatever it is, it must not come again at every start and keep the clerk from its other duties.
        log.exception("a decision cannot be checked", decision=decision.id)
        why, hint = f"it cannot be checked: {type(error).__name__}", "Decide again; the clerk's log says more."
    else:
        log.info("a decision is applied", decision=decision.id, duty=duty.id, type=duty.type)
        return [duty, Decided(id=duty.id, at=now, decision=decision.id, outcome="applied")]
    return [_refused(duty.id, decision, now, why, hint)]


def _refused(duty: str, decision: DutyDecision | UnreadDecision, now: datetime, why: str, hint: str) -> Decided:
    log.warning("a decision is refused", decision=decision.id, duty=duty, why=why)
    return Decided(id=duty, at=now, decision=decision.id, outcome="refused", why=why, hint=hint)


def check_decision(read: Log, decision: DutyDecision, now: datetime) -> None:
    """Refuse what would not count with this reader, or what the duty's state does not allow.

    Where this machine has no trust file, it can verify nobody: the name alone is taken, which counts with nobody.

    Raises:
        UnknownDutyError, DutyRefusedError: see there.
    """
    duty = decision.duty
    verifier = read.verifier
    signer = verified(verifier.trust, duty.key, duty.signature, statement_of(duty, verifier.realm), now)
    if isinstance(signer, Unverified):
        if signer is not Unverified.NO_TRUST_FILE:
            raise DutyRefusedError(
                f"it counts with nobody: {_WHY[signer]}", hint="Sign with a key of the trust file that the clerk has."
            )
        by = duty.by
        if body_in(by) in bodies().keys() - {decision.body}:
            raise DutyRefusedError(
                f"it names {by}, and stands on the topic of {decision.body}", hint="Decide for your own body."
            )
    elif signer.body != decision.body or signer.identity != person_of(duty.by):
        raise DutyRefusedError(
            f"it names {duty.by} of {decision.body}, and the key is that of {signer}",
            hint="Decide in your own name, on the topic of your own body.",
        )
    else:
        by = str(signer)
    state = find_duty(read, duty.id)
    if isinstance(duty, Answered):
        check_answer(state, by)
    else:
        plan_release(state, by=by, now=now, digest=duty.digest)


_WHY = {
    Unverified.NAME_ONLY: "it is a name alone, not signed",
    Unverified.UNKNOWN_KEY: "its key is not in the clerk's trust file",
    Unverified.NOT_VALID_THEN: "its key is not valid today",
    Unverified.WRONG_SIGNATURE: "its signature is over something else",
}


def check_answer(state: DutyState, by: str) -> None:
    """Refuse an answer to what is answered, or a second one by the same person where two are needed.

    Raises:
        DutyRefusedError: see there.
    """
    if state.state is State.ANSWERED and not state.superseded:
        raise DutyRefusedError(f"{state.id} is answered already", hint="`cbrn duties show` tells by whom.")
    if state.state is not State.RELEASED and not state.superseded and person_of(by) in state.answered_by:
        raise DutyRefusedError(
            f"{by} has recorded that {state.id} is settled", hint="A second, different person must record it too."
        )


def plan_release(
    state: DutyState,
    *,
    by: str,
    now: datetime,
    note: str | None = None,
    digest: str | None = None,
) -> Released:
    """Make the record of a release, not signed yet.

    Raises:
        DutyRefusedError: there is no draft, it is released already, or by the same person.
    """
    if not (state.open or state.superseded):
        raise DutyRefusedError(
            f"{state.id} is {state.state.value} already", hint="`cbrn duties show` tells by whom and when."
        )
    draft = state.draft
    if draft is None:
        raise DutyRefusedError(f"{state.id} has no draft yet", hint="Is `cbrn run duties` running? It writes drafts.")
    if digest is not None and not draft.digest.startswith(digest):
        raise DutyRefusedError(
            f"the draft of {state.id} is {draft.digest[:12]} by now, not {digest[:12]}",
            hint="A report came in between: read the new draft, then release that.",
        )
    for other in state.said:
        # What does not count stands in nobody's way: else whoever can write a name could keep its bearer out.
        counts = other.signer is not None or other.why is Unverified.NO_TRUST_FILE
        if counts and getattr(other.record, "digest", None) == draft.digest and other.person == person_of(by):
            raise DutyRefusedError(
                f"{other.record.by} has released {state.id} already", hint="A second, different person must release it."
            )
    return Released(id=state.id, at=now, by=by, digest=draft.digest, note=note)
