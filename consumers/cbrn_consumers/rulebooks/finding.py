"""Finding a rule book by what a person calls it: `national`, a directory, a YAML file, or a digest on the bus.

A digest names the content, so a book that is found under it is the right one, whoever kept it.
"""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from cbrn_routing.rulebook import Matcher, RuleBook, RulebookError, national_rulebook
from cbrn_schemas.catalogue.spelling import did_you_mean
from cbrn_schemas.errors import BusError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cbrn_schemas.settings import Settings

NATIONAL: Final = "national"
DIGEST_PREFIX: Final = re.compile(r"[0-9a-f]{8,64}")


class BookNotFoundError(BusError):
    """No rule book of that name, or it cannot be read."""

    bad_input = True


class FoundBook(NamedTuple):
    """A rule book and where it was found."""

    book: RuleBook
    origin: str
    """As it was asked for."""

    @property
    def label(self) -> str:
        """A label for people: where it was found and the first digits of its digest."""
        return f"{self.origin} ({self.book.digest[:12]})"


async def find_book(name: str = NATIONAL, settings: Settings | None = None) -> FoundBook:
    """Find the book called `name`.

    That is `national` (the one that this software ships), a directory with YAML files, one YAML file, or the digest of
    an activated book (its first 8 to 64 hexadecimal digits), for which `settings` say where the bus is.

    Raises:
        BookNotFoundError: there is none; the message says where it was looked for.
    """
    here = book_here(name)
    if here is not None:
        return here
    if DIGEST_PREFIX.fullmatch(name) and settings is not None:
        return FoundBook(_authentic(*await activated_files(name, settings)), name)
    raise _not_found(name)


async def find_books(names: Iterable[str], settings: Settings) -> list[FoundBook]:
    """Find the books called so, in order: before the bus is asked for one, it is known that no other is missing.

    Raises:
        BookNotFoundError: as `find_book`.
    """
    here = [(name, book_here(name)) for name in names]
    for name, found in here:
        if found is None and not DIGEST_PREFIX.fullmatch(name):
            raise _not_found(name)
    return [found or await find_book(name, settings) for name, found in here]


def book_here(name: str) -> FoundBook | None:
    """Find the book on this machine."""
    path = Path(name)
    if name == NATIONAL:
        return FoundBook(national_rulebook(), NATIONAL)
    if path.exists():
        return FoundBook(_load(path), name)
    if DIGEST_PREFIX.fullmatch(name) and national_rulebook().digest.startswith(name):
        return FoundBook(national_rulebook(), NATIONAL)
    return None


def _not_found(name: str) -> BookNotFoundError:
    folders = (NATIONAL, *(one.name for one in Path().iterdir() if one.is_dir()))
    remedy = "Give a directory of YAML files, a file, `national`, or 8 or more digits of an activated book's digest."
    return BookNotFoundError(
        f"{name}: no such directory or file, and neither «{NATIONAL}» nor a digest",
        hint=did_you_mean(name, folders, remedy),
    )


def _load(path: Path) -> RuleBook:
    try:
        book = RuleBook.load(path)
        Matcher(book)  # refuses bodies that the catalogue does not hold
    except RulebookError as error:
        raise BookNotFoundError(
            f"{path}: {error}", hint="Mend it; `cbrn rules check` shows all that is wrong."
        ) from None
    except UnicodeDecodeError as error:
        raise BookNotFoundError(f"{path}: not UTF-8: {error.reason}", hint="Give YAML files in UTF-8.") from None
    if not book.rules:
        raise BookNotFoundError(f"{path} holds no rules", hint="Give the directory in which the *.yaml files lie.")
    return book


async def activated_files(prefix: str, settings: Settings) -> tuple[str, dict[str, str]]:
    """Find the book that was put into force whose digest begins so: digest and files; nothing of it is verified.

    Raises:
        BookNotFoundError: there is none, or there are several.
    """
    from cbrn_routing.activation import ActivationError, parse_activation  # noqa: PLC0415 - the same
    from cbrn_routing.bus.read import read_all  # noqa: PLC0415 - Kafka's client is needed only here
    from cbrn_schemas.topics import bus_topic  # noqa: PLC0415 - the same

    found: dict[str, dict[str, str]] = {}
    for record in await read_all(settings, bus_topic(settings.realm, "rulebook")):
        with suppress(ActivationError):  # whatever else lies there is no book
            activation = parse_activation(record.key, record.value)
            if activation.digest.startswith(prefix):
                found[activation.digest] = activation.files
    if len(found) != 1:
        what = "no activated rule book" if not found else f"{len(found)} activated rule books"
        raise BookNotFoundError(
            f"{what} on {settings.bootstrap_servers} ({settings.realm}) with a digest that begins {prefix}",
            hint="Give more digits, another realm or broker, or the book's directory.",
        )
    return found.popitem()


def _authentic(digest: str, files: dict[str, str]) -> RuleBook:
    """Make the book of these files: held against the digest, so that no signature is needed."""
    try:
        book = RuleBook.from_texts(files)
    except RulebookError as error:
        raise BookNotFoundError(
            f"the activated book {digest[:12]} cannot be read: {error}",
            hint="It was written for another version of this software; use that one.",
        ) from None
    if book.digest != digest:
        raise BookNotFoundError(
            f"what lies on the bus as book {digest[:12]} is book {book.digest[:12]}",
            hint="Another version of this software wrote it, or it was tampered with: do not use it.",
        )
    return book
