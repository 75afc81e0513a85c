"""Public keys of Ed25519 for which anybody can sign: eight points of the curve, in every spelling. Pure.

RFC 8032 leaves them to whoever verifies, and OpenSSL takes them: a signature by such a key proves nothing, and whoever
has had one registered could say afterwards that it was another.
"""

from __future__ import annotations

from typing import Final

_PRIME: Final = 2**255 - 19
_SIGN: Final = 1 << 255
_ORDER_EIGHT: Final = 0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826
_SMALL: Final = frozenset({0, 1, _PRIME - 1, _ORDER_EIGHT, _PRIME - _ORDER_EIGHT})


def anybody_signs(public: bytes) -> bool:
    """Tell whether a public key is such a point, or is not in its one form (RFC 8032, 5.1.3)."""
    y = int.from_bytes(public, "little") & ~_SIGN
    return y >= _PRIME or y in _SMALL
