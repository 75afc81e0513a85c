"""How the bus is: its routers and the book by which they decide, and what the watch has found silent. Pure."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from pydantic import ValidationError

from cbrn_schemas.unanswered import Silent

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from cbrn_routing.activation.status import Report
    from cbrn_schemas.events.base import Language


class Router(NamedTuple):
    """One router, by what it last said."""

    name: str
    lane: str
    heard: datetime
    silent: bool
    sequence: int
    digest: str
    odd: bool
    """It decides by another book than most."""
    problem: str | None
    refused: str | None
    """Why it did not obey the newest record that it refused."""


class Health(NamedTuple):
    """The bus, as its own processes say."""

    routers: tuple[Router, ...]
    live: int
    sequence: int | None
    """Of the book by which most live routers decide; None: no router is heard."""
    digest: str
    agreed: bool


class SilentPart(NamedTuple):
    """A part of the bus that is silent."""

    name: str
    said: str
    remedy: str
    since: datetime


def health_of(reports: Sequence[Report], now: datetime) -> Health:
    """Sum up what the routers say."""
    live = [each for each in reports if not each.silent(now)]
    books = Counter((each.status.sequence, each.status.digest or "") for each in live)
    main = max(books, key=lambda book: (books[book], book[0]), default=None)
    routers = tuple(_router(each, now, main) for each in reports)
    return Health(
        routers=tuple(sorted(routers, key=lambda each: (not each.silent, each.lane, each.name))),
        live=len(live),
        sequence=None if main is None else main[0],
        digest="" if main is None else main[1],
        agreed=len(books) <= 1,
    )


def silent_parts(silent: Mapping[str, datetime], lang: Language) -> list[SilentPart]:
    """Say in words what is silent, the longest first."""
    return sorted((_part(name, since, lang) for name, since in silent.items()), key=lambda each: each.since)


def _router(report: Report, now: datetime, main: tuple[int, str] | None) -> Router:
    status, silent = report.status, report.silent(now)
    book = (status.sequence, status.digest or "")
    return Router(
        name=status.router,
        lane=status.lane,
        heard=report.heard,
        silent=silent,
        sequence=status.sequence,
        digest=status.digest or "",
        odd=not silent and main is not None and book != main,
        problem=status.problem,
        refused=status.refused[-1].why if status.refused else None,
    )


def _part(name: str, since: datetime, lang: Language) -> SilentPart:
    part, _, rest = name.partition("/")
    try:
        said = Silent.model_validate({"part": part, "name": rest or part, "since": since, "at": since})
    except ValidationError:  # of a version to come
        return SilentPart(name, name, "", since)
    # What is told since when, and what is to be done, in the words of the alarm itself.
    return SilentPart(name, said.headline_in(lang), str(said.texts[lang].instruction or ""), since)
