"""The record on `<realm>.bus.access`: what a person changed of who may do what, and why. Never a secret.

All that was ever issued follows from it, and with what was taken back since, which credentials there are.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import StringConstraints, ValidationError

from cbrn_schemas.errors import FieldError
from cbrn_schemas.events.base import Count, Line
from cbrn_schemas.events.model import Model
from cbrn_schemas.events.time import Time
from cbrn_schemas.own_record import refused
from cbrn_schemas.topics import Realm, bus_topic

STREAM: Final = "access"

UserName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9.-]{0,127}$")]
PrincipalName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9.-]{0,127}(~[1-9][0-9]{0,5})?$")]
Act = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z-]{0,31}$")]
"""`issued`, `rotated`, `revoked`, `ended`, `applied`: an open list, readers must expect ones that they do not know."""
CredentialKind = Literal["password", "certificate"]


class AccessRecordError(FieldError):
    """A record that is none of this log."""

    bad_input = True
    whole = "record"


class AccessRecord(Model):
    """One change of who may do what, by a person."""

    realm: Realm
    act: Act
    user: UserName | None = None
    """Whose rights or credential; null where the rights of many were brought in line."""
    principal: PrincipalName | None = None
    """As whom the broker knows the holder of the credential; null: the user's credentials, all of them."""
    kind: CredentialKind | None = None
    serial: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{1,40}$")] | None = None
    """The certificate's number."""
    valid_until: Time | None = None
    """When the certificate lapses; null: a password does not."""
    replaces: PrincipalName | None = None
    """The credential that this one follows."""
    replaced_until: Time | None = None
    """Until when the one that it follows works beside it."""
    added: Count = 0
    """Rules that were added."""
    removed: Count = 0
    """Rules that were taken away."""
    by: Line
    """The person."""
    reason: Line
    at: Time


def access_topic(realm: Realm) -> str:
    """Name the topic of the log."""
    return bus_topic(realm, STREAM)


def read_access_record(value: bytes | None, realm: Realm) -> AccessRecord:
    """Read a record of the realm's log. Members that this version does not know are passed over.

    Raises:
        AccessRecordError: it is none.
    """
    hint = "Nothing follows from it. See who may write that topic."
    try:
        found = AccessRecord.model_validate_json(value or b"", extra="ignore")
    except ValidationError as error:
        raise refused(error, AccessRecordError, hint) from None
    if found.realm != realm:
        raise AccessRecordError(f"it was said in {found.realm}, and lies in {realm}", where="realm", hint=hint)
    return found
