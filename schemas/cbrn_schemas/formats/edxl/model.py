"""An envelope as data, in the words of EDXL-DE 1.0; what 2.0 calls otherwise is named beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from datetime import datetime

    from cbrn_schemas.formats.faults import Fault

NAMESPACE: Final = "urn:oasis:names:tc:emergency:EDXL:DE:1.0"
NAMESPACE_20: Final = "urn:oasis:names:tc:emergency:EDXL:DE:2.0"
CONTENT_TYPE: Final = "application/xml"
"""No media type is registered for EDXL-DE."""
UNCLASSIFIED: Final = "UNCLASSIFIED AND NOT SENSITIVE"
"""What DE 1.0 writes where nothing is confidential (3.2.1, `combinedConfidentiality`)."""

STATUSES: Final = ("Actual", "Exercise", "System", "Test")
TYPES: Final = (
    *("Report", "Update", "Cancel", "Request", "Response", "Dispatch", "Ack", "Error"),
    *("SensorConfiguration", "SensorControl", "SensorStatus", "SensorDetection"),
)
OF_20: Final = ("Unknown", "NoAppropriateDefault")
"""What 2.0 allows besides, for status and kind."""


@dataclass(frozen=True, slots=True)
class Keyword:
    """Words of one list: `keyword`, `senderRole`, `recipientRole`."""

    list: str
    """`valueListUrn`: the list's name."""
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Address:
    """One or several receivers, in one way of naming them: `explicitAddress`."""

    scheme: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TargetArea:
    """Where: all that stands in it together. Geometry is written as CAP writes it."""

    circles: tuple[str, ...] = ()
    """`lat,lon radius`, the radius in kilometres."""
    polygons: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    """ISO 3166-1, two letters."""
    subdivisions: tuple[str, ...] = ()
    """ISO 3166-2."""
    locodes: tuple[str, ...] = ()
    """UN/LOCODE."""


@dataclass(frozen=True, slots=True)
class Content:
    """What lies in the envelope: one document."""

    data: bytes | None
    """The document itself; None where only its address is given."""
    xml: bool
    """Whether it lies in the envelope as XML, not as base64."""
    mime_type: str | None = None
    exact: bool = True
    """Whether these are the envelope's own bytes. False where the document leans on names that the envelope declares,
    so that they had to be written into it: what it says is the same."""
    description: str | None = None
    incident: str | None = None
    confidentiality: str | None = None
    uri: str | None = None
    keywords: tuple[Keyword, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Distribution:
    """One envelope."""

    id: str
    sender: str
    """`user@domain`."""
    sent: datetime
    status: str
    type: str
    """`distributionType`; in 2.0 `distributionKind`."""
    confidentiality: str = UNCLASSIFIED
    language: str | None = None
    keywords: tuple[Keyword, ...] = ()
    references: tuple[str, ...] = ()
    """`distributionID,senderID,dateTimeSent` of earlier ones."""
    addresses: tuple[Address, ...] = ()
    areas: tuple[TargetArea, ...] = ()
    contents: tuple[Content, ...] = ()
    expires: datetime | None = None
    """2.0 alone has it."""
    version: Literal["1.0", "2.0"] = "1.0"
    """Of the document that was read; what is written is always 1.0."""
    faults: tuple[Fault, ...] = ()
    """What a document that was read has besides, without being useless for it."""
