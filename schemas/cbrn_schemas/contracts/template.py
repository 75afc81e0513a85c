"""An event of a kind, filled in and valid as it stands, as data or as YAML with a comment a field.

The values are those of the kind's example, moved to the present; what is not wanted of it is left out.
"""

from __future__ import annotations

import json
import re
from datetime import date, datetime, timedelta
from importlib.resources import files
from textwrap import wrap
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from cbrn_schemas.catalogue.units import SCALES
from cbrn_schemas.catalogue.words import word
from cbrn_schemas.contracts.fields import fields_of, told

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cbrn_schemas.contracts.fields import SchemaField
    from cbrn_schemas.events.base import Language

_TIME: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+(?:Z|[+-][0-9]{2}:[0-9]{2})")
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_PLAIN: Final = re.compile(r"[A-Za-z][A-Za-z0-9_/.+-]*")
"""A text that needs no quotes, whichever version of YAML reads it, but for these words."""
_WORDS: Final = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})
COLUMNS: Final = 78
_OWN: Final = frozenset({"unit", "reporter"})
"""What holds for the body of the example alone."""


class Template(NamedTuple):
    """What is asked for."""

    schema: dict[str, Any]
    """The kind's published schema."""
    lang: Language
    now: datetime
    """Aware, in the country's zone."""
    body: str | None = None
    """Who publishes it; None for the body of the example."""
    status: str = "Actual"
    deciding: frozenset[str] = frozenset()
    """Optional fields that decide who is told: given where the example has them."""

    @property
    def kind(self) -> str:
        """The kind's name."""
        return str(self.schema["properties"]["kind"]["const"])

    def wanted(self, field: SchemaField, value: Any) -> bool:
        """Tell whether a field is given, not only offered."""
        if field.name == "status":
            return self.status != "Actual"
        decides = field.name in self.deciding and value not in (None, [])
        return field.required or decides or field.name == "texts"


def example(kind: str) -> dict[str, Any]:
    """Return the example of a kind, as data."""
    text = files("cbrn_schemas").joinpath("examples", f"{kind}.json").read_text(encoding="utf-8")
    return dict(json.loads(text))


def filled(asked: Template, *, full: bool = False) -> dict[str, Any]:
    """Return the event; if `full`, with every optional field: as in the example, else its default or null."""
    said = example(asked.kind)
    said = _moved(said, asked.now - datetime.fromisoformat(said["reported"]), asked.now)
    if asked.body not in {None, said["body"]}:
        said = {name: value for name, value in said.items() if name not in _OWN} | {"body": asked.body}
    said |= {"status": asked.status, "texts": {asked.lang: said["texts"][asked.lang]}}
    if "station" in said:
        said["station"] = f"my-{asked.kind}"
    else:
        said |= {"situation": f"KG-{asked.now:%Y-%m-%d}-{asked.kind}", "message_type": "Alert"}
        said.pop("references", None)
    fields = fields_of(asked.schema)
    if full:
        said |= {name: field.default for name, field in fields.items() if name not in said}
    order = [*(name for name in said if name != "texts"), "texts"]
    return {name: said[name] for name in order if full or asked.wanted(fields[name], said[name])}


def _moved(value: Any, by: timedelta, now: datetime) -> Any:
    """Change every time and day by as much as lies between the report and the present."""
    if isinstance(value, dict):
        return {name: _moved(each, by, now) for name, each in value.items()}
    if isinstance(value, list):
        return [_moved(each, by, now) for each in value]
    if isinstance(value, str) and _TIME.fullmatch(value):
        return (datetime.fromisoformat(value) + by).astimezone(now.tzinfo).isoformat(timespec="seconds")
    if isinstance(value, str) and _DAY.fullmatch(value):
        return (date.fromisoformat(value) + by).isoformat()
    return value


def commented(asked: Template, *, full: bool = False) -> str:
    """Write the event as YAML with a comment a field; if `full`, what may be left out too, behind a `#`."""
    lang, kind = asked.lang, asked.kind
    *_, version = asked.schema["$id"].split(":")
    event, fields = filled(asked, full=full), fields_of(asked.schema)
    lines = [f"# yaml-language-server: $schema={kind}.{version}.json"]
    about = (
        f"{word('kind', kind, lang)}: {word('kind-about', kind, lang)} {_sentence(word('ui', 'example-data', lang))}"
    )
    lines += _comment(about, "")
    for does, command in (
        ("for-editor", f"cbrn schema show {kind} --out ."),
        ("who-is-told", f"cbrn route {kind}.yaml"),
        ("publishes", f"cbrn publish {kind}.yaml --as {event['body']}"),
    ):
        lines += [*_comment(f"{word('ui', does, lang)}:", ""), f"#   {command}"]
    given = {name: value for name, value in event.items() if asked.wanted(fields[name], value)}
    lines += ["", *_mapping(given, fields, asked, "")]
    offered = {name: value for name, value in event.items() if name not in given}
    if offered:
        lines += ["", *_comment(_sentence(word("ui", "left-out-fields", lang)), ""), ""]
        lines += [line if line.startswith("#") else f"#{line}" for line in _mapping(offered, fields, asked, "")]
    return "\n".join(lines) + "\n"


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def _comment(text: str, indent: str) -> list[str]:
    return wrap(
        text,
        COLUMNS,
        initial_indent=f"{indent}# ",
        subsequent_indent=f"{indent}#   ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def _mapping(
    value: Mapping[str, Any], fields: Mapping[str, SchemaField], asked: Template, indent: str, *, bare: bool = False
) -> Iterator[str]:
    """Write an object, each field under its comment; `bare`: without comments, as for the second of a list."""
    for name, each in value.items():
        field = fields[name]
        parts = None if field.part is None else fields_of(asked.schema, field.part)
        if not bare:
            said = told(field, asked.lang, parts=None if each else parts)
            if name == "unit" and "quantity" in value:
                units = ", ".join(SCALES[value["quantity"]].units)
                said = f"{word('ui', 'with-this-quantity', asked.lang)}: {units}"
            yield from _comment(said, indent) if said else ()
        if isinstance(each, dict) and field.by_language:
            yield f"{indent}{name}:"
            for lang, text in each.items():
                yield f"{indent}  {lang}:"
                yield from _mapping(text, parts or {}, asked, f"{indent}    ", bare=bare)
        elif isinstance(each, dict):
            yield f"{indent}{name}:"
            yield from _mapping(each, parts or {}, asked, f"{indent}  ", bare=bare)
        elif isinstance(each, list) and each and isinstance(each[0], dict):
            yield f"{indent}{name}:"
            for at, item in enumerate(each):
                yield from _item(_mapping(item, parts or {}, asked, f"{indent}    ", bare=bare or at > 0), indent)
        else:
            yield f"{indent}{name}: {_scalar(each)}".rstrip()


def _item(lines: Iterator[str], indent: str) -> Iterator[str]:
    """Put the dash before an item's first line that is no comment."""
    dash = True
    for line in lines:
        if dash and not line.lstrip().startswith("#"):
            yield f"{indent}  - {line[len(indent) + 4 :]}"
            dash = False
        else:
            yield line


def _scalar(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str) and _PLAIN.fullmatch(value) and value.lower() not in _WORDS:
        return value
    if isinstance(value, list):
        return f"[{', '.join(map(_scalar, value))}]"
    return json.dumps(value, ensure_ascii=False)
