"""Copies for partners abroad: what waits, what the partner would see, and how it leaves.

Nothing leaves by the machine's will alone: an agreement in force lets it, or persons whom the agreement names do, who
have seen just what the partner will see. `persons` is for them; `keeper` is the process that applies what they decide.
"""

from typing import TYPE_CHECKING

from cbrn_schemas.lazily import found_in

if TYPE_CHECKING:
    from cbrn_consumers.partners.copies import Copies, Copy, State
    from cbrn_consumers.partners.persons import held, preview, refuse, release

__all__ = [
    "Copies",
    "Copy",
    "State",
    "copies",
    "held",
    "keeper",
    "persons",
    "preview",
    "refuse",
    "release",
    "service",
]

__getattr__ = found_in(__name__, *(f"{__name__}.{room}" for room in ("copies", "persons")))
