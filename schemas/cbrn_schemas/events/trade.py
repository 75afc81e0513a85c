"""Trade: what customs hold and what export control refuses.

Behind it: UN Security Council resolution 1540; Basel, Rotterdam and Stockholm Conventions; Chemical Weapons Convention.
"""

from typing import Annotated, Literal

from pydantic import Field
from pydantic.types import Strict

from cbrn_schemas.events.base import Hazard, Identifier, Incident, Line
from cbrn_schemas.events.parts import (
    Agent,
    BaselCode,
    Country,
    HsCode,
    Mass,
    Measurements,
    Nuclides,
    Sources,
    Substances,
    Vehicle,
)


class _Shipment(Incident):
    """What two kinds of finding about cargo share."""

    hazard: Hazard
    cargo: Line
    """What it is, or is declared to be."""
    medium: Literal["goods"] = "goods"
    hs_code: HsCode | None = None
    basel_code: BaselCode | None = None
    mass_kg: Mass | None = None
    direction: Literal["import", "export", "transit"] | None = None
    origin: Country | None = None
    destination: Country | None = None
    consignor: Line | None = None
    consignee: Line | None = None
    vehicle: Vehicle | None = None
    substances: Substances = ()
    sources: Sources = ()
    nuclides: Nuclides = ()
    agent: Agent | None = None
    measurements: Measurements = ()


class DetainedShipment(_Shipment):
    """Declared cargo is held."""

    kind: Literal["detained-shipment"] = "detained-shipment"
    grounds: Annotated[
        tuple[
            Literal[
                "waste", "dual-use", "banned-chemical", "radiation", "no-licence", "no-consent", "documents", "pest"
            ],
            ...,
        ],
        Field(min_length=1, max_length=5),
        Strict(strict=False),
    ]
    """Why it is held; `no-consent` is a missing prior informed consent (Basel, Rotterdam)."""
    declaration: Identifier | None = None
    """Number of the customs declaration."""


class UndeclaredShipment(_Shipment):
    """Cargo was found that no paper names, or that is not what the paper says."""

    kind: Literal["undeclared-shipment"] = "undeclared-shipment"
    found_by: Literal["inspection", "x-ray", "portal", "dog", "tip-off", "partner", "other"]
    declared_as: Line | None = None
    """What the papers say."""
    hidden: bool | None = None


class DeniedLicence(Incident):
    """A licence for controlled goods was refused, or withdrawn."""

    kind: Literal["denied-licence"] = "denied-licence"
    hazard: Hazard
    goods: Line
    control_list: Literal["national", "eaeu", "nuclear-suppliers", "australia-group", "wassenaar", "mtcr", "cwc"]
    control_item: Line | None = None
    """Item of the list: «1C350.4»."""
    hs_code: HsCode | None = None
    direction: Literal["import", "export", "transit"] = "export"
    applicant: Line
    end_user: Line | None = None
    destination: Country | None = None
    origin: Country | None = None
    reason: Line
    """Why it was refused."""
    mass_kg: Mass | None = None
    substances: Substances = ()
    sources: Sources = ()
    nuclides: Nuclides = ()
    agent: Agent | None = None
