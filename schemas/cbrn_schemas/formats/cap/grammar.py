"""The elements of CAP, as its XSD has them: order, how often each may stand, and what its value is."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping


class Element(NamedTuple):
    """One element inside another."""

    name: str
    least: int = 0
    most: int | None = 1
    """None: any number."""
    kind: str = "text"
    """What its value is: the name of a check in `values`, or of a group of `GROUPS`."""


MANY: Final = None
VALUES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "status": ("Actual", "Exercise", "System", "Test", "Draft"),
        "msgType": ("Alert", "Update", "Cancel", "Ack", "Error"),
        "scope": ("Public", "Restricted", "Private"),
        "category": (
            *("Geo", "Met", "Safety", "Security", "Rescue", "Fire", "Health"),
            *("Env", "Transport", "Infra", "CBRNE", "Other"),
        ),
        "responseType": (
            *("Shelter", "Evacuate", "Prepare", "Execute", "Avoid"),
            *("Monitor", "Assess", "AllClear", "None"),
        ),
        "urgency": ("Immediate", "Expected", "Future", "Past", "Unknown"),
        "severity": ("Extreme", "Severe", "Moderate", "Minor", "Unknown"),
        "certainty": ("Observed", "Likely", "Possible", "Unlikely", "Unknown"),
    }
)
"""The closed lists."""
LATER: Final = frozenset({"Avoid", "AllClear"})
"""Response types that 1.1 does not have."""
STANDS_FOR: Final[Mapping[str, str]] = MappingProxyType({"Very Likely": "Likely"})
"""CAP 1.2, section 3.2.2: the value of 1.0 is read as the other."""
INSTEAD: Final[Mapping[str, str]] = MappingProxyType(
    {"urgency": "Unknown", "severity": "Unknown", "certainty": "Unknown", "category": "Other"}
)
"""What a value that is none is read as in the lenient profile; a response type is left out."""

GROUPS: Final[Mapping[str, tuple[Element, ...]]] = MappingProxyType(
    {
        "alert": (
            Element("identifier", 1, kind="identifier"),
            Element("sender", 1, kind="identifier"),
            Element("sent", 1, kind="time"),
            Element("status", 1, kind="value"),
            Element("msgType", 1, kind="value"),
            Element("source"),
            Element("scope", 1, kind="value"),
            Element("restriction"),
            Element("addresses", kind="names"),
            Element("code", most=MANY),
            Element("note"),
            Element("references", kind="references"),
            Element("incidents", kind="names"),
            Element("info", most=MANY, kind="info"),
        ),
        "info": (
            Element("language", kind="language"),
            Element("category", 1, MANY, "value"),
            Element("event", 1),
            Element("responseType", 0, MANY, "value"),
            Element("urgency", 1, kind="value"),
            Element("severity", 1, kind="value"),
            Element("certainty", 1, kind="value"),
            Element("audience"),
            Element("eventCode", 0, MANY, "pair"),
            Element("effective", kind="time"),
            Element("onset", kind="time"),
            Element("expires", kind="time"),
            Element("senderName"),
            Element("headline"),
            Element("description"),
            Element("instruction"),
            Element("web", kind="web"),
            Element("contact"),
            Element("parameter", 0, MANY, "pair"),
            Element("resource", 0, MANY, "resource"),
            Element("area", 0, MANY, "area"),
        ),
        "pair": (Element("valueName", 1), Element("value", 1, kind="free")),
        "resource": (
            Element("resourceDesc", 1),
            Element("mimeType", kind="mime"),
            Element("size", kind="size"),
            Element("uri", kind="uri"),
            Element("derefUri", kind="deref"),
            Element("digest", kind="digest"),
        ),
        "area": (
            Element("areaDesc", 1),
            Element("polygon", 0, MANY, "polygon"),
            Element("circle", 0, MANY, "circle"),
            Element("geocode", 0, MANY, "pair"),
            Element("altitude", kind="decimal"),
            Element("ceiling", kind="decimal"),
        ),
    }
)
"""What stands inside an element that has elements, in its order. `free`: may be empty."""
ORDER: Final[Mapping[str, Mapping[str, int]]] = MappingProxyType(
    {group: {element.name: place for place, element in enumerate(elements)} for group, elements in GROUPS.items()}
)
