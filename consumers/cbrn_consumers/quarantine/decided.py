"""What the keeper of the quarantine makes of a person's decision: may it be, and what is written for it. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import structlog

from cbrn_consumers.errors import ReleaseRefusedError
from cbrn_consumers.quarantine.items import Answer, find_item
from cbrn_consumers.quarantine.releasing import check_open, check_overruled, is_document, let_through, plan_release
from cbrn_routing.duties import person_of
from cbrn_routing.signing.releases import QuarantineStatement, Unverified, verified
from cbrn_schemas.catalogue.bodies import is_abroad
from cbrn_schemas.errors import BusError
from cbrn_schemas.person_decision import UnreadDecision
from cbrn_schemas.records import rfc3339
from cbrn_schemas.topics import parse_from_topic

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from cbrn_consumers.quarantine.items import Item
    from cbrn_consumers.quarantine.releasing import Release
    from cbrn_routing.signing.trust import Trust
    from cbrn_schemas.person_decision import QuarantineDecision
    from cbrn_schemas.topics import Realm

log = structlog.get_logger(__name__)


def decided(
    decision: QuarantineDecision | UnreadDecision,
    items: Mapping[str, Item],
    trust: Trust,
    realm: Realm,
    now: datetime,
) -> tuple[Release | None, Answer]:
    """Return what is written for a decision, nothing where it is refused, and the answer to it."""
    if isinstance(decision, UnreadDecision):
        return None, Answer(decision.id, decision.subject, "", rfc3339(now), decision.why, decision.hint)
    answer = Answer(decision.id, decision.record, decision.by, rfc3339(now))
    try:
        return check_release(decision, items, trust, realm, now), answer
    except BusError as error:
        return None, answer._replace(why=str(error), hint=error.hint)
    except Exception as error:
        # Whatever it is, it must not come again at every start and keep others from being released.
        log.exception("a decision cannot be checked", decision=decision.id)
        why = f"it cannot be checked: {type(error).__name__}"
        return None, answer._replace(why=why, hint="The log of the keeper of the quarantine says more.")


def check_release(
    decision: QuarantineDecision, items: Mapping[str, Item], trust: Trust, realm: Realm, now: datetime
) -> Release:
    """Return what a decision writes, if it may.

    A body may release what came from itself: it could as well publish it anew. Whoever puts words into another body's
    mouth must have signed, with a key of this machine's trust file. A signature must be good wherever there is one.

    Raises:
        UnknownQuarantineError, AlreadyReleasedError, ReleaseRefusedError, CorrectionError: see there.
    """
    vouched = _check_person(decision, trust, realm, now)
    item = find_item(items, decision.record)
    plan = plan_release(
        check_open(item),
        corrected=None if decision.corrected is None else decision.corrected.encode(),
        new_id=decision.new_id,
    )
    ingress = parse_from_topic(item.topic)
    if ingress is None or ingress.realm is not realm:
        raise ReleaseRefusedError(f"{item.topic} is of another realm", hint="Find out who has set it aside here.")
    if is_document(item.topic):
        check_overruled(item)
        return let_through(plan, item, realm, decision.by)
    return replace(plan, vouched=vouched)


def statement_of(decision: QuarantineDecision, realm: Realm) -> QuarantineStatement:
    """Return what must have been signed."""
    return QuarantineStatement(realm, decision.record, decision.corrected, decision.new_id)


def _check_person(decision: QuarantineDecision, trust: Trust, realm: Realm, now: datetime) -> bool:
    """Refuse who may not decide it; tell whether a person's signature counts, or only the body's topic speaks for it.

    Raises:
        ReleaseRefusedError: see `check_release`.
    """
    signer = verified(trust, decision.key, decision.signature, statement_of(decision, realm), now)
    ingress = parse_from_topic(decision.record.split("/", 1)[0])
    own = ingress is not None and ingress.body == decision.body
    if is_abroad(decision.body) and is_document(decision.record.split("/", 1)[0]):
        raise ReleaseRefusedError(
            f"{decision.body} is abroad, and no partner vouches for documents of partners, its own least of all",
            hint="Let a person at home decide, whose signature counts, once the partner was asked by another way.",
        )
    if isinstance(signer, Unverified):
        # Where there is no trust file nothing can be verified: a body may still mend what is its own.
        if own and (decision.key is None or signer is Unverified.NO_TRUST_FILE):
            return False
        asked = "its signature must count" if own else "a record of another body needs a signature that counts"
        raise ReleaseRefusedError(
            f"{asked} with the keeper of the quarantine, and it is «{signer.value}»",
            hint="Sign with --key, and have that key in the trust file of `cbrn run quarantine` "
            "(CBRN_RULEBOOK_SIGNERS); or let the body decide that the record came from.",
        )
    if signer.body != decision.body or signer.identity != person_of(decision.by):
        raise ReleaseRefusedError(
            f"it names {decision.by} of {decision.body}, and the key is that of {signer}",
            hint="Decide in your own name, on the topic of your own body.",
        )
    return True
