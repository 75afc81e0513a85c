"""What persons see and decide of a copy for a partner.

`held` lists, `preview` shows exactly what the partner will see, `release` and `refuse` put a signed decision onto the
topic of the person's own body. The keeper applies it; what leaves is what was seen, or nothing.

A body reads on a topic of its own what its persons may decide of (`<realm>.to.<body>.copies`). The log of the bus, with
the copies of all bodies, is for the bus's officer and the crisis centre: it is read where no body is named.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from cbrn_consumers.deciding import Asking, check_words, have_applied
from cbrn_consumers.errors import CopyRefusedError, DecisionWordsError
from cbrn_consumers.partners.copies import Copies, copies_topic, find_copy, read_copies
from cbrn_consumers.partners.decided import check_open, check_seen, statement_of
from cbrn_routing.bus.read import read_first
from cbrn_schemas.person_decision import PartnerDecision

if TYPE_CHECKING:
    from datetime import datetime

    from cbrn_consumers.deciding import Person
    from cbrn_consumers.partners.copies import Copy
    from cbrn_routing.bus.read import Bytes
    from cbrn_schemas.partner_release import Answered
    from cbrn_schemas.settings import Settings


async def held(
    settings: Settings, *, body: str | None = None, partner: str | None = None, over: bool = False
) -> list[Copy]:
    """List the copies that wait, the most urgent first; `over`: also what has left, was refused or has run out.

    Those of which persons of `body` may decide (else of the settings' body); without a body all that there are.
    A cancellation of what the partner has got stands at the top, then corrections of it, then the gravest.

    Raises:
        BrokerUnreachableError, UnknownTopicError, NotAuthorizedError: see `cbrn_consumers.errors`.
    """
    copies = await read_copies(settings, body or settings.body)
    return [
        copy for copy in copies.in_order() if (over or copy.waits) and (partner is None or copy.held.partner == partner)
    ]


async def preview(settings: Settings, copy: str, *, body: str | None = None) -> Copy:
    """Return a copy with all that the partner will see, to the byte; of which copies, as `held`.

    `copy.shown` has the reduced event, the documents, by which clause each field goes, and what is withheld and why;
    `copy.shown.digest` is what `release` takes as `seen`. It is None where the copy cannot leave; `copy.why` says why.

    Raises:
        UnknownCopyError: there is none.
        BrokerUnreachableError, UnknownTopicError, NotAuthorizedError: see `cbrn_consumers.errors`.
    """
    return find_copy(await read_copies(settings, body or settings.body), copy)


async def release(settings: Settings, copy: str, person: Person, *, seen: str, reason: str, now: datetime) -> Copy:
    """Decide that the partner gets what was seen; the copy after the keeper has applied it.

    `seen` is the digest of what the person saw, or its first 12 digits at the least. Where the agreement asks for two
    persons, the first of them changes nothing that leaves: `copy.persons_missing` is 1 then.

    Raises:
        UnknownCopyError, CopyRefusedError, DecisionWordsError: it was not decided, or the keeper has refused it.
        UnansweredError: it is decided, and no keeper has looked at it yet.
        BrokerUnreachableError, UnknownTopicError, NotAuthorizedError: see `cbrn_consumers.errors`.
    """
    return await _decide(settings, copy, person, act="release", seen=seen, reason=reason, now=now)


async def refuse(settings: Settings, copy: str, person: Person, *, reason: str, now: datetime) -> Copy:
    """Decide that the copy never leaves; the copy after the keeper has applied it.

    Raises:
        As `release`.
    """
    return await _decide(settings, copy, person, act="refuse", seen=None, reason=reason, now=now)


async def _decide(
    settings: Settings,
    identifier: str,
    person: Person,
    *,
    act: Literal["release", "refuse"],
    seen: str | None,
    reason: str,
    now: datetime,
) -> Copy:
    check_words(person, reason, now)
    if person.sign is None:
        raise DecisionWordsError(
            "a name alone lets nothing leave the country, and keeps nothing from leaving",
            hint="Sign with --key; `cbrn rules keygen` makes one, and an administrator puts it into the trust file.",
        )
    copies = Copies()
    async with read_first(settings, copies_topic(settings.realm, person.body), copies.take) as reading:
        copies.left_out.tell()
        copy = find_copy(copies, identifier)
        check_open(copy)
        if seen is not None:
            seen = check_seen(copy, seen)
        decision = PartnerDecision(
            id=person.new_id(),
            body=person.body,
            copy_id=copy.id,
            at=now,
            by=person.name,
            act=act,
            seen=seen,
            reason=reason,
        )
        decision = decision.model_copy(update=person.signature(statement_of(decision, settings.realm)))

        def answer_in(record: Bytes) -> Answered | None:
            copies.take([record])
            return copies.answers.get(decision.id)

        look = f"cbrn partners show {copy.id}"
        asking = Asking("cbrn run partners", "the keeper of partners", look, CopyRefusedError)
        try:
            await have_applied(settings, decision, reading, answer_in, asking)
        except CopyRefusedError as error:
            answer = copies.answers.get(decision.id)
            error.because = None if answer is None else answer.because
            raise
    return copy
