"""What the shell offers behind Tab: codes and names of what is at hand, without a broker and at once.

Each is given as Typer's `autocompletion`; the shells that show help show the name, in the language of the call.
"""

# ruff: noqa: PLC0415 - what is heavy is imported where it is needed, so that completion is quick

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

import typer  # noqa: TC002 - Typer reads the annotations of what completes

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cbrn_schemas.events.base import Language

Offers = list[tuple[str, str]]
"""Each offer with the help that stands beside it."""

EVENT_FILES: Final = (".json", ".jsonl", ".yaml", ".yml")
HELP_LETTERS_MAX: Final = 60
"""Of a name beside an offer: a ministry's is longer than a line."""


def complete_bodies(ctx: typer.Context, incomplete: str) -> Offers:
    """Offer codes of bodies; abbreviations where one was begun in other letters."""
    from cbrn_schemas.catalogue.bodies import bodies

    lang = _language(ctx)
    every = [each for each in bodies().values() if each.valid_to is None]
    if incomplete.isascii():
        return _offer(((each.code, each.name(lang)) for each in every), incomplete)
    return _offer(((short, each.name(lang)) for each in every for short in each.abbreviations), incomplete)


def complete_publishers(ctx: typer.Context, incomplete: str) -> Offers:
    """Offer those bodies that publish."""
    from cbrn_schemas.catalogue.bodies import find_body

    offers = ((name, said, find_body(name)) for name, said in complete_bodies(ctx, incomplete))
    return [(name, said) for name, said, body in offers if body is not None and body.publishes]


def complete_kinds(ctx: typer.Context, incomplete: str) -> Offers:
    """Offer kinds of events: without their models, which take long to load."""
    from cbrn_schemas.catalogue.words import words

    lang = _language(ctx)
    reported = (kind for group, kind in words() if group == "kind-about")  # of alarms of the bus none is written
    return _offer(((kind, words()["kind", kind].get(lang)) for kind in reported), incomplete)


def complete_sites(ctx: typer.Context, incomplete: str) -> Offers:
    """Offer ids of hazard sites."""
    from cbrn_schemas.catalogue.places import facilities

    lang = _language(ctx)
    return _offer(((site.id, site.names.get(lang)) for site in facilities().values()), incomplete)


def complete_districts(ctx: typer.Context, incomplete: str) -> Offers:
    """Offer SOATE codes."""
    from cbrn_schemas.catalogue.places import districts

    lang = _language(ctx)
    coded = ((unit.code, unit.name(lang)) for unit in districts().values())
    return _offer(((code, name) for code, name in coded if code is not None), incomplete)


def complete_crossings(ctx: typer.Context, incomplete: str) -> Offers:
    """Offer slugs of border crossings."""
    from cbrn_schemas.catalogue.places import crossings

    lang = _language(ctx)
    return _offer(((post.slug, post.names.get(lang)) for post in crossings().values()), incomplete)


def complete_places(ctx: typer.Context, incomplete: str) -> Offers:
    """Offer the codes of districts, sites and crossings."""
    found = (complete(ctx, incomplete) for complete in (complete_districts, complete_sites, complete_crossings))
    return [offer for offers in found for offer in offers]


def complete_scenarios(incomplete: str) -> Offers:
    """Offer the cases of the demo, by the names of their files."""
    from importlib.resources import files

    folder = files("cbrn_producers") / "simulator" / "scenarios"  # importing that package would take long
    names = sorted(each.name.removesuffix(".yaml") for each in folder.iterdir() if each.name.endswith(".yaml"))
    return _offer(((name, "") for name in (*names, "all")), incomplete)


def complete_rules(incomplete: str) -> Offers:
    """Offer the ids of the national book's rules; only their lines are read."""
    from importlib.resources import files

    folder = files("cbrn_routing") / "rules"
    texts = (each.read_text(encoding="utf-8") for each in sorted(folder.iterdir(), key=lambda each: each.name))
    return _offer(((found, "") for text in texts for found in re.findall(r"(?m)^ *- id: (\S+)", text)), incomplete)


def complete_rules_bodies_kinds(ctx: typer.Context, incomplete: str) -> Offers:
    """Offer what `cbrn rules show` takes."""
    return [*complete_rules(incomplete), *complete_bodies(ctx, incomplete), *complete_kinds(ctx, incomplete)]


def complete_books(incomplete: str) -> Offers:
    """Offer the national rule book, folders and YAML files."""
    return [*_offer([("national", "")], incomplete), *((path, "") for path in _paths(incomplete, (".yaml", ".yml")))]


def complete_event_files(incomplete: str) -> list[str]:
    """Offer files that may hold events, and the folders on the way to them."""
    return _paths(incomplete, EVENT_FILES)


def _offer(offers: Iterable[tuple[str, str]], incomplete: str) -> Offers:
    """Pick what was begun so, whatever its case; what holds a blank would have to be quoted, so it is left out."""
    begun = incomplete.casefold()
    return [
        (f"{incomplete}{name[len(incomplete) :]}", _shortened(said))
        for name, said in dict(offers).items()
        if name.casefold().startswith(begun) and " " not in name
    ]


def _shortened(text: str) -> str:
    text = text.replace("'", "’")  # Typer's script for zsh would drop the one of a keyboard
    return text if len(text) <= HELP_LETTERS_MAX else f"{text[: HELP_LETTERS_MAX - 1].rstrip()}…"


def _paths(incomplete: str, endings: tuple[str, ...]) -> list[str]:
    """List matching files and folders, as they were begun to be typed; a single folder is entered at once."""
    begun = incomplete.rpartition("/")[2]
    typed = incomplete[: len(incomplete) - len(begun)]
    try:
        entries = sorted(Path(typed or ".").expanduser().iterdir())
    except (OSError, RuntimeError):  # the second where ~name is nobody's home
        return []
    found = [
        f"{typed}{each.name}{'/' if each.is_dir() else ''}"
        for each in entries
        if each.name.startswith(begun)
        and each.name.isprintable()  # a line break, or a name in another encoding, would spoil all offers
        and (begun or not each.name.startswith("."))
        and (each.is_dir() or each.name.lower().endswith(endings))
    ]
    return _paths(found[0], endings) if len(found) == 1 and found[0].endswith("/") else found


def _language(ctx: typer.Context) -> Language:
    """Return the language of the call: its option, else the setting, which is not read with all others for this."""
    given = ctx.params.get("lang") or ctx.find_root().params.get("lang") or os.environ.get("CBRN_LANG")
    return cast("Language", given) if given in {"ky", "ru"} else "en"
