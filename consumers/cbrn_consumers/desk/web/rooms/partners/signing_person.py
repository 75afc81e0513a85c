"""Who decides, made sure of: the account's password, and the person's own key, which is used once and kept nowhere.

What leaves the country is signed by persons, as on the command line: what the desk alone says would be anybody's word
who has taken the desk.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from cbrn_consumers.deciding import Person
from cbrn_consumers.desk.accounts import WaitError
from cbrn_consumers.desk.web.few_threads import FewThreads
from cbrn_consumers.desk.web.words import N_
from cbrn_routing.activation import KeyFileError, PrivateKey, Trust, TrustFileError
from cbrn_routing.rulebook.eras import local_day
from cbrn_routing.signing.releases import sign

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

KEY_BYTES_MAX: Final = 16 * 1024
"""A key has 300 bytes."""
NO_KEY: Final = N_("Choose the file of your key, as `cbrn rules keygen` made it, and give its passphrase.")
WRONG_KEY: Final = N_("The key cannot be read: it is another file, or the passphrase is not its own.")
UNKNOWN_KEY: Final = N_(
    "Nobody has this key in the desk's trust file, or it is not valid today. Ask whoever keeps that file."
)
OTHER_BODY: Final = N_("This is the key of a person of another body than your account's.")
BUSY: Final = N_("Others decide just now. Try again in a moment. Nothing was decided.")
_READING: Final = FewThreads("key", 1, waiting=10, again_s=5)
"""A key's file says how long its passphrase takes to try: one that says for ever holds up no page and no sign-in."""


class NobodyError(Exception):
    """It is not known who decides. Its text is for the page, not yet translated."""

    def __init__(self, said: str, detail: str = "") -> None:
        super().__init__(said)
        self.said, self.detail = said, detail


async def person_by(pem: bytes, passphrase: str, *, trust_file: Path | None, body: str, now: datetime) -> Person:
    """Return whose key it is, to sign with it once.

    Raises:
        NobodyError: it is no key, or not one of a person of this body by the trust file.
    """
    try:
        return await _READING.run(_person, pem, passphrase, trust_file, body, now)
    except WaitError:
        raise NobodyError(BUSY) from None


def _person(pem: bytes, passphrase: str, trust_file: Path | None, body: str, now: datetime) -> Person:
    if not 0 < len(pem) <= KEY_BYTES_MAX:
        raise NobodyError(NO_KEY)
    try:
        key = PrivateKey.from_pem(pem, passphrase or None)
        holder = Trust.read(trust_file).holder(key.public)
    except KeyFileError as error:
        raise NobodyError(WRONG_KEY, f"{error}. {error.hint}") from None
    except TrustFileError as error:
        raise NobodyError(UNKNOWN_KEY, f"{error}. {error.hint}") from None
    if holder is None or not holder.valid_on(local_day(now)):
        raise NobodyError(UNKNOWN_KEY)
    if holder.body != body:
        raise NobodyError(OTHER_BODY, f"It is the key of {holder}.")
    return Person(str(holder), holder.body, partial(sign, key))
