"""What an officer does to a situation: a form made into a receipt, which says exactly what was seen. Pure.

A form that is pressed twice, or sent again after a broken line, is the same receipt and counts once; in the mouth of
another officer it is another one.
"""

from __future__ import annotations

from datetime import datetime
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from cbrn_consumers.answering import receipt_for
from cbrn_consumers.errors import ClosedSituationError, UnknownSituationError
from cbrn_schemas.receipt import ACTS, ReceiptError

if TYPE_CHECKING:
    from cbrn_consumers.desk.accounts import Account
    from cbrn_consumers.standing import Answer, PartyStanding, SituationStanding
    from cbrn_consumers.standing.reader import Read
    from cbrn_schemas.receipt import Act, Receipt
    from cbrn_schemas.topics import Realm

TEXT_MAX: Final = 5_000


class ActForm(NamedTuple):
    """What was sent: the act, of which situation, what the page had shown, and what was typed."""

    act: str
    situation: str
    seen: str = ""
    """When the page's latest message was told, as it stood in the form."""
    once: str = ""
    """Of this form alone."""
    reason: str = ""
    text: str = ""
    to: str = ""

    def said(self) -> dict[str, str]:
        """Return what was typed, without blanks around it."""
        given = {"reason": self.reason, "text": self.text, "to": self.to}
        return {name: " ".join(value.split()) for name, value in given.items() if value.strip()}


def receipt_of(form: ActForm, read: Read, account: Account, *, realm: Realm, at: datetime) -> Receipt:
    """Make the receipt.

    Raises:
        UnknownSituationError: the body was not told of it.
        ClosedSituationError: the body has closed it, and nothing has changed since.
        ReceiptError: it cannot be given so; `where` is the field.
    """
    if form.act not in ACTS:
        raise ReceiptError(f"{form.act[:40]} is no answer", where="act", hint="Use the buttons of the page.")
    act: Act = form.act
    body = account.body
    fields: dict[str, Any] = {"realm": realm, "body": body, "at": at, "by": account.shown, **form.said()}
    fields["id"] = f"{body}.{_name(form, account)}"
    standing = read.standings.of(form.situation)
    party = None if standing is None else party_of(standing, body)
    if party is None:
        asked = read.alarms.get(body)
        if asked is None:
            raise UnknownSituationError(f"{body} was never told of a situation {form.situation}")
        return receipt_for(asked, act, **fields)
    closed = party.closed
    if closed is not None:
        raise ClosedSituationError(
            f"{closed.receipt.by} has closed it", hint="An alert that changes something opens it."
        )
    version = _seen(party, form.seen)
    alert = read.events.get(party.versions[version - 1].event) or read.alerts[body]
    return receipt_for(alert, act, version=version, **fields)


def party_of(standing: SituationStanding, body: str) -> PartyStanding | None:
    """Find where a body stands."""
    return next((party for party in standing.parties if party.body == body), None)


def found(read: Read, situation: str, identifier: str) -> Answer | None:
    """Find a receipt among what a body's log holds, whether it counts or not."""
    body = identifier.partition(".")[0]
    return next((each for each in read.standings.given(situation, body) if each.receipt.id == identifier), None)


def before(read: Read, answer: Answer) -> Answer | None:
    """Find another person's answer of the same kind to the same message, which the log had first."""
    receipt = answer.receipt
    return next(
        (
            each
            for each in read.standings.given(receipt.situation, receipt.body)
            if each.receipt.act == receipt.act
            and each.receipt.event == receipt.event
            and each.receipt.by != receipt.by
            and each.order() < answer.order()
        ),
        None,
    )


def _seen(party: PartyStanding, seen: str) -> int:
    """Return which message the page had shown last, from 1: an answer never speaks of what came after."""
    try:
        moment = datetime.fromisoformat(seen)
        shown = [number for number, told in enumerate(party.versions, 1) if told.at <= moment]
    except (ValueError, TypeError):
        shown = []
    if not shown:
        raise ReceiptError(
            "it is not known what the page had shown", where="seen", hint="Load the page anew and answer again."
        )
    return shown[-1]


def _name(form: ActForm, account: Account) -> str:
    words = "\x1f".join(
        (form.once[:80], form.act, form.situation, form.seen, account.id, *sorted(form.said().values()))
    )
    return f"desk-{blake2b(words.encode('utf-8', 'replace'), digest_size=10).hexdigest()}"
