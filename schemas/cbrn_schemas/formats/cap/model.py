"""A CAP alert as data: what the document says, in its own words and order (CAP 1.2, section 3.2).

What is empty is not in the document. Values are as they are written: nothing here says that a document is right, which
is for `checking` to say.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final, Literal

import msgspec

NAMESPACE: Final = "urn:oasis:names:tc:emergency:cap:1.2"
NAMESPACE_11: Final = "urn:oasis:names:tc:emergency:cap:1.1"
CONTENT_TYPE: Final = "application/cap+xml"

CapStatus = Literal["Actual", "Exercise", "System", "Test", "Draft"]
CapMessageType = Literal["Alert", "Update", "Cancel", "Ack", "Error"]
Scope = Literal["Public", "Restricted", "Private"]
Version = Literal["1.1", "1.2"]


class Pair(msgspec.Struct, frozen=True):
    """A name and a value: `eventCode`, `parameter`, `geocode`."""

    name: str
    value: str


class Reference(msgspec.Struct, frozen=True):
    """An earlier message: the three together name it."""

    sender: str
    identifier: str
    sent: datetime


class Circle(msgspec.Struct, frozen=True):
    """A circle around a point of WGS 84."""

    lat: float
    lon: float
    radius_km: float


Polygon = tuple[tuple[float, float], ...]
"""Pairs of latitude and longitude; the last is the first."""


class Area(msgspec.Struct, frozen=True, kw_only=True):
    """Where. All that it has together is the area."""

    desc: str
    polygons: tuple[Polygon, ...] = ()
    circles: tuple[Circle, ...] = ()
    geocodes: tuple[Pair, ...] = ()
    altitude_ft: float | None = None
    """Feet above mean sea level; with a ceiling the lower end."""
    ceiling_ft: float | None = None


class Resource(msgspec.Struct, frozen=True, kw_only=True):
    """A file that belongs to the alert."""

    desc: str
    mime_type: str | None = None
    """Not left out in 1.2."""
    size: int | None = None
    uri: str | None = None
    deref_uri: str | None = None
    """The file itself in base64."""
    digest: str | None = None
    """SHA-1 of the file in hexadecimal digits."""


class Info(msgspec.Struct, frozen=True, kw_only=True):
    """What an alert says, in one language."""

    language: str = "en-US"
    categories: tuple[str, ...]
    event: str
    response_types: tuple[str, ...] = ()
    urgency: str
    severity: str
    certainty: str
    audience: str | None = None
    event_codes: tuple[Pair, ...] = ()
    effective: datetime | None = None
    onset: datetime | None = None
    expires: datetime | None = None
    sender_name: str | None = None
    headline: str | None = None
    description: str | None = None
    instruction: str | None = None
    web: str | None = None
    contact: str | None = None
    parameters: tuple[Pair, ...] = ()
    resources: tuple[Resource, ...] = ()
    areas: tuple[Area, ...] = ()


class CapAlert(msgspec.Struct, frozen=True, kw_only=True):
    """One message."""

    identifier: str
    sender: str
    sent: datetime
    status: CapStatus
    msg_type: CapMessageType
    source: str | None = None
    scope: Scope
    restriction: str | None = None
    addresses: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    note: str | None = None
    references: tuple[Reference, ...] = ()
    incidents: tuple[str, ...] = ()
    infos: tuple[Info, ...] = ()
    version: Version = "1.2"
    """Of the document that was read; what is written is always 1.2."""
    signatures: int = 0
    """How many the document that was read has. They are of its bytes, and never written from here."""

    @property
    def reference(self) -> Reference:
        """What a later message calls this one by."""
        return Reference(self.sender, self.identifier, self.sent)
