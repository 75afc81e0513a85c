"""Passwords: what is taken for one, and how its hash is made and compared. Never more than two hashes at once.

By NIST SP 800-63B: a length, a list of those that everybody tries, nothing about digits and signs, any character that
can be typed, no expiry. Hashes are argon2id with the library's parameters (RFC 9106's second choice: 64 MiB, three
passes); one that was made with others is made anew at the next sign-in.
"""

from __future__ import annotations

import re
import secrets
import unicodedata
from base64 import b64encode
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from threading import BoundedSemaphore, Lock
from typing import TYPE_CHECKING, Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from cbrn_consumers.desk.accounts.errors import PasswordError, Refusal, WaitError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

PASSWORD_CHARS_MIN: Final = 12
"""NIST asks for 8 where there is a second factor and 15 where there is none; here attempts are few and counted, and
whoever types it has a phone in one hand at 3 a.m."""
PASSWORD_CHARS_MAX: Final = 256
"""A hash costs the same for any length; the form must end somewhere."""
HASHES_AT_ONCE: Final = 2
"""Each takes 64 MiB and a third of a second of a core: more at once and every page of the desk would wait."""
WAITING_MAX: Final = 8
"""Behind those two, some 1.5 s; whoever comes then is asked to try again, and holds no thread."""
BUSY_WAIT_S: Final = 2
_WORD_CHARS_MIN: Final = 4
"""A shorter name within a password tells nobody much: «mes» is part of many words."""
_LETTERS: Final = "abcdefghijkmnpqrstuvwxyz23456789"
"""Of passwords that are given out: read from paper, so no l and 1, o and 0."""

_COMMON: Final = frozenset(Path(__file__).with_name("common_passwords.txt").read_text(encoding="utf-8").split())
"""What everybody tries, also written twice or with a year behind it: `_core` of a password is looked up here."""
_KEYS: Final = (
    "1234567890" * 3,
    "qwertyuiopasdfghjklzxcvbnm",
    "йцукенгшщзхъфывапролджэячсмитьбю",
    "abcdefghijklmnopqrstuvwxyz",
)
_ROWS: Final = (*_KEYS, *(row[::-1] for row in _KEYS))
"""Keys as they lie, and the letters as one learns them."""


def normal(password: str) -> str:
    """Write a password one way, whatever the keyboard made of it (NIST SP 800-63B: NFKC)."""
    return unicodedata.normalize("NFKC", password)


def check_password(password: str, names: Iterable[str] = ()) -> None:
    """Refuse what would be guessed. `names`: of the account, its holder and its body.

    Raises:
        PasswordError: see `code`.
    """
    plain = normal(password)
    if len(plain) < PASSWORD_CHARS_MIN:
        raise PasswordError(
            "short",
            f"the password has fewer than {PASSWORD_CHARS_MIN} characters",
            "Four words that have nothing to do with each other are long enough, and easy to type.",
        )
    if len(plain) > PASSWORD_CHARS_MAX:
        raise PasswordError(
            "long", f"the password has more than {PASSWORD_CHARS_MAX} characters", "Take a shorter one."
        )
    if any(unicodedata.category(each).startswith("C") for each in plain):
        raise PasswordError("control", "the password has a character that cannot be typed", "Type it, in one line.")
    folded = plain.casefold()
    core = _core(folded)
    if core in _COMMON or len(set(folded)) < PASSWORD_CHARS_MIN // 3 or any(folded in row for row in _ROWS):
        raise PasswordError("common", "the password is one that everybody tries", "Take four words of your own.")
    for name in names:
        if any(part in folded and len(part) * 2 >= len(core) for part in _parts(name)):
            raise PasswordError(
                "name",
                "the password is little more than a name that stands on the page",
                "Take four words of your own.",
            )


def _core(folded: str) -> str:
    """Return what is left of a password without digits and signs around it, and without its repetitions."""
    core = re.sub(r"^[\W\d_]+|[\W\d_]+$", "", folded) or folded
    for size in range(1, len(core) // 2 + 1):
        if len(core) % size == 0 and core == core[:size] * (len(core) // size):
            return core[:size]
    return core


def _parts(name: str) -> list[str]:
    return [part for part in re.split(r"[\W_]+", normal(name).casefold()) if len(part) >= _WORD_CHARS_MIN]


def new_password() -> str:
    """Return a password to give out once: 80 bits, in groups that can be read aloud."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(4))


class Passwords:
    """Makes hashes and compares with them, two at once at most."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = PasswordHasher() if hasher is None else hasher
        self._turns = BoundedSemaphore(HASHES_AT_ONCE)
        self._lock = Lock()
        self._waiting = 0

    def made(self, password: str) -> str:
        """Return the hash of a password.

        Raises:
            WaitError: too many are being made.
        """
        with self._turn():
            return self._hasher.hash(normal(password))

    def fits(self, made: str | None, password: str) -> bool:
        """Tell whether a password is the one of a hash. Without a hash it costs as much, and the answer is no.

        Raises:
            WaitError: too many are being compared.
        """
        with self._turn():
            if len(password) > PASSWORD_CHARS_MAX or any("\ud800" <= each <= "\udfff" for each in password):
                password = ""  # no account has it: too long, or half a character
            try:
                same = self._hasher.verify(made or self._decoy, normal(password))
            except (VerificationError, InvalidHashError):
                return False
            return same and made is not None

    def outdated(self, made: str) -> bool:
        """Tell whether a hash was made with other parameters than today's."""
        return self._hasher.check_needs_rehash(made)

    @cached_property
    def _decoy(self) -> str:
        """A hash of no password, with the parameters of the others: to compare with it costs the same."""
        by = self._hasher
        made = (b64encode(secrets.token_bytes(size)).decode().rstrip("=") for size in (by.salt_len, by.hash_len))
        costs = f"m={by.memory_cost},t={by.time_cost},p={by.parallelism}"
        return "$".join(("", "argon2id", "v=19", costs, *made))

    @contextmanager
    def _turn(self) -> Iterator[None]:
        with self._lock:
            if self._waiting >= HASHES_AT_ONCE + WAITING_MAX:
                raise WaitError(BUSY_WAIT_S, Refusal.BUSY)
            self._waiting += 1
        try:
            with self._turns:
                yield
        finally:
            with self._lock:
                self._waiting -= 1
