"""How often somebody may try to sign in: counted before a hash is computed, forgotten with the process.

By itself a count per name would let anybody keep an officer out at 3 a.m. by trying on purpose. So three things are
counted: what comes from an address; what an address tries on one name; and what addresses from which that name has
never signed in try on it. Own lines and not the library `limits`: its memory starts a thread for each expiry, knows no
clock but the machine's, and has no bound.
"""

from __future__ import annotations

import math
from collections import OrderedDict, deque
from ipaddress import IPv6Address, ip_address
from threading import Lock
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

KEYS_MAX: Final = 50_000
"""Some 300 bytes each, 15 MB; the longest unused is forgotten. Whoever has so many addresses is not held up by this."""
_IPV6_PREFIX: Final = 64
"""A house has that many addresses at least."""


class Rate(NamedTuple):
    """So many in so many seconds."""

    times: int
    seconds: int


FROM_ADDRESS: Final = Rate(30, 300)
"""A ministry behind one address at the change of shifts: a dozen, some mistyped."""
FROM_ADDRESS_ON_NAME: Final = Rate(5, 300)
ON_NAME_FROM_STRANGERS: Final = Rate(20, 3600)
"""480 a day: of 12 characters that aren't in the list nobody finds one so. NIST SP 800-63B lets 100 in a row."""


def network_of(address: str) -> str:
    """Return what is counted as one: an address, of IPv6 its house."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return address[:64]
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return f"{IPv6Address(int(parsed) >> (128 - _IPV6_PREFIX) << (128 - _IPV6_PREFIX))}/{_IPV6_PREFIX}"
    return str(parsed)


class Rates:
    """Counts over moving windows."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._seen: OrderedDict[tuple[str, ...], deque[float]] = OrderedDict()

    def admit(self, wanted: Sequence[tuple[tuple[str, ...], Rate]], now: datetime) -> int:
        """Count one attempt under every key and return 0; or count nothing and return after how many seconds again."""
        moment = now.timestamp()
        with self._lock:
            waits = [self._wait(key, rate, moment) for key, rate in wanted]
            if any(waits):
                return max(waits)
            for key, rate in wanted:
                times = self._seen.setdefault(key, deque(maxlen=rate.times))
                times.append(moment)
                self._seen.move_to_end(key)
            while len(self._seen) > KEYS_MAX:
                self._seen.popitem(last=False)
        return 0

    def forget(self, key: tuple[str, ...]) -> None:
        """Begin anew with a key: who has signed in may mistype as often next time."""
        with self._lock:
            self._seen.pop(key, None)

    def _wait(self, key: tuple[str, ...], rate: Rate, moment: float) -> int:
        times = self._seen.get(key)
        if times is None or len(times) < rate.times:
            return 0
        return min(rate.seconds, max(0, math.ceil(times[0] + rate.seconds - moment)))  # a clock can be put back
