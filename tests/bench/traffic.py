"""The events of the benchmark: incidents of every combination of six kinds, eight sites and four severities."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from tests.bench.setting import KINDS, SEVERITIES, Setting

from cbrn_routing.shards.placement import Placement
from cbrn_schemas.envelope import Header, binary_headers
from cbrn_schemas.events import ce_type, parse_event, to_bytes
from cbrn_schemas.topics import Realm, from_topic

if TYPE_CHECKING:
    from cbrn_schemas.events import AnyEvent

EXAMPLES: Final = Path(__file__).parents[2] / "schemas" / "examples"
SITES: Final = ("F01", "F04", "F09", "F11", "F12", "F16", "F23", "F35")
COMBINATIONS: Final = tuple(itertools.product(KINDS, SITES, SEVERITIES))
STRIDE: Final = 7
"""From one event's combination to the next one's: prime to their number, so that all come, and neighbours differ."""
LANGUAGES: Final = ("ru", "ky", "en")
DESCRIPTION_MAX: Final = 4_000
"""Letters that a description, or an instruction, may have."""


class Sent(NamedTuple):
    """One event as it is published."""

    topic: str
    partition: int
    key: bytes
    value: bytes
    headers: list[Header]


def template(number: int, now: datetime, payload: int = 0) -> AnyEvent:
    """Return the event that stands for all of one combination: no body's, and of no situation yet."""
    kind, site, severity = COMBINATIONS[number]
    example = parse_event((EXAMPLES / f"{kind}.json").read_bytes())
    where = example.where.model_copy(update={"site": site, "district": None, "point": None, "crossing": None})
    # One language is kept, so that an event has about 1 kB; more only to make it larger.
    texts = {lang: text for lang, text in example.texts.items() if lang == "ru"}
    changed = {
        "where": where,
        "severity": severity,
        "observed": now,
        "reported": now,
        "situation": "SITUATION",
        "body": "BODY",
        "message_type": "Alert",
        "references": (),
        "texts": texts,
    }
    event = example.model_copy(update=changed)
    short = texts["ru"].model_copy(update={"description": None, "instruction": None})
    for lang, part in itertools.product(LANGUAGES, ("description", "instruction")):
        if (missing := payload - len(to_bytes(event))) <= 0:
            break
        text = texts.get(lang, short)
        letters = (missing + len((getattr(text, part) or "").encode())) // len("Ж".encode()) + 1
        texts |= {lang: text.model_copy(update={part: "Ж" * min(letters, DESCRIPTION_MAX)})}
        event = event.model_copy(update={"texts": texts})
    return event


def traffic(count: int, partitions: int, setting: Setting | None = None, *, now: datetime | None = None) -> list[Sent]:
    """`count` events from all bodies in turn, each where its key belongs; of a situation of its own, unless said."""
    setting = setting or Setting()
    now = (now or datetime.now(UTC)).replace(microsecond=0)
    written = rfc3339_seconds(now)
    values = [to_bytes(template(number, now, setting.payload)) for number in range(len(COMBINATIONS))]
    types = [ce_type(kind) for kind, _, _ in COMBINATIONS]
    placement = Placement(0, partitions)
    codes = setting.codes
    sent = []
    for number in range(count):
        body, which = codes[number % len(codes)], combination_of(number)
        key = b"bench-%d" % (number % setting.situations if setting.situations else number)
        value = values[which].replace(b"SITUATION", key).replace(b'"BODY"', b'"%s"' % body.encode())
        headers = binary_headers(id=str(number), source=f"/{body}", type=types[which], time=written)
        topic = from_topic(Realm.REAL, body, "incidents")
        sent.append(Sent(topic, placement.shard_of(key), key, value, headers))
    return sent


def combination_of(number: int) -> int:
    """Tell of which combination the event of this number is."""
    return number * STRIDE % len(COMBINATIONS)


def rfc3339_seconds(moment: datetime) -> str:
    """Return a whole second in UTC as a publisher writes it."""
    return moment.isoformat().replace("+00:00", "Z")
