"""What to do about a field under another name, and about an event inside of something else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from cbrn_schemas.catalogue.spelling import nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cbrn_schemas.events.remedies.mistake import Mistake

_ALSO_CALLED: Final[Mapping[str, tuple[str, ...]]] = {
    "kind": ("type", "event_type", "eventtype", "event", "category"),
    "hazard": ("hazards", "threat", "hazard_type"),
    "body": ("sender", "agency", "organisation", "organization", "ministry", "source", "from"),
    "situation": ("incident", "incident_id", "situation_id", "event_id", "id", "identifier"),
    "station": ("sensor", "sensor_id", "device", "station_id", "post"),
    "observed": ("time", "timestamp", "datetime", "date", "onset", "measured_at", "observed_at"),
    "reported": ("sent", "created", "reported_at", "sent_at"),
    "where": ("location", "place", "area", "position", "coordinates", "geo", "geometry"),
    "point": ("location", "coordinates", "position", "geo", "geometry", "gps"),
    "lat": ("latitude", "широта", "y"),
    "lon": ("longitude", "lng", "long", "долгота", "x"),
    "district": ("soate", "rayon", "raion", "region", "city", "oblast"),
    "site": ("facility", "object"),
    "crossing": ("border_crossing", "checkpoint"),
    "severity": ("level", "priority", "grade"),
    "texts": ("text", "message", "info", "headline", "description", "title"),
    "headline": ("title", "subject", "text", "summary"),
    "instruction": ("instructions", "advice"),
    "contact": ("phone", "telephone", "tel", "mobile", "телефон"),
    "dead": ("deaths", "killed", "fatalities"),
    "injured": ("wounded", "casualties"),
    "value": ("val", "reading", "result", "amount"),
    "unit": ("units", "uom"),
    "name": ("substance", "chemical"),
    "cas": ("cas_number", "casrn"),
    "un_number": ("un", "un_no", "unnumber"),
    "activity_Bq": ("activity", "activity_bq"),
}
"""What other systems, and people, call a field."""


def field_meant(name: str, known: Iterable[str]) -> list[str]:
    """Find the known fields that are meant by a name: what others call so, else what is spelt nearly so."""
    known = list(known)
    folded = name.casefold().replace("-", "_").replace(" ", "_")
    called = [field for field in known if folded == field.casefold() or folded in _ALSO_CALLED.get(field, ())]
    return called or list(nearest(folded, known))


def instead_of(mistake: Mistake) -> str:
    """Say what to do about a field that is not known here."""
    if mistake.path == ("id",):
        return "remove it: an id goes beside the event, as ce_id, as event_id=..., or in a structured CloudEvent"
    fields = mistake.model.model_fields if mistake.model else {}
    # What is required stands there already, else it would have been named as missing.
    close = field_meant(mistake.field, [name for name, field in fields.items() if not field.is_required()])
    return (
        f"did you mean {' or '.join(close)}?" if close else f"remove it; known here: {', '.join(fields) or 'nothing'}"
    )


def written_as(field: str, unknown: Iterable[str]) -> str | None:
    """Find among unknown fields the one that stands for a missing one."""
    return next((name for name in unknown if field_meant(name, [field])), None)


def unwrapped(written: Any) -> str | None:
    """Say how to take an event out of what is around it; None where there is none inside."""
    for name, inner in written.items() if isinstance(written, dict) else ():
        if is_event(inner):
            return (
                f'publish what is in «{name}» alone: {{ "kind": "{inner["kind"]}", ... }}, without «{name}» around it'
            )
        if isinstance(inner, list) and inner and all(map(is_event, inner)):
            return f"publish the list that is in «{name}» alone, [ {{ ... }}, ... ], or event by event"
    return None


def is_event(written: Any) -> bool:
    """Tell whether something inside of an event looks like an event itself."""
    return isinstance(written, dict) and isinstance(written.get("kind"), str)
