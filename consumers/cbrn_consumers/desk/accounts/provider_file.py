"""The file that names the state's own sign-in (OpenID Connect): where it is, and what its claims mean here.

It holds the client's secret, so nobody but its owner, and its group, may read it.

    issuer: https://esi.example.kg
    client_id: cbrn-desk-moh
    client_secret: ...
    desk: https://desk.moh.example.kg
    name_claim: preferred_username     # only one that its users cannot choose; left out: by `sub` alone
    shown: {ky: ..., ru: ..., en: ...} # what the button says
    create:                            # left out: only those who have an account here
      body: moh                        # or body_claim: organisation
      role_claim: desk_role
      roles: {duty: officer, head: shift-leader}
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, SecretStr, model_validator
from pydantic_core import PydanticCustomError

from cbrn_consumers.desk.accounts.errors import AccountsFileError
from cbrn_consumers.desk.accounts.rights import Role
from cbrn_schemas.catalogue.bodies import bodies
from cbrn_schemas.events.base import Code, Language, Line
from cbrn_schemas.events.model import Model
from cbrn_schemas.private_file import PrivateFileError
from cbrn_schemas.private_yaml import read_private_yaml

if TYPE_CHECKING:
    from pathlib import Path

BYTES_MAX: Final = 64 * 1024
CALLBACK: Final = "/sign-in/back"
LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})


def _address(text: str) -> str:
    parts = urlsplit(text)
    safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)
    if not safe or not parts.hostname or parts.query or parts.fragment or parts.username or not text.isprintable():
        raise PydanticCustomError("address", "it is no address: write https://host without ? and #")
    return text


Address = Annotated[str, Field(max_length=500), AfterValidator(_address)]
Claim = Annotated[str, Field(min_length=1, max_length=200)]
Secret = Annotated[SecretStr, BeforeValidator(lambda given: SecretStr(given) if isinstance(given, str) else given)]


class _Part(Model):
    # What was given stands in no error: it may be the secret.
    model_config = ConfigDict(hide_input_in_errors=True)


class Creating(_Part):
    """Who gets an account at the first sign-in; its body and role are taken anew at each."""

    body: Code | None = None
    body_claim: Claim | None = None
    role_claim: Claim
    """A text, or a list of them, of which the first that `roles` knows counts."""
    roles: Annotated[dict[Claim, Literal["officer", "shift-leader", "auditor", "administrator"]], Field(min_length=1)]
    shown_claim: Claim = "name"
    """Post and surname, for answers."""

    @model_validator(mode="after")
    def _of_a_body(self) -> Self:
        if (self.body is None) == (self.body_claim is None):
            raise PydanticCustomError("body", "give either `body` or `body_claim`")
        if self.body is not None and self.body not in bodies():
            raise PydanticCustomError("body", "no body has this code")
        return self

    def role(self, claimed: object) -> Role | None:
        """Return the role that a claim stands for; None: none."""
        values = claimed if isinstance(claimed, list) else [claimed]
        return next((Role(self.roles[each]) for each in values if isinstance(each, str) and each in self.roles), None)


class Provider(_Part):
    """The state's own sign-in."""

    issuer: Address
    client_id: Line
    client_secret: Annotated[Secret, Field(min_length=16)]
    client_auth: Literal["basic", "post"] = "basic"
    desk: Address
    """Under which browsers reach the desk; they come back to `<desk>/sign-in/back`."""
    scope: Annotated[str, Field(pattern=r"^openid( [!#-\[\]-~]+)*$", max_length=200)] = "openid profile"
    name_claim: Claim | None = None
    ca_file: str | None = None
    """Certificate authority of the provider (PEM), where it is the state's own."""
    shown: dict[Language, Line] | None = None
    """What the sign-in is called on its button."""
    create: Creating | None = None

    @property
    def callback(self) -> str:
        """Where the provider sends browsers back to."""
        return self.desk.rstrip("/") + CALLBACK


def read_provider(path: Path) -> Provider:
    """Read the file.

    Raises:
        AccountsFileError: it cannot be read, others may read it, or it says what cannot be; never with its values.
    """
    try:
        return read_private_yaml(Provider, path, "file of the sign-in", group_reads=True, bytes_max=BYTES_MAX)
    except PrivateFileError as error:
        raise AccountsFileError(str(error), error.hint) from None
