"""The register of bodies' keys as a person sees it: read and verified by this machine's trust file; written to.

The routers verify all of it again for themselves; what is refused here would be refused there.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, NamedTuple

from cbrn_routing.bus.write import write_record
from cbrn_routing.router.body_keys import read_key_records
from cbrn_routing.signatures.errors import RegistrationError
from cbrn_routing.signatures.register import KeyRegister, RegisteredKey
from cbrn_schemas.topics import bus_topic

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cbrn_routing.signatures.registration import KeyRecord
    from cbrn_routing.signing.trust import Trust
    from cbrn_schemas.settings import Settings

UNSURE: Final = "Look at `cbrn keys list`; writing it again does no harm."
PREFIX_CHARS_MIN: Final = 6
"""Of a key's id, where a person does not give all of it."""


class ReadRegister(NamedTuple):
    """What lies on the topic, and what this machine's trust file makes of it."""

    register: KeyRegister
    refused: Mapping[int, RegistrationError]
    """Why a record does not count, by offset."""

    def find(self, given: str) -> RegisteredKey:
        """Find a key by its id, or by how that begins.

        Raises:
            RegistrationError: there is none, or several begin so.
        """
        found = [key for kid, key in self.register.keys.items() if kid.startswith(given)]
        if len(given) < PREFIX_CHARS_MIN or not found:
            raise RegistrationError(f"no key {given} is registered", "`cbrn keys list` shows all.")
        if len(found) > 1:
            raise RegistrationError(f"{len(found)} keys begin with {given}", "Give more of the id.")
        return found[0]


async def read_register(settings: Settings, trust: Trust) -> ReadRegister:
    """Read the realm's register.

    Raises:
        BusError: the topic cannot be read; see `cbrn_consumers.errors`.
    """
    register, refused = KeyRegister(settings.realm), dict[int, RegistrationError]()
    for offset, at, value in await read_key_records(settings):
        try:
            register.take(value, at, trust)
        except RegistrationError as error:
            refused[offset] = error
    return ReadRegister(register, refused)


async def write_key_record(settings: Settings, record: KeyRecord, trust: Trust) -> RegisteredKey | None:
    """Write a record once it counts by this machine's trust file; return the key as it stands then.

    Raises:
        RegistrationError: it would not count.
        BusError: it could not be written; see `cbrn_consumers.errors`.
    """
    before = await read_register(settings, trust)
    before.register.take(record.encoded(), datetime.now(UTC), trust)
    topic = bus_topic(settings.realm, "keys")
    await write_record(settings, topic, (record.key(), [], record.encoded()), unsure=UNSURE, partition=0)
    after = await read_register(settings, trust)
    return after.register.keys.get(record.kid)
