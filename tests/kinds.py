"""`python -m tests.kinds`: write a page for each kind of event into `docs/kinds`.

Made of models, words, examples and the national book: nothing there is kept by hand. What kinds share stands in
`fields.md`.
"""

from __future__ import annotations

import json
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from tests.builders.golden import ROOT

from cbrn_routing.decide import Engine
from cbrn_routing.facets import deciding_fields
from cbrn_routing.jurisdiction import Gazetteer
from cbrn_routing.rulebook import Eras, national_rulebook
from cbrn_routing.rulebook.vocabulary import HAZARDS_OF
from cbrn_schemas.catalogue.naming import body_name
from cbrn_schemas.catalogue.words import word, words
from cbrn_schemas.contracts import event_document
from cbrn_schemas.contracts.fields import facts, fields_of
from cbrn_schemas.contracts.template import Template, commented, example
from cbrn_schemas.events import EVENT_TYPES, Incident, Monitoring, ce_type, lane_of, parse_event
from cbrn_schemas.events.time import LOCAL_TIME

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

FOLDER = ROOT / "docs" / "kinds"
NAMES = (*(f"{kind}.md" for kind in EVENT_TYPES), "README.md", "fields.md")
WRITTEN = "<!-- written by `uv run python -m tests.kinds` -->\n"
HEAD = ("| field | what must be known | what it is |", "| --- | --- | --- |")


@cache
def engine() -> Engine:
    """Make an engine with the national book."""
    return Engine(Eras(national_rulebook()), Gazetteer())


@cache
def text_of(name: str) -> str:
    """Return the text of the page of this name."""
    made = {"README.md": index, "fields.md": shared}.get(name, lambda: page(name.removesuffix(".md")))
    return f"{WRITTEN}{made().rstrip()}\n"


def index() -> str:
    """Return the table of kinds, and how one begins with one."""
    lines = [INTRODUCTION]
    for hazard in ("chemical", "biological", "radiological", "nuclear"):
        lines += [f"## {word('hazard', hazard, 'en').capitalize()}", "", "| kind | what it is |", "| --- | --- |"]
        for kind in EVENT_TYPES:
            if hazard in HAZARDS_OF[kind]:
                lines.append(f"| [`{kind}`]({kind}.md) | {word('kind-about', kind, 'en')} |")
        lines.append("")
    return "\n".join(lines)


INTRODUCTION = """# What can be reported

One page a kind; `uv run cbrn kinds` lists them in three languages and finds them by any word of their names. To begin
with one:

```sh
uv run cbrn new tailings-failure --yaml > tailings-failure.yaml
uv run cbrn schema show tailings-failure --out .
uv run cbrn route tailings-failure.yaml
uv run cbrn publish tailings-failure.yaml --as mes-tailings --dry-run
```

The first line prints an event that is filled in and valid as it stands, with the fields that decide who is told;
`--full` adds every optional one, `--as` another body, `--lang ky` other words. Without `--yaml` it is JSON. The second
writes the published schema beside it, where the first line of the YAML (`# yaml-language-server: $schema=`) says that
it lies: an editor with a YAML language server then completes and checks what is typed. The schemas have no public
address.

YAML is read strictly, so that an event is what it looks like: a number is written as in JSON; `true`, `false` and
`null` (or `~`) are what they are there; all else is text. A time stays as written, `no` and `12:30` are text, a code
of digits stands in quotes (`district: "41703430"`). A key that stands twice is refused with its line; so are tags, and
aliases without end. `---` parts several events of one file. A body is told JSON, whichever way the event was written.

Fields that every kind has, and the parts of which fields consist: [fields](fields.md).
"""


def page(kind: str) -> str:
    """Return the page of a kind."""
    model, names = EVENT_TYPES[kind], words()["kind", kind]
    schema = event_document(kind).schema
    base = Incident if issubclass(model, Incident) else Monitoring
    own = [name for name in fields_of(schema) if name not in base.model_fields or name in model.__annotations__]
    told = example(kind)
    lane = lane_of(kind)
    facts_of_kind = (
        f"{' or '.join(HAZARDS_OF[kind])}; lane {lane}; CloudEvents type `{ce_type(kind)}`; "
        f"[schema](../../schemas/json/{kind}.v1.json), [whole example](../../schemas/examples/{kind}.json)"
    )
    about = "\n\n".join(" ".join(part.split()) for part in (model.__doc__ or "").strip().split("\n\n"))
    shared = "incident" if base is Incident else "reading"
    return "\n".join(
        [
            f"# {names.en}",
            "",
            f"`{kind}` · {names.ru} · {names.ky}",
            "",
            about,
            "",
            f"{facts_of_kind[0].upper()}{facts_of_kind[1:]}.",
            "",
            "```sh",
            f"uv run cbrn new {kind} --yaml > {kind}.yaml",
            f"uv run cbrn route {kind}.yaml",
            f"uv run cbrn publish {kind}.yaml --as {told['body']} --dry-run",
            "```",
            "",
            "## Example",
            "",
            "```yaml",
            *plain_example(kind, schema),
            "```",
            "",
            who_is_told(told),
            "",
            "## Fields",
            "",
            *HEAD,
            *rows(schema, None, own),
            "",
            f"And those of [every {shared}](fields.md#every-{shared}).",
        ]
    )


def plain_example(kind: str, schema: dict[str, Any]) -> Iterator[str]:
    """Yield the lines of what `cbrn new` would have printed on the day of the example, without comments."""
    now = datetime.fromisoformat(example(kind)["reported"]).astimezone(LOCAL_TIME)
    asked = Template(schema, "en", now, deciding=deciding_fields(EVENT_TYPES[kind]))
    lines = commented(asked).splitlines()
    return (line for line in lines if line and not line.lstrip().startswith("#"))


def who_is_told(data: dict[str, Any]) -> str:
    """Say whom the national book tells of the example."""
    event = parse_event(json.dumps(data).encode())
    decision = engine().route(event, event.reported).decision
    parts = [f"lead {_named([decision.lead.body])}"] if decision.lead else ["nobody as lead"]
    for role in ("support", "inform"):
        named = [one.body for one in decision.recipients if one.role.code == role]
        parts += [f"{role} {_named(named)}"] if named else []
    return f"By the national rule book and the laws of its day the whole example goes to: {'; '.join(parts)}."


def _named(codes: Iterable[str]) -> str:
    return ", ".join(f"{body_name(code, 'en')} (`{code}`)" for code in codes)


def rows(schema: dict[str, Any], part: str | None, names: Iterable[str]) -> Iterator[str]:
    """Yield a row a field."""
    fields = fields_of(schema, part)
    for field in (fields[name] for name in names):
        known = [*facts(field, "en", values=len(field.allowed))]
        if len(field.allowed) == 1 and not field.several:
            known += [f"always `{field.allowed[0]}`"]
        elif field.default not in (None, []):
            known += [f"default `{json.dumps(field.default)}`"]
        if field.part:
            known += [f"[{field.part}](fields.md#{field.part.lower()})"]
        about = field.about or word("field", field.name, "en")
        yield f"| `{field.name}` | {_cell('; '.join(known))} | {_cell(about)} |"


def _cell(text: str) -> str:
    return text.replace("|", r"\|")


def shared() -> str:
    """Return the page of what kinds share: fields of every event, and parts."""
    lines = ["# Fields that kinds share", ""]
    for title, kind, base in (("incident", "portal-alarm", Incident), ("reading", "portal-count", Monitoring)):
        schema = event_document(kind).schema
        lines += [
            f"## Every {title}",
            "",
            *HEAD,
            *rows(schema, None, (name for name in base.model_fields if name not in {"kind", "hazard"})),
            "",
        ]
    parts: dict[str, dict[str, Any]] = {}
    for kind in EVENT_TYPES:
        schema = event_document(kind).schema
        parts |= dict.fromkeys(schema["$defs"], schema)
    lines += ["# Parts", ""]
    for name, schema in sorted(parts.items()):
        about = " ".join(schema["$defs"][name].get("description", "").split())
        lines += [f"## {name}", "", about, "", *HEAD, *rows(schema, name, fields_of(schema, name)), ""]
    return "\n".join(lines)


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for stale in {path.name for path in FOLDER.glob("*.md")} - set(NAMES):
        (FOLDER / stale).unlink()
    for name in NAMES:
        (FOLDER / name).write_text(text_of(name), encoding="utf-8")
