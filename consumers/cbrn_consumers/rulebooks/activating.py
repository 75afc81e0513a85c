"""Putting a rule book into force: what was signed is checked, the book is proved, the record is written and read back.

The routers check all of it again for themselves; what is refused here would be refused there.
"""

from __future__ import annotations

from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from cbrn_consumers.rulebooks.finding import BookNotFoundError
from cbrn_routing.activation import (
    Activation,
    ActivationError,
    Candidate,
    Ladder,
    Posted,
    SequenceError,
    SignedStatement,
    Signer,
    Statement,
    Trust,
    activation_of,
    by_precedence,
    candidate,
    load,
    prove,
    refuse_far,
    refuse_older,
    signers_of,
)
from cbrn_routing.bus.write import write_record
from cbrn_routing.router import read_activations
from cbrn_routing.rulebook.eras import local_day
from cbrn_schemas.errors import BusError
from cbrn_schemas.topics import bus_topic

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from cbrn_schemas.envelope import Header
    from cbrn_schemas.settings import Settings

UNSURE: Final = "Look at `cbrn rules active`; activating again under the same number does no harm."


class Written(NamedTuple):
    """Where a record lies on the topic."""

    offset: int
    at: datetime
    """The broker's time."""


class Prepared(NamedTuple):
    """An activation that nothing speaks against, and who signed it."""

    activation: Activation
    signers: tuple[Signer, ...]


class History(NamedTuple):
    """What lies on the topic, and what this machine's trust file makes of it."""

    posted: tuple[Posted, ...]
    signed: tuple[Candidate, ...]
    """Signed as they must be, in the order of precedence."""
    refused: Mapping[int, ActivationError]
    """Why, by offset."""
    highest: int
    """The highest number on the topic, signed or not: the next may not lie too far beyond it."""

    @property
    def sequence(self) -> int:
        """The highest number that two persons have signed; 0 where the shipped book is in force."""
        return self.signed[0].activation.sequence if self.signed else 0

    def refuse(self, sequence: int) -> None:
        """Refuse a number that is not after that in force, or too far beyond the highest.

        Raises:
            SequenceError: the routers would refuse it.
        """
        refuse_older(sequence, self.sequence)
        refuse_far(sequence, self.highest)


def book_texts(name: str) -> dict[str, str]:
    """Read the YAML of a rule book by file name: of a directory, of one file, or of `national`, the shipped one.

    Raises:
        BookNotFoundError: there is none.
    """
    source = resources.files("cbrn_routing") / "rules" if name == "national" else Path(name)
    found = [source] if source.is_file() else list(source.iterdir()) if source.is_dir() else []
    texts = {item.name: item.read_text(encoding="utf-8") for item in found if item.name.endswith((".yaml", ".yml"))}
    if not texts:
        raise BookNotFoundError(
            f"{name} holds no rule files",
            "Give a folder of *.yaml, one such file, national, or 8 or more digits of a digest that was in force.",
        )
    return texts


def judged(posted: Iterable[Posted], trust: Trust, settings: Settings) -> History:
    """Verify each record of the topic."""
    everything = tuple(posted)
    signed: list[Candidate] = []
    refused: dict[int, ActivationError] = {}
    ladder = Ladder()
    for one in everything:
        try:
            ladder.climb(one)
            signed.append(candidate(one, trust, settings.realm))
        except ActivationError as error:
            refused[one.offset] = error
    return History(everything, tuple(by_precedence(signed)), refused, ladder.highest)


async def read_history(settings: Settings, trust: Trust) -> History:
    """Read what was put into force in the realm.

    Raises:
        BusError: the topic cannot be read; see `cbrn_consumers.errors`.
    """
    return judged(await read_activations(settings), trust, settings)


def prepare(
    texts: Mapping[str, str], statement: Statement, signed: Sequence[tuple[str, SignedStatement]], trust: Trust
) -> Prepared:
    """Check who signed what; `signed` by the name of its file. The book's own proof is `check_book`.

    Raises:
        ActivationError: something speaks against it.
    """
    now = datetime.now(UTC)
    day = local_day(now)
    for name, one in signed:
        one.refuse_other(statement, name)
    signatures = tuple(one.signature for _, one in signed)
    signers = signers_of(statement, signatures, trust, day)
    return Prepared(activation_of(texts, statement, signatures, now), signers)


def check_book(texts: Mapping[str, str], digest: str) -> None:
    """Refuse a book that the routers would refuse today: nobody should sign what cannot be put into force.

    Raises:
        RefusedBookError: it fails `cbrn rules check`.
    """
    day = local_day(datetime.now(UTC))
    prove(load(texts, digest, day), day)


async def number_to_follow(settings: Settings, trust: Trust, after: int | None) -> History:
    """Read the history that a number to be signed must follow; `after` stands for it where the bus is out of reach.

    Raises:
        ActivationError: the bus cannot be asked, and no number was given.
    """
    if after is not None:
        return History((), (), {}, after)
    try:
        return await read_history(settings, trust)
    except BusError as error:
        raise ActivationError(
            f"which number is in force cannot be found out: {error}",
            "Give it with --after N, as `cbrn rules active` tells it where the bus can be reached (0: none yet).",
        ) from None


async def write(settings: Settings, activation: Activation, trust: Trust) -> Written:
    """Write the record, wait for the broker, read it back. Returns its offset and the broker's time of it.

    Raises:
        BrokerUnreachableError: no answer; it may have been written or not.
        SequenceError: another book was put into force under the same number a moment ago.
    """
    (await read_history(settings, trust)).refuse(activation.sequence)
    topic = bus_topic(settings.realm, "rulebook")
    record: tuple[bytes, list[Header], bytes] = activation.key(), [], activation.encoded()
    taken = await write_record(settings, topic, record, unsure=UNSURE, partition=0)
    history = await read_history(settings, trust)
    first = history.signed[0]
    if first.posted.offset != taken.offset:
        raise SequenceError(
            f"number {first.activation.sequence} was put into force by somebody else at the same moment",
            "Look at `cbrn rules active`; then sign yours under the next number, if it is still wanted.",
        )
    return Written(taken.offset, first.posted.at)
