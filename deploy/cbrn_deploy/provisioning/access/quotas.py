"""How much one principal may ask of a broker: numbers as data, with the arithmetic beside them.

Byte rates are a broker's, averaged over three seconds (`quota.window.num`), of batches as they are sent: what is
compressed counts compressed. Who goes beyond is answered later, not refused. A share of 100 is one thread of those that
handle requests. They count per principal: a body's gateway and its SDK, with users of their own, have one such
allowance each. The bus's own processes have no limits: an alarm must never wait for one.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from cbrn_schemas.catalogue.bodies import bodies

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cbrn_deploy.provisioning.access.rule import Quota
    from cbrn_schemas.users import User

KIB: Final = 1024
MIB: Final = 1024 * KIB

OF_A_BODY: Final[Mapping[str, float]] = MappingProxyType(
    {
        # A ministry has tens of incidents a day of 1 to 4 KiB, and some hundred readings a minute. 1,000 reports that
        # have waited for an outage's end (1 MiB) are taken within 4 s, a record of the largest size at once. What
        # somebody sends in a loop is some 250 events a second: less than a tenth of what a router routes.
        # A net of sensors is told by data: `writes_kib_s` of its row in bodies.csv. 2,000 stations with 1 KiB each 10 s
        # are 200 KiB/s; ten times that, 2048, for whoever hands in what has waited.
        "producer_byte_rate": 256.0 * KIB,
        # A week of such a net's readings (120 GB) is read anew in two hours; 90 days of alerts (100 a day, 4 KiB) at
        # once. Whoever is told something by night must not wait: so there is much more out than in.
        "consumer_byte_rate": 16.0 * MIB,
        # A quarter of one thread: some 1,000 small requests a second on a server of 2026. Four bodies that do their
        # worst leave three threads of the four of a small broker free (num.io.threads). Not less, since it holds those
        # back who only read: 250 events a second sent one by one take a quarter of it.
        "request_percentage": 25.0,
    }
)
OF_THE_BUS: Final[Mapping[str, float]] = MappingProxyType({})


def quota(user: User) -> Quota:
    """Return the limits of each principal of a user; empty: none."""
    if user.body is None:
        return dict(OF_THE_BUS)
    known = bodies().get(user.body)
    own = None if known is None else known.writes_kib_s
    return {**OF_A_BODY} if own is None else {**OF_A_BODY, "producer_byte_rate": float(own * KIB)}
