"""What a person decides of a quarantined record: onto the topic of the person's own body; the keeper applies it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cbrn_consumers.deciding import Asking, check_words, have_applied
from cbrn_consumers.errors import ReleaseRefusedError
from cbrn_consumers.quarantine.items import answer_of, check_id, find_item, fold_items
from cbrn_consumers.quarantine.releasing import check_correction, check_open, check_unchanged, plan_release
from cbrn_routing.bus.read import read_first
from cbrn_schemas.person_decision import QuarantineDecision
from cbrn_schemas.topics import bus_topic

if TYPE_CHECKING:
    from datetime import datetime

    from cbrn_consumers.deciding import Person
    from cbrn_consumers.quarantine.items import Answer
    from cbrn_consumers.quarantine.releasing import Release
    from cbrn_routing.bus.read import Bytes
    from cbrn_schemas.settings import Settings


async def release(
    settings: Settings,
    identifier: str,
    person: Person,
    *,
    now: datetime,
    corrected: bytes | None = None,
    new_id: str | None = None,
    as_is: bool = False,
) -> Release:
    """Decide that a quarantined record goes back where it came from; what the keeper has written.

    `as_is`: unchanged, though this program would set it aside again.

    Raises:
        UnknownQuarantineError, AlreadyReleasedError, CorrectionError, DecisionWordsError: it was not decided.
        ReleaseRefusedError: the keeper has refused it.
        UnansweredError: it is decided, and no keeper has looked at it yet.
        BrokerUnreachableError, UnknownTopicError, NotAuthorizedError: see `cbrn_consumers.errors`.
    """
    check_id(identifier)
    if corrected is not None:
        check_correction(identifier.split("/", 1)[0], corrected)
    check_words(person, None, now)
    records: list[Bytes] = []
    async with read_first(settings, bus_topic(settings.realm, "quarantine"), records.extend) as reading:
        items = fold_items(records)
        item = check_open(find_item(items, identifier))
        plan = plan_release(item, corrected=corrected, new_id=new_id)
        if corrected is None and not as_is:
            check_unchanged(item, new_id=new_id)
        decision = QuarantineDecision(
            id=person.new_id(),
            body=person.body,
            record=identifier,
            at=now,
            by=person.name,
            corrected=None if corrected is None else corrected.decode(),
            new_id=new_id,
        )
        if person.sign is not None:
            from cbrn_consumers.quarantine.decided import statement_of  # noqa: PLC0415 - an agency may have no keys

            decision = decision.model_copy(update=person.signature(statement_of(decision, settings.realm)))

        def answer_in(record: Bytes) -> Answer | None:
            found = answer_of(record)
            return found if found is not None and found.decision == decision.id else None

        look = f"cbrn quarantine show {identifier}"
        asking = Asking("cbrn run quarantine", "the keeper of the quarantine", look, ReleaseRefusedError)
        await have_applied(settings, decision, reading, answer_in, asking)
    return plan
