"""What is shown of answers: receipts, an alert that is passed on, a reply by SMS. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, NamedTuple

from cbrn_deploy.cli.demo.cards import Card, Row, clock

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cbrn_consumers.standing import Answer, PartyStanding
    from cbrn_deploy.cli.demo.texts import Speech
    from cbrn_schemas.unanswered import Conclusion, Unanswered

STATE_STYLES: Final = {"accepted": "bold green", "acknowledged": "green", "missing": "bold red"}


class Alarm(NamedTuple):
    """The watch's alarm to one body."""

    id: str
    role: str | None
    said: Unanswered


class Rung(NamedTuple):
    """A message that a telephone shows."""

    post: str
    text: str

    def row(self, speech: Speech) -> Row:
        """Return the line of a card."""
        return Row(speech.say("sms_to"), f"{self.post}: «{self.text}»", style="bold yellow")


def answered_card(situation: str, parties: Iterable[PartyStanding], speech: Speech) -> Card:
    """Make the card of bodies that have answered, as their receipts on the bus say."""
    parties = list(parties)
    card = Card(clock(max(each.answers[-1].at for each in parties if each.answers)), situation, "green")
    for party in parties:
        said = ", ".join(f"{speech.label('act', each.receipt.act)} {clock(each.at)}" for each in party.answers)
        card.rows.append(Row(speech.body(party.body), said, party.holder or "", "bold green"))
    card.footers.append(Row("", speech.say("receipts", count=sum(len(each.answers) for each in parties)), style="dim"))
    return card


def passed_on_card(
    party: PartyStanding, alarms: Mapping[str, Alarm], concluded: Conclusion | None, now: datetime, speech: Speech
) -> Card:
    """Make the card of an alert that was passed on, as the watch's alarms on the bus say; times by the demo's clock."""
    title = f"{speech.label('kind', 'unanswered')} · {party.situation}"
    card = Card(clock(now), title, "red")
    state = party.state(now)
    card.rows.append(Row(speech.body(party.body), speech.label("standing", state), style=STATE_STYLES.get(state, "")))
    asked = next((alarm for alarm in alarms.values() if alarm.role == "lead"), None)
    if asked is not None:
        event = asked.said
        step = speech.label("step", event.step)
        card.rows.append(
            Row(speech.label("ui", "asked-now"), f"{speech.body(event.asked)}: {step}", style="bold green")
        )
    informed = [body for body, alarm in alarms.items() if alarm.role == "inform"]
    if informed:
        card.rows.append(Row(speech.say("hears"), speech.bodies(informed), style="cyan"))
    if concluded is not None:
        card.footers.append(Row("", speech.say("concluded", level=concluded.level), style="dim"))
    return card


def reply_card(post: str, said: str, party: PartyStanding, concluded: Conclusion | None, speech: Speech) -> Card:
    """Make the card of an officer's reply, with the receipt that it has become."""
    last: Answer | None = party.answers[-1] if party.answers else None
    card = Card(clock(datetime.now(UTC) if last is None else last.at), party.situation, "green")
    card.rows.append(Row(speech.say("sms_from"), f"{post}: «{said}»", style="bold yellow"))
    if last is not None:
        act = f"{speech.label('act', last.receipt.act)} {clock(last.at)}"
        card.rows.append(Row(speech.body(party.body), act, party.holder or "", "bold green"))
    if concluded is not None:
        card.footers.append(Row("", speech.say("stood_down", level=concluded.level), style="dim"))
    return card
