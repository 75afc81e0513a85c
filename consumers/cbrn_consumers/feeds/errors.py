"""What can be wrong with a feed's own state.

BusError                     every one has a `hint`: what to do about it
└── FeedStoreError           the database of feeds cannot be used; it can be lost
"""

from __future__ import annotations

from cbrn_schemas.errors import BusError


class FeedStoreError(BusError):
    """The database of feeds cannot be used."""
