"""What can be wrong with the desk's database.

StoreError        it cannot be used: of a newer program, broken, or it does not answer
└── NotOursError  it is another desk's
"""

from __future__ import annotations

from cbrn_schemas.errors import BusError


class StoreError(BusError):
    """The desk's database cannot be used."""


class NotOursError(StoreError):
    """It is another desk's."""

    bad_input = True
