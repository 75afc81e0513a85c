"""How much one principal may ask of a broker: numbers as data, with the arithmetic beside them.

Byte rates are a broker's, averaged over ten seconds; who goes beyond is answered later, not refused. A share of 100 is
one thread of those that handle requests. The bus's own processes have no byte rates: an alarm must never wait for one.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cbrn_deploy.provisioning.access.rule import Quota
    from cbrn_schemas.users import User

MIB: Final = 1024 * 1024

OF_A_BODY: Final[Mapping[str, float]] = MappingProxyType(
    {
        # A national net of 2,000 stations with 1 KiB each 10 s is 200 KiB/s; ten times that, for whoever hands in what
        # has waited.
        "producer_byte_rate": 2.0 * MIB,
        # A week of such readings (120 GB) is read anew in two hours; 90 days of alerts (100 a day, 4 KiB) at once.
        "consumer_byte_rate": 16.0 * MIB,
        # A quarter of one thread: some 1,000 small requests a second on a server of 2026. Four bodies that do their
        # worst leave one thread of the four of a small broker free (num.io.threads).
        "request_percentage": 25.0,
    }
)
OF_THE_BUS: Final[Mapping[str, float]] = MappingProxyType({})


def quota(user: User) -> Quota:
    """Return the limits of each principal of a user; empty: none."""
    return dict(OF_THE_BUS if user.body is None else OF_A_BODY)
