"""Where an address may lead: all that its name stands for must lie in allowed networks before one connects.

The name is resolved once, checked, and that very address connected to: a name that is resolved twice may lead inside
the second time (DNS rebinding). Without a list nothing is allowed.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Resolve = Callable[[str, int], Awaitable[list[str]]]
ADDRESSES_MAX: Final = 32


class ForbiddenTargetError(Exception):
    """A name leads where nothing may be sent, or nowhere. `passing`: it may lead elsewhere later."""

    def __init__(self, why: str, *, may_pass: bool = False) -> None:
        super().__init__(why)
        self.may_pass = may_pass


async def resolved(host: str, port: int) -> list[str]:
    """Ask the system's resolver for all addresses of a name."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(each[4][0]) for each in found]


async def pinned(host: str, port: int, allowed: Sequence[Network], resolve: Resolve = resolved) -> Address:
    """Return the address to connect to.

    Raises:
        ForbiddenTargetError: there is none, or one of them lies in no allowed network.
    """
    try:
        texts = await resolve(host, port)
    except OSError:
        raise ForbiddenTargetError("its name stands for no address", may_pass=True) from None
    addresses = [_plain(ip_address(text.partition("%")[0])) for text in texts[:ADDRESSES_MAX]]
    if not addresses or len(texts) > ADDRESSES_MAX:
        raise ForbiddenTargetError("its name stands for no address, or for too many", may_pass=True)
    if not all(is_allowed(address, allowed) for address in addresses):
        raise ForbiddenTargetError("it leads into a network that is not allowed")
    return addresses[0]


def networks_of(given: Iterable[str]) -> list[Network]:
    """Read networks such as 10.20.0.0/16.

    Raises:
        ValueError: one of them is none.
    """
    return [ip_network(one) for one in given]


def are_networks(given: tuple[str, ...]) -> tuple[str, ...]:
    """Return what was given, if each is a network: for fields of files; raises as `networks_of`."""
    networks_of(given)
    return given


def is_allowed(address: Address, allowed: Sequence[Network]) -> bool:
    """Tell whether an address lies in an allowed network.

    One that is no ordinary neighbour (this machine, link-local as a cloud's metadata are, multicast) must be allowed by
    a network that holds such ones alone: 0.0.0.0/0 does not mean them.
    """
    return any(
        address.version == network.version and address in network and (not _is_special(address) or _is_special(network))
        for network in allowed
    )


def _is_special(one: Address | Network) -> bool:
    return one.is_loopback or one.is_link_local or one.is_multicast or one.is_unspecified or one.is_reserved


def _plain(address: Address) -> Address:
    """Return the IPv4 address that an IPv6 one only wraps."""
    if isinstance(address, IPv6Address):
        return address.ipv4_mapped or address.sixtofour or address
    return address
