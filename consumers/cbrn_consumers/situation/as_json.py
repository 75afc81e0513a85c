"""An overview for machines: what a person is shown, and the codes behind it. Times are RFC 3339 in UTC."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cbrn_consumers.situation.sections import sections
from cbrn_consumers.standing import others_json
from cbrn_consumers.standing.as_json import change_json, standing_json, told_json
from cbrn_schemas.records import rfc3339

if TYPE_CHECKING:
    from cbrn_consumers.situation.overview import Overview, Reason, Version
    from cbrn_schemas.events.base import Language


def overview_json(overview: Overview, lang: Language) -> dict[str, Any]:
    """Return a situation; `sections` are what a screen shows, in `lang`."""
    event = overview.event
    return {
        "type": "situation",
        "situation": overview.standing.situation,
        "at": rfc3339(overview.at),
        "body": overview.body,
        "headline": overview.alert.headline(lang),
        "status": event.status,
        "message_type": event.message_type,
        "restricted": overview.standing.restricted,
        "place": {"code": overview.alert.place, **overview.place.as_json()},
        "sections": [
            {
                "section": section.code,
                "title": section.title,
                "rows": [{"label": row.label, "text": row.text, "weight": str(row.weight)} for row in section.rows],
            }
            for section in sections(overview, lang)
        ],
        "updates": [_version(version) for version in overview.versions],
        "why": [_reason(reason) for reason in overview.reasons],
        "standing": standing_json(overview.standing, overview.at),
        "others": None if overview.others is None else others_json(overview.others, overview.at),
        "warnings": list(overview.warnings),
    }


def _version(version: Version) -> dict[str, Any]:
    return told_json(version.told) | {"changed": [change_json(change) for change in version.changed]}


def _reason(reason: Reason) -> dict[str, Any]:
    return {
        "rule": reason.rule,
        "title": None if reason.title is None else reason.title.model_dump(),
        "bodies": list(reason.bodies),
        "basis": [basis.model_dump(exclude_none=True) for basis in reason.bases],
    }
