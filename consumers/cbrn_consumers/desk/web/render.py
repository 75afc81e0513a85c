"""Templates made into pages: one Jinja environment a language, what is missing is an error, everything is escaped.

What a template may call stands here: times, names and the catalogue's words, all in the page's language.
"""

from __future__ import annotations

import re
from functools import cache, partial
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from cbrn_consumers.desk.web.words import LANGUAGES, catalogue_of
from cbrn_schemas.catalogue.bodies import bodies
from cbrn_schemas.catalogue.naming import body_name, place_name, words_of
from cbrn_schemas.catalogue.words import word
from cbrn_schemas.catalogue.written import ago, amount, countdown, local_time, number, span

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from jinja2 import Template

    from cbrn_schemas.events.base import Language

HERE: Final = Path(__file__).parent
CLOCK: Final = "%H:%M:%S"
DAY_AND_TIME: Final = "%d.%m %H:%M"
SHAPES: Final = {"Extreme": "▲", "Severe": "◆", "Moderate": "●", "Minor": "○", "Unknown": "◌"}
"""Of a severity: colour alone says nothing to one man in twelve, and nothing on paper."""

_TURNS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


@cache
def environment(lang: Language) -> Environment:
    """Return the environment of a language."""
    made = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        extensions=["jinja2.ext.i18n"],
    )
    made.install_gettext_translations(catalogue_of(lang), newstyle=True)  # type: ignore[attr-defined] # the extension's
    known: dict[str, Any] = {
        "lang": lang,
        "languages": LANGUAGES,
        "shapes": SHAPES,
        "asset": asset,
        "situation_path": situation_path,
        "is_abroad": is_abroad,
        "word": _in(word, lang),
        "words_of": _in(words_of, lang),
        "body_name": _in(body_name, lang),
        "place_name": _in(place_name, lang),
        "place_and_region": _in(place_and_region, lang),
        "countdown": _in(countdown, lang),
        "ago": _in(ago, lang),
        "span": _in(span, lang),
        "number": _in(number, lang),
        "amount": _in(amount, lang),
        "clock": clock,
        "moment": moment,
        "in_words": partial(in_words, lang=lang),
    }
    made.globals.update(known)
    return made


def render(template: str, lang: Language, /, **known: Any) -> str:
    """Make a page, or a part of one."""
    return unturned(_template(template, lang).render(known))


def unturned(text: str) -> str:
    r"""Spell out what turns the direction of writing, as `\u202e`: with it a headline could rewrite what stands by it.

    No language of the bus is written from the right, and the command line shows these in the same way.
    """
    return _TURNS.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


@cache
def _template(name: str, lang: Language) -> Template:
    return environment(lang).get_template(name)


def clock(at: datetime) -> str:
    """Write the time of day, to the second: `03:12:07 +06`."""
    return local_time(at, CLOCK)


def moment(at: datetime) -> str:
    """Write day and minute: `27.11 03:12 +06`."""
    return local_time(at, DAY_AND_TIME)


def in_words(texts: Mapping[Language, str], lang: Language) -> str:
    """Return a text in the page's language, else in one that there is."""
    return texts.get(lang) or next((text for text in texts.values() if text), "")


def place_and_region(code: str, region: str, lang: Language) -> str:
    """Write `Jayyl · Chuy`."""
    names = [place_name(code, lang), *([place_name(region, lang)] if region else [])]
    return " · ".join(dict.fromkeys(names))


def situation_path(name: str) -> str:
    """Return the address of a situation's page; a name that a path cannot hold whole stands behind a question mark."""
    if "/" in name or not name.strip("."):
        return f"/situations?name={quote(name, safe='')}"
    return f"/situations/{quote(name, safe='')}"


def is_abroad(code: str) -> bool:
    """Tell whether a body is another state or an organisation: what it says is foreign information."""
    known = bodies().get(code)
    return known is not None and known.is_abroad


@cache
def assets() -> dict[str, tuple[bytes, str]]:
    """Return every static file with the stamp of its content: nothing else can be asked for by name."""
    files = sorted(path for path in (HERE / "static").iterdir() if path.suffix in {".js", ".css", ".svg"})
    return {path.name: (content := path.read_bytes(), _stamp(content)) for path in files}


def asset(name: str) -> str:
    """Return the address of a static file; it changes with its content, so that a browser may keep it.

    Raises:
        KeyError: there is none of this name.
    """
    return f"/static/{name}?v={assets()[name][1]}"


def _stamp(content: bytes) -> str:
    return blake2b(content, digest_size=6).hexdigest()


def _in(written: Callable[..., str], lang: Language) -> Callable[..., str]:
    """Let a template leave the language out, which stands last."""

    def called(*given: Any) -> str:
        return written(*given, lang)

    return called
