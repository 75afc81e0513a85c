"""What a router does before it is ready: it decides on an example of every kind, refuses one, and tells nobody.

Tables of the catalogue are read when something first asks for them: else that were the first alert, which would wait
for them, and block its shard meanwhile.
"""

from __future__ import annotations

import json
from contextlib import suppress
from importlib.resources import files
from typing import TYPE_CHECKING

from cbrn_schemas.catalogue.words import word
from cbrn_schemas.errors import InvalidEventError
from cbrn_schemas.events import EVENT_TYPES, parse_quickly
from cbrn_schemas.records import rfc3339

if TYPE_CHECKING:
    from datetime import datetime

    from cbrn_routing.decide import Engine
    from cbrn_schemas.events.base import Language


def rehearse(engine: Engine, now: datetime, lang: Language) -> None:
    """Decide on an example of every kind as if it were of `now` (aware), and look up its name in the log's language."""
    said = {"observed": rfc3339(now), "reported": rfc3339(now)}
    for kind in EVENT_TYPES:
        word("kind", kind, lang)
        # A catalogue of one's own may know no such place or body: then events that are like it are refused as well.
        with suppress(InvalidEventError):
            engine.route(parse_quickly(_example(kind, **said)), now)
    with suppress(InvalidEventError):
        parse_quickly(_example("orphan-source", hazard="none"))


def _example(kind: str, **said: str) -> bytes:
    example = json.loads(files("cbrn_schemas").joinpath("examples", f"{kind}.json").read_bytes())
    return json.dumps(example | said).encode()
