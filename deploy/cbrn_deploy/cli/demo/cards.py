"""What is shown of one event: rows of a label and a text. Pure: how they look is the screen's business."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from cbrn_schemas.details import details
from cbrn_schemas.errors import InvalidEventError
from cbrn_schemas.events import Incident, parse_event
from cbrn_schemas.marks import marks
from cbrn_schemas.records import EARLIER_RECIPIENT, remedy_in

if TYPE_CHECKING:
    from cbrn_deploy.cli.demo.board import Story
    from cbrn_deploy.cli.demo.texts import Speech
    from cbrn_producers.simulator import Published

ROLE_SENTENCES: Final = {"lead": "leads", "support": "supports", "inform": "informed"}
ROLE_STYLES: Final = {"lead": "bold green", "support": "cyan", "inform": ""}
SEVERITY_STYLES: Final = {"Extreme": "red", "Severe": "red", "Moderate": "yellow", "Minor": "green", "Unknown": "white"}


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a card: `note` says why, in a column of its own where there is room."""

    label: str
    text: str
    note: str = ""
    style: str = ""


@dataclass(slots=True)
class Card:
    """What is shown of one event."""

    time: str
    title: str
    style: str
    headline: str = ""
    rows: list[Row] = field(default_factory=list)
    footers: list[Row] = field(default_factory=list)
    """Lines without a label."""


def routed_card(published: Published, story: Story, before: set[str], speech: Speech) -> Card:
    """Make the card of an event that was routed. `before`: bodies that knew of the situation already."""
    decision = story.decision
    assert decision is not None
    event = parse_event(published.value)
    severity = speech.label("severity", event.severity)
    correction = isinstance(event, Incident) and event.message_type != "Alert"
    title = [*marks(event, speech.lang), speech.label("kind", event.kind), severity]
    title.append(event.situation if isinstance(event, Incident) else speech.say("reading"))
    text = event.texts.get(speech.lang)
    card = Card(
        _clock(published.acknowledged_ms),
        " · ".join(title),
        "green" if getattr(event, "message_type", "Alert") == "Cancel" else SEVERITY_STYLES[event.severity],
        "" if text is None else text.headline,
    )
    card.rows += [Row(speech.say("from"), speech.body(event.body)), Row(speech.say("place"), _place(decision, speech))]
    card.rows += [Row(one.label, one.text) for one in details(event, speech.lang, brief=True)]
    card.rows += _told(decision, speech)
    if decision["doubts"]:
        doubts = ", ".join(speech.label("doubt", doubt) for doubt in decision["doubts"])
        card.rows.append(Row(speech.say("warning"), doubts, style="yellow"))
    if any(receipt.restricted for receipt in story.receipts):
        card.rows.append(Row(speech.say("warning"), speech.say("restricted"), style="magenta"))
    card.footers.append(_speed(published, story, speech))
    if correction:
        card.footers.append(_reach(before, story, speech))
    return card


def _told(decision: dict[str, Any], speech: Speech) -> list[Row]:
    """Group recipients by role and first rule, in the decision's order."""
    groups: dict[tuple[str, str], list[str]] = {}
    for each in decision["recipients"]:
        groups.setdefault((each["role"], each["rules"][0]), []).append(each["body"])
    if decision["earlier"]:
        groups[("inform", EARLIER_RECIPIENT)] = decision["earlier"]
    rows = [
        Row(speech.say(ROLE_SENTENCES[role]), speech.bodies(bodies), speech.rule(rule), ROLE_STYLES[role])
        for (role, rule), bodies in groups.items()
    ]
    partners: dict[str, list[str]] = {}
    for each in decision["partners"]:
        partners.setdefault(each["rules"][0], []).append(each["body"])
    if earlier := decision.get("earlier_partners"):
        partners[EARLIER_RECIPIENT] = earlier
    rows += [
        Row(speech.say("held"), speech.bodies(bodies), speech.rule(rule), "magenta")
        for rule, bodies in partners.items()
    ]
    return rows


def _place(decision: dict[str, Any], speech: Speech) -> str:
    facets = decision["facets"]
    parts = [speech.place(decision["place"])]
    if facets.get("border"):
        parts.append(speech.say("crossing"))
    for facet, key in (("neighbours", "near"), ("downstream", "flows")):
        if facets.get(facet):
            parts.append(speech.say(key, countries=", ".join(map(speech.place, facets[facet]))))
    return "; ".join(parts)


def _speed(published: Published, story: Story, speech: Speech) -> Row:
    routed = max((receipt.routed_ms for receipt in story.receipts), default=published.acknowledged_ms)
    received = max((receipt.received_ms for receipt in story.receipts), default=published.acknowledged_ms)
    bodies = len({receipt.body for receipt in story.receipts})
    text = speech.say(
        "speed",
        count=bodies,
        routed=max(0, routed - published.acknowledged_ms),
        received=max(0, received - published.acknowledged_ms),
    )
    return Row("", text, style="dim")


def _reach(before: set[str], story: Story, speech: Speech) -> Row:
    left = before - {receipt.body for receipt in story.receipts}
    if left:
        return Row("", speech.say("reached_not_all", bodies=speech.bodies(sorted(left))), style="bold red")
    return Row("", speech.say("reached_all", count=len(before)), style="bold green")


def quarantined_card(published: Published, story: Story, speech: Speech) -> Card:
    """Make the card of a record that was set aside, with what its publisher should do."""
    headers = story.quarantine
    assert headers is not None
    code = headers.get("reason", "")
    reason, remedy = speech.label("reason", code), remedy_in(speech.lang, code, headers.get("hint", ""))
    card = Card(_clock(published.acknowledged_ms), speech.say("set_aside"), "magenta", reason)
    told = sorted(story.receipts, key=lambda receipt: receipt.role != "lead")
    card.rows += [
        Row(speech.say("from"), speech.body(published.step.body)),
        Row(speech.say("reason"), headers.get("message", "")),
        Row(speech.say("field"), headers.get("where", "")),
        Row(speech.say("remedy"), remedy, style="bold"),
        Row(speech.say("alarmed"), speech.bodies(dict.fromkeys(receipt.body for receipt in told)), style="bold green"),
    ]
    card.footers.append(_speed(published, story, speech))
    return card


def repeated_card(published: Published, again: list[str], speech: Speech) -> Card:
    """Make the card of an event that was sent again; `again`: bodies that were told twice, which must be none."""
    if again:
        return Card(
            _clock(published.acknowledged_ms),
            speech.say("repeat"),
            "red",
            speech.say("told_again", bodies=speech.bodies(again)),
        )
    return Card(_clock(published.acknowledged_ms), speech.say("repeat"), "blue", speech.say("left_out"))


def silent_card(published: Published, within_s: float, speech: Speech) -> Card:
    """Make the card of an event of which the router said nothing in time."""
    try:
        kind = speech.label("kind", parse_event(published.value).kind)
    except InvalidEventError:
        kind = published.step.id
    return Card(_clock(published.acknowledged_ms), kind, "red", speech.say("not_routed", seconds=f"{within_s:g}"))


def clock(moment: datetime) -> str:
    """Write the time of day, by the second, in this machine's zone."""
    return f"{moment.astimezone():%H:%M:%S}"


def _clock(milliseconds: int) -> str:
    return clock(datetime.fromtimestamp(milliseconds / 1000, UTC))
