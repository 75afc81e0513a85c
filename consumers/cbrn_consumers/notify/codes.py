"""Codes with which an officer acknowledges by SMS: «A 4821». Single use, of one number, for a bounded time. Pure.

A number is the key: the code of one officer is worth nothing from another's telephone. Four digits can be guessed by
whoever can forge a sender, so a number that is wrong too often is not listened to for an hour.
"""

from __future__ import annotations

import re
import unicodedata
from collections import OrderedDict, deque
from datetime import timedelta
from enum import StrEnum
from hashlib import blake2b
from typing import TYPE_CHECKING, Final, NamedTuple

from cbrn_schemas.notice import CODE_DIGITS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from cbrn_schemas.notice import Notice

OPEN_MAX: Final = 200
"""Codes open a number: 50 guesses in four digits for one hit. The oldest ends first."""
NUMBERS_MAX: Final = 10_000
VALID_FOR: Final = timedelta(hours=48)
"""After that the alert has long been answered, or passed on."""
WRONG_MAX: Final = 5
WRONG_WITHIN: Final = timedelta(hours=1)
REPLY_CHARS_MAX: Final = 200
_REPLY: Final = re.compile(rf"^\s*[AА]\W{{0,3}}([0-9]{{{CODE_DIGITS}}})(?![0-9])", re.IGNORECASE)
"""Latin and Cyrillic A look alike and lie on the same key."""


class Reply(StrEnum):
    """What a reply is."""

    COUNTS = "counts"
    USED = "code-used"
    UNKNOWN_CODE = "code-unknown"
    NO_CODE = "code-missing"
    TOO_OFTEN = "too-often"
    UNKNOWN_NUMBER = "unknown-number"


class Heard(NamedTuple):
    """A reply, and the notice that it acknowledges or acknowledged already."""

    reply: Reply
    notice: Notice | None = None


class _Open(NamedTuple):
    notice: Notice
    used: bool


class Codes:
    """The open codes of every officer's number."""

    def __init__(self) -> None:
        self._numbers: OrderedDict[str, OrderedDict[str, _Open]] = OrderedDict()
        self._wrong: dict[str, deque[datetime]] = {}

    def know(self, number: str) -> None:
        """Note that a number is an officer's: a reply from it is answered, be there an open code or not."""
        self._numbers.setdefault(digits(number), OrderedDict())
        if len(self._numbers) > NUMBERS_MAX:
            self._numbers.popitem(last=False)

    def free(self, number: str, identifier: str) -> str:
        """Return a code that is not open for a number. It follows from the notice's id, so a restart gives the same."""
        taken: Mapping[str, _Open] = self._numbers.get(digits(number), {})
        for attempt in range(10**CODE_DIGITS):
            digest = blake2b(f"{identifier}/{attempt}".encode(), digest_size=8).digest()
            code = f"{int.from_bytes(digest) % 10**CODE_DIGITS:0{CODE_DIGITS}}"
            if code not in taken:
                return code
        raise AssertionError(f"{OPEN_MAX} of {10**CODE_DIGITS} codes are open at the most")

    def open(self, number: str, notice: Notice) -> None:
        """Let a notice's code count for a number."""
        assert notice.code is not None, "only what can be answered has a code"
        self.know(number)
        held = self._numbers[digits(number)]
        self._numbers.move_to_end(digits(number))
        known = held.get(notice.code)
        if known is None or known.notice.id != notice.id:
            held[notice.code] = _Open(notice, used=False)
        if len(held) > OPEN_MAX:
            held.popitem(last=False)

    def hear(self, number: str, text: str, now: datetime) -> Heard:
        """Say what a reply is. A code that counts is used by it only once `use` is called."""
        key = digits(number)
        held = self._numbers.get(key)
        if held is None:
            return Heard(Reply.UNKNOWN_NUMBER)
        if self._is_locked(key, now):
            return Heard(Reply.TOO_OFTEN)
        code = _code_in(text)
        if code is None:
            return Heard(Reply.NO_CODE)
        one = held.get(code)
        if one is None or now - one.notice.at > VALID_FOR:
            self.note_wrong(number, now)
            return Heard(Reply.UNKNOWN_CODE)
        return Heard(Reply.USED if one.used else Reply.COUNTS, one.notice)

    def note_wrong(self, number: str, at: datetime) -> None:
        """Count a code that was wrong, be it of before a restart."""
        self._wrong.setdefault(digits(number), deque(maxlen=WRONG_MAX)).append(at)

    def lacks(self, number: str, text: str, now: datetime) -> bool:
        """Tell whether a reply gives a code that is not open here: another process may have given it out."""
        key, code = digits(number), _code_in(text)
        return code is not None and code not in self._numbers.get(key, {}) and not self._is_locked(key, now)

    def _is_locked(self, key: str, now: datetime) -> bool:
        wrong = self._wrong.get(key)
        return wrong is not None and len(wrong) == WRONG_MAX and now - wrong[0] < WRONG_WITHIN

    def use(self, number: str, code: str) -> None:
        """Let a code count no more: its receipt stands on the bus."""
        held = self._numbers.get(digits(number))
        if held is not None and code in held:
            held[code] = held[code]._replace(used=True)


def _code_in(text: str) -> str | None:
    found = _REPLY.match(unicodedata.normalize("NFKC", text[:REPLY_CHARS_MAX]))
    return None if found is None else found[1]


def digits(number: str) -> str:
    """Return the number as numbers are compared: +996 555 12-34-56 comes back as 996555123456."""
    return "".join(each for each in number if each in "0123456789").removeprefix("00")
