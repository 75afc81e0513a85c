"""What can go wrong while rights are given and taken, beside an unreachable broker.

AccessError
├── NotAdminError       the broker let this user in, and lets it give no rights
├── NoRightsHereError   the cluster has no authorizer: everybody may do everything
└── NotSettledError     the cluster took a change and does not show it
"""

from __future__ import annotations

from cbrn_schemas.errors import BusError


class AccessError(BusError):
    """The cluster refused a change of rights, credentials or quotas."""


class NotAdminError(AccessError, PermissionError):
    """Who asked may not give rights."""

    hint = (
        "Use the credentials of a person who gives rights: CBRN_CREDENTIALS=.cbrn/access/admin.cbrn beside `cbrn up`."
    )


class NoRightsHereError(AccessError):
    """The cluster knows no rules."""

    hint = "Set authorizer.class.name on its brokers (docs/access.md), or start them without --plaintext."


class NotSettledError(AccessError):
    """A change was taken, and is not to be seen."""

    hint = "Look at the brokers' logs; run it again when they are well: what is done already is left as it is."
