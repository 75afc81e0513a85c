"""Whether two names mean one person: what every two-person rule of the bus rests on. Pure; nothing here is shown."""

from __future__ import annotations

import unicodedata
from typing import Final

_LOOK_ALIKE: Final = str.maketrans("abcehikmoptxyё", "авсенікмортхуе")
"""Latin letters (capital or small) to the Cyrillic ones that look the same, and `ё` to `е`."""


def same_person(name: str) -> str:
    """Make one text of all spellings of one name; it is for comparison only.

    Letter case, blanks, dots and hyphens, accents' encoding, `ё` for `е`, the order of the words, and letters of the
    other alphabet that look alike make no difference.
    """
    plain = unicodedata.normalize("NFKC", name).casefold().translate(_LOOK_ALIKE)
    words = "".join(letter if letter.isalnum() or unicodedata.combining(letter) else " " for letter in plain).split()
    return " ".join(sorted(words))
