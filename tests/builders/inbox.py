"""Messages, alerts and silences as an inbox takes them."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from cbrn_consumers.alert import Alert, Origin
from cbrn_consumers.inbox import (
    Coordinate,
    Delivery,
    GroupKey,
    GroupType,
    Inbox,
    Reading,
    Silences,
    delivery_of,
)
from cbrn_consumers.inbox.delivery import place_parts
from cbrn_schemas.events import parse_event
from cbrn_schemas.silence import Subject, scope_of
from cbrn_schemas.topics import Lane

START = datetime(2026, 5, 1, 6, tzinfo=UTC)
DECLARED = START - timedelta(seconds=1)
STATION = {"station": "minkush-gamma-1"}
GOOD = {
    "id": "moh.1",
    "body": "moh",
    "author": "Асанов, дежурный",
    "reason": "датчик в ремонте до вечера",
    "scope": scope_of(STATION),
    "severity_max": "Minor",
    "starts": DECLARED,
    "expires": START + timedelta(hours=2),
    "created": DECLARED,
}
OFFSETS = iter(range(1_000_000))


def after(**time):
    return START + timedelta(**time)


def active(*given, body="moh"):
    """The silences of a body, each on the broker when it was created."""
    silences = Silences(body)
    for said in given:
        silences.note(said, getattr(said, "created", None) or said.at)
    return silences


def alert(event, *, at=START, **changes):
    """An alert of a body's feed, one of several who are informed unless said otherwise."""
    offset = next(OFFSETS)
    made = Alert(
        id=f"e-{offset}",
        source="/mes",
        type="kg.x",
        event=event,
        data=b"",
        role="inform",
        rules=("r",),
        acknowledge_by=None,
        level=0,
        warnings=("clock-ahead",),
        restricted=False,
        rulebook="",
        place="41704220",
        origin=Origin("cbrn.to.moh.alerts", 0, offset, at),
    )
    return replace(made, **changes)


def reading(**fields):
    """A gamma dose rate, unless the fields say otherwise; None takes a field away."""
    given = {
        "kind": "gamma-dose-rate",
        "body": "mes",
        "observed": "2026-05-01T06:00:00Z",
        "reported": "2026-05-01T06:00:00Z",
        "where": {"site": "F04"},
        "station": "minkush-gamma-1",
        "reading": {"value": 0.3, "unit": "uSv/h"},
        "severity": "Minor",
        **fields,
    }
    return parse_event(json.dumps({name: value for name, value in given.items() if value is not None}).encode())


def delivered(event, lane=Lane.MONITORING, **options):
    return delivery_of(alert(event, **options), lane)


INTERVAL = timedelta(minutes=5)


def message(
    offset,
    *,
    name="minkush-gamma-1",
    lane=Lane.MONITORING,
    at=START,
    severity="Minor",
    value=0.2,
    partition=0,
    identity=None,
    protection=frozenset(),
    **changes,
):
    """A delivered message, a reading of a station unless said otherwise."""
    sort = GroupType.STATION if lane is Lane.MONITORING else GroupType.SITUATION
    kind = "gamma-dose-rate" if lane is Lane.MONITORING else "chemical-spill"
    situation, station = (None, name) if lane is Lane.MONITORING else (name, None)
    place = changes.get("place", "41704220")
    made = Delivery(
        key=GroupKey(lane, sort, name),
        coordinate=Coordinate(f"cbrn.to.mes.{lane.delivery}", partition, offset),
        identity=offset if identity is None else identity,
        id=f"e-{offset}",
        routed=at,
        observed=at,
        kind=kind,
        hazard="radiological",
        publisher="mes-hydromet",
        severity=severity,
        role="inform",
        rules=("r",),
        acknowledge_by=None,
        level=0,
        warnings=(),
        restricted=False,
        place=place,
        headlines={"ru": "Разлив"},
        readings=(Reading("reading/x", "x", value, "uSv/h", value),) if lane is Lane.MONITORING else (),
        protection=protection,
        subject=Subject(situation, station, kind, "radiological", *place_parts(place), "mes-hydromet"),
    )
    return replace(made, **changes)


def inbox(silences=None, **options):
    return Inbox(silences or Silences("mes"), **{"interval": INTERVAL, **options})


def records(notices):
    return [record for notice in notices for told in notice.told for record in told.records]
