"""The secret of an installation by which opaque names are made: without it a partner can try what stands for what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cbrn_routing.sharing.vocabulary import ID, REPLACED

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from cbrn_routing.sharing.agreement import Agreement

SALT: Final = "names.salt"
"""File beside the agreements: random bytes, kept for ever, or the same situation gets another name."""
SALT_BYTES_MAX: Final = 64
SALT_BYTES_MIN: Final = 16
"""128 bits, which nobody tries."""
MAKE: Final = f"head -c {SALT_BYTES_MAX} /dev/urandom > {{folder}}/{SALT}"


def read_salt(folder: Path) -> bytes:
    """Return the secret; empty without one, where names are replaced all the same. Raises OSError."""
    try:
        with (folder / SALT).open("rb") as file:
            return file.read(SALT_BYTES_MAX)
    except FileNotFoundError:
        return b""


def guessable(agreements: Iterable[Agreement], salt: bytes) -> tuple[str, ...]:
    """Name the agreements whose partners could try which names of ours stand behind those that they get."""
    if len(salt) >= SALT_BYTES_MIN:
        return ()
    return tuple(each.id for each in agreements if not {ID, *REPLACED} <= each.granted_names)
