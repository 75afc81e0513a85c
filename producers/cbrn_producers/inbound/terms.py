"""What holds for one partner's documents: whose signatures count, which senders, what its own codes mean. Pure.

It is made of the configuration file of `cbrn run inbound`, or of the agreement with the partner.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from cbrn_schemas.catalogue.bodies import bodies

if TYPE_CHECKING:
    from cbrn_producers.inbound.hazards import Meaning
    from cbrn_schemas.formats.cap.rules import Profile
    from cbrn_schemas.formats.signature import Trusted

Demand = Literal["required", "optional"]
"""Whether a document that nobody trusted has signed is set aside; a wrong signature always is."""


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms on which a partner's documents are taken in."""

    partner: str
    """Code of the body."""
    signature: Demand = "optional"
    trusted: Trusted | None = None
    """Whose signatures count; None: nobody has said."""
    allow_sha1: bool = False
    senders: tuple[str, ...] = ()
    """CAP senders that speak for the partner; empty: whoever its feed, folder or topic lets in."""
    profile: Profile = "lenient"
    """By which rules a document is faulty."""
    meanings: tuple[Meaning, ...] = ()
    """What the partner's own codes mean; asked before the shipped list."""

    @property
    def country(self) -> str | None:
        """The neighbour that it is, as ISO has it; None for an organisation."""
        known = bodies().get(self.partner)
        return None if known is None else known.country
