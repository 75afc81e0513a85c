"""From a decided event to the duties that it raises: whom to tell, by when, on which facts.

Pure. The matcher has said which rules of duties hold (`Decision.duties`); what each framework asks for is the
catalogue's.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Any, Final

from cbrn_routing.decision import states_affected
from cbrn_routing.duties.basis import facts_of
from cbrn_routing.rulebook.eras import local_day
from cbrn_schemas.catalogue.bodies import bodies, neighbour
from cbrn_schemas.catalogue.frameworks import PartyStatus, framework
from cbrn_schemas.catalogue.tables import Confidence
from cbrn_schemas.duty import Duty, Evidence, Jurisdiction, Titles
from cbrn_schemas.events import Incident, key_of
from cbrn_schemas.events.time import LOCAL_TIME

if TYPE_CHECKING:
    from cbrn_routing.decide import Routed
    from cbrn_routing.decision import Facets
    from cbrn_routing.jurisdiction import Located
    from cbrn_routing.rulebook import DutyRule, RuleBook
    from cbrn_schemas.catalogue.frameworks import Clock
    from cbrn_schemas.events import AnyEvent, AnyIncident

TWO_PERSON_LEADS: Final = frozenset({"scns"})
"""Where one of these leads, two different persons release: what is told abroad may cost an investigation or a life."""
CARGO: Final = ("origin", "destination", "imported_from")
"""Fields that may name a state, which is told for that."""
_BY_CONFIDENCE: Final = (Confidence.LOW, Confidence.MEDIUM, Confidence.HIGH)


def duties_of(
    event: AnyEvent,
    routed: Routed,
    book: RuleBook,
    now: datetime | None = None,
    *,
    identity: tuple[str, str] | None = None,
) -> tuple[Duty, ...]:
    """Return the duties that this event raises, by id.

    `identity` is its CloudEvents id and source, where it has them. `now` (aware) is the time of decision: a clock
    never starts later than that, whatever a publisher's clock says. Only incidents raise duties, and a cancellation
    raises none: those of its situation stay, and it is noted on them.
    """
    if not routed.decision.duties or not isinstance(event, Incident) or event.message_type == "Cancel":
        return ()
    evidence = evidence_of(event, identity)
    return tuple(duty_of(book.duty(name), event, routed, evidence, now) for name in routed.decision.duties)


def duty_id(situation: str, rule: str) -> str:
    """Name the duty: the same for every event of the situation, so that an update never starts another clock."""
    return f"{situation}/{rule}"


def evidence_of(event: AnyEvent, identity: tuple[str, str] | None = None) -> Evidence:
    """Return what a duty remembers of an event."""
    identifier, source = identity or (key_of(event), f"/{event.body}")
    return Evidence(
        id=identifier,
        source=source,
        kind=event.kind,
        message_type=getattr(event, "message_type", "Alert"),
        observed=event.observed,
        reported=event.reported,
    )


def as_json(duty: Duty) -> dict[str, Any]:
    """Return a duty as `cbrn route --json` shows it; `due` is RFC 3339 in UTC, null if the framework has no hours."""
    shown = duty.model_dump(mode="json")
    return {
        "framework": duty.framework,
        "article": duty.article,
        "addressee": ",".join(duty.addressees) or duty.addressee,
        "due": shown["due"],
        "within": duty.wording,
        "rule": duty.rule,
        "possible": duty.possible,
        "voluntary": duty.voluntary,
        "confidence": duty.confidence,
    }


def duty_of(rule: DutyRule, event: AnyIncident, routed: Routed, evidence: Evidence, now: datetime | None) -> Duty:
    """Return the duty that this rule raises."""
    clock = rule.obligation
    under = framework(clock.framework)
    started = _started(clock, event, now)
    decision, place = routed.decision, _everywhere(routed)
    lead = decision.lead
    near = frozenset().union(*(cell.neighbours for cell in decision.cells))
    everywhere = decision.facets._replace(neighbours=near, downstream=place.downstream)
    return Duty(
        id=duty_id(event.situation, rule.id),
        rule=rule.id,
        rulebook=decision.rulebook,
        title=Titles(ky=rule.title.ky, ru=rule.title.ru, en=rule.title.en),
        framework=clock.framework,
        clock=clock.code,
        article=clock.article,
        asks=clock.duty,
        standing=under.standing.value,
        possible=rule.possible,
        voluntary=under.standing is PartyStatus.NOT_PARTY,
        addressees=_addressees(clock, event, everywhere),
        addressee=under.addressee,
        national_bodies=under.national_bodies,
        focal_points=under.focal_points,
        persons=2 if lead is not None and lead.body in TWO_PERSON_LEADS else 1,
        restricted=any(recipient.restricted for recipient in decision.recipients),
        starts=clock.starts,
        started=started,
        wording=clock.wording,
        due=due_of(clock, started),
        target=None if started is None or clock.target is None else started + clock.target,
        stops=clock.stops,
        basis=facts_of(rule, event, decision),
        evidence=evidence,
        place=_jurisdiction(place),
        source=clock.source,
        confidence=min(clock.confidence, under.confidence_status, key=_BY_CONFIDENCE.index).value,
    )


def _started(clock: Clock, event: AnyIncident, now: datetime | None) -> datetime | None:
    if clock.start_field is None:
        return None
    said: datetime = getattr(event, clock.start_field)
    moment = said if now is None else min(said, now)
    return moment.astimezone(UTC)


def due_of(clock: Clock, started: datetime | None) -> datetime | None:
    """Return when the framework's time runs out; None where it has words instead of hours."""
    if started is None:
        return None
    if clock.within is not None:
        return started + clock.within
    if clock.due_on is None:
        return None
    month, day = map(int, clock.due_on.split("-"))
    last = date(local_day(started).year + 1, month, day)
    return datetime.combine(last, time(23, 59, 59), LOCAL_TIME).astimezone(UTC)


def _addressees(clock: Clock, event: AnyIncident, facets: Facets) -> tuple[str, ...]:
    if not clock.affected_only:
        return clock.addressees
    affected = _affected(event, facets)
    return tuple(code for code in clock.addressees if bodies()[code].country is None or code in affected)


def _affected(event: AnyIncident, facets: Facets) -> frozenset[str]:
    """Return the codes of the states that may be affected.

    Those of `states_affected`; where a cargo came from and where it went.
    """
    countries = set(states_affected(facets))
    for name in CARGO:
        value = getattr(event, name, None)
        if isinstance(value, str):
            countries.add(value)
    found = (neighbour(country) for country in countries)
    return frozenset(each.code for each in found if each is not None)


def _everywhere(routed: Routed) -> Located:
    """Return the event's place, with the states that are near to, or below, any other place of it."""
    places = (routed.place, *routed.further_places)
    if len(places) == 1:
        return routed.place
    return replace(
        routed.place,
        neighbours=frozenset().union(*(each.neighbours for each in places)),
        downstream=frozenset().union(*(each.downstream for each in places)),
    )


def _jurisdiction(place: Located) -> Jurisdiction:
    return Jurisdiction(
        district=place.district,
        region=place.region,
        country=place.country,
        neighbours=tuple(sorted(place.neighbours)),
        downstream=tuple(sorted(place.downstream)),
        confidence=place.confidence,
    )
