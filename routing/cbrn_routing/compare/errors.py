"""Why a line or record of a history cannot be compared."""

from __future__ import annotations

from cbrn_schemas.errors import BusError


class UnreadableError(BusError, ValueError):
    """Bytes that are neither a decision record nor an event; they are counted, not fatal."""
