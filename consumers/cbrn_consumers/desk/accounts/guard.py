"""What stands before a sign-in: counts of attempts, and who of those that try is a stranger to a name."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from cbrn_consumers.desk.accounts.errors import WaitError
from cbrn_consumers.desk.accounts.rates import (
    FROM_ADDRESS,
    FROM_ADDRESS_ON_NAME,
    ON_NAME_FROM_STRANGERS,
    Rate,
    Rates,
    network_of,
)
from cbrn_consumers.desk.accounts.rows import ms, plain
from cbrn_consumers.desk.accounts.tables import ENTRIES

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.engine import Connection

KNOWN_FOR: Final = timedelta(days=30)
"""An address from which a name has signed in is no stranger to it for so long."""
_TOLD_ONCE: Final = Rate(1, FROM_ADDRESS.seconds)


class Guard:
    """Lets an attempt through, or says when again. It asks the database one short question and computes no hash."""

    def __init__(self) -> None:
        self._rates = Rates()

    def admit(self, connection: Connection, name: str, account_id: str | None, address: str, now: datetime) -> None:
        """Count an attempt.

        Raises:
            WaitError: there were too many.
        """
        network = network_of(address)
        wanted = [(("address", network), FROM_ADDRESS), (("both", network, name), FROM_ADDRESS_ON_NAME)]
        if not _known(connection, account_id, address, now):
            wanted.append((("name", name), ON_NAME_FROM_STRANGERS))
        if wait_s := self._rates.admit(wanted, now):
            raise WaitError(wait_s)

    def admit_address(self, address: str, now: datetime) -> None:
        """Count an attempt that names nobody yet.

        Raises:
            WaitError: there were too many.
        """
        if wait_s := self._rates.admit([(("address", network_of(address)), FROM_ADDRESS)], now):
            raise WaitError(wait_s)

    def forget(self, name: str, address: str) -> None:
        """Begin anew for a name at an address: whoever it belongs to has signed in there."""
        self._rates.forget(("both", network_of(address), name))

    def first_of_many(self, address: str, now: datetime) -> bool:
        """Tell whether an attempt too many is the first of its address for a while: one entry is enough."""
        return not self._rates.admit([(("told", network_of(address)), _TOLD_ONCE)], now)


def _known(connection: Connection, account_id: str | None, address: str, now: datetime) -> bool:
    query = (
        select(ENTRIES.c.number)
        .where(ENTRIES.c.account == (account_id or ""), ENTRIES.c.act == "signed-in")
        .where(ENTRIES.c.address == plain(address), ENTRIES.c.at > ms(now - KNOWN_FOR))
        .limit(1)
    )
    return connection.scalar(query) is not None
