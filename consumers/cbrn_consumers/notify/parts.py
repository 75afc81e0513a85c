"""A text into the parts of an SMS: GSM 03.38 where it can be, else UCS-2; headers that a telephone joins them by. Pure.

aiosmpplib does not split by itself: 79 Kyrgyz letters left as one message of 158 bytes, where 140 are allowed.
"""

from __future__ import annotations

from typing import Final, NamedTuple

GSM: Final = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
"""The basic table of 3GPP TS 23.038, 6.2.1, without the escape. What is beyond it goes as UCS-2."""
GSM_ONE: Final = 160
GSM_EACH: Final = 153
UCS2_ONE: Final = 70
UCS2_EACH: Final = 67
"""Of 140 bytes the joining header takes six."""
PARTS_MAX: Final = 10
"""More is no message but a letter: what is beyond is cut, and says so."""
CUT: Final = "…"


class Parts(NamedTuple):
    """What is sent."""

    encoding: str
    """`gsm0338` or `ucs2`, as aiosmpplib calls them."""
    texts: tuple[str, ...]

    def headers(self, reference: int) -> list[bytes]:
        """Return the header of each part (3GPP TS 23.040, 9.2.3.24.1); none where there is one part."""
        count = len(self.texts)
        return [bytes((5, 0, 3, reference % 256, count, number)) for number in range(1, count + 1)] if count > 1 else []


def parts_of(text: str) -> Parts:
    """Split a text; no letter is torn, also none that takes two units of UCS-2."""
    plain = all(each in GSM for each in text)
    one, each = (GSM_ONE, GSM_EACH) if plain else (UCS2_ONE, UCS2_EACH)
    found = _split(text, one, each, plain=plain)
    if len(found) > PARTS_MAX:
        found = [*found[: PARTS_MAX - 1], found[PARTS_MAX - 1][:-3] + ("..." if plain else CUT)]
    return Parts("gsm0338" if plain else "ucs2", tuple(found))


def _split(text: str, one: int, each: int, *, plain: bool) -> list[str]:
    units = [1 if plain or ord(letter) <= 0xFFFF else 2 for letter in text]  # noqa: PLR2004 - the end of 16 bits
    if sum(units) <= one:
        return [text]
    found, begin, room = [], 0, each
    for at, size in enumerate(units):
        if size > room:
            found.append(text[begin:at])
            begin, room = at, each
        room -= size
    return [*found, text[begin:]]
