"""To which partners' programs documents are sent: a file with their addresses and secrets, for its owner alone."""

from __future__ import annotations

import base64
from collections import Counter
from typing import TYPE_CHECKING, Annotated, Final

from pydantic import AfterValidator, ConfigDict, Field, SecretStr, StringConstraints, field_validator
from pydantic.functional_validators import BeforeValidator
from pydantic.types import Strict

from cbrn_producers.networks import are_networks, networks_of
from cbrn_schemas.errors import BusError
from cbrn_schemas.events.model import Model
from cbrn_schemas.private_file import PrivateFileError
from cbrn_schemas.private_yaml import read_private_yaml

if TYPE_CHECKING:
    from ipaddress import IPv4Network, IPv6Network
    from pathlib import Path

ENDPOINTS_MAX: Final = 100
SECRETS_MAX: Final = 3
"""The one, the next and the former."""
SECRET_BYTES_MIN: Final = 24
"""As Standard Webhooks ask."""
SECRET_PREFIX: Final = "whsec_"  # noqa: S105 - what secrets begin with as Standard Webhooks write them
NETWORKS_MAX: Final = 100

Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9.-]{0,62}$")]
Secret = Annotated[SecretStr, BeforeValidator(lambda given: SecretStr(given) if isinstance(given, str) else given)]


class EndpointsFileError(BusError):
    """The file of endpoints cannot be read, says what cannot be, or others may read it."""

    bad_input = True


class Endpoint(Model):
    """A partner's program that is sent each document of a feed."""

    # What was given stands in no error: it may be a secret.
    model_config = ConfigDict(hide_input_in_errors=True)

    name: Name
    feed: Name
    """Whose documents: a partner's code, or `public`."""
    address: Annotated[str, StringConstraints(pattern=r"^https?://\S{1,2000}$")]
    secrets: Annotated[tuple[Secret, ...], Field(min_length=1, max_length=SECRETS_MAX), Strict(strict=False)]
    """Each makes a signature; the receiver needs to know one of them."""
    networks: Annotated[
        tuple[str, ...],
        Field(min_length=1, max_length=NETWORKS_MAX),
        Strict(strict=False),
        AfterValidator(are_networks),
    ]
    """Networks in which its address must lie."""

    @field_validator("secrets")
    @classmethod
    def _are_long_enough(cls, given: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        for one in given:
            if len(_bytes(one)) < SECRET_BYTES_MIN:
                raise ValueError(f"a secret has {SECRET_BYTES_MIN} bytes or more")
        return given

    @property
    def keys(self) -> tuple[bytes, ...]:
        """The secrets as bytes: what is behind `whsec_` is base64."""
        return tuple(_bytes(one) for one in self.secrets)

    @property
    def allowed(self) -> list[IPv4Network | IPv6Network]:
        """The networks, read."""
        return networks_of(self.networks)


class _File(Model):
    model_config = ConfigDict(hide_input_in_errors=True)

    endpoints: Annotated[tuple[Endpoint, ...], Field(max_length=ENDPOINTS_MAX), Strict(strict=False)]


def read_endpoints(path: Path) -> tuple[Endpoint, ...]:
    """Read a YAML file of endpoints.

    Raises:
        EndpointsFileError: it cannot be read, others may read it, or it says what cannot be; never with its values.
    """
    try:
        found = read_private_yaml(_File, path, "file of webhooks", hint="docs/feeds.md shows a whole file.").endpoints
    except PrivateFileError as error:
        raise EndpointsFileError(str(error), error.hint) from None
    twice = [name for name, times in Counter(one.name for one in found).items() if times > 1]
    if twice:
        raise EndpointsFileError(f"{path} names {twice[0]} twice", "Its name tells an endpoint from all others.")
    return found


def _bytes(secret: SecretStr) -> bytes:
    text = secret.get_secret_value()
    if not text.startswith(SECRET_PREFIX):
        return text.encode()
    try:
        return base64.b64decode(text.removeprefix(SECRET_PREFIX), validate=True)
    except ValueError:
        raise ValueError(f"what is behind {SECRET_PREFIX} is no base64") from None
