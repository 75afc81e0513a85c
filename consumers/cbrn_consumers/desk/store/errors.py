"""What can be wrong with the desk's database."""

from __future__ import annotations

from cbrn_schemas.errors import BusError


class StoreError(BusError):
    """The desk's database cannot be used: it is another desk's, or of a newer program, or does not answer."""
