"""`uv run python -m tests.desk_words`: take the pages' words out of templates and code into `words/<room>.<lang>.po`.

What is new stands there without a translation, and a test fails until it has one; what no page
says any more is dropped.
A room's words are those of `templates/<room>/` and of modules of its name; all others are `core`'s.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from babel.messages.extract import extract_from_file
from babel.messages.plurals import get_plural
from babel.messages.pofile import normalize, read_po

from cbrn_consumers.desk.web.words import FOLDER, LANGUAGES, ROOMS

if TYPE_CHECKING:
    from collections.abc import Mapping

WEB: Final = FOLDER.parent
KEYWORDS: Final = {"_": None, "N_": None, "gettext": None, "text": None, "say": None, "ngettext": (1, 2)}
OPTIONS: Final = {"trimmed": "true", "silent": "false"}
Message = str | tuple[str, ...]


def room_of(path: Path) -> str:
    """The room whose words a file has."""
    parts = path.relative_to(WEB).with_suffix("").parts
    return next((part for part in parts if part in ROOMS), "core")


def said() -> dict[str, list[Message]]:
    """All words by room, in their order."""
    found: dict[str, dict[Message, None]] = {}
    files = [*sorted(WEB.rglob("*.py")), *sorted(WEB.glob("templates/**/*.html"))]
    for path in files:
        way = "python" if path.suffix == ".py" else "jinja2.ext:babel_extract"
        for _, message, _, _ in extract_from_file(way, path, KEYWORDS, options=OPTIONS):
            found.setdefault(room_of(path), {})[message] = None
    return {room: list(messages) for room, messages in found.items()}


def held(room: str, lang: str) -> Mapping[Message, Message]:
    """What has been translated."""
    path = FOLDER / f"{room}.{lang}.po"
    if not path.exists():
        return {}
    with path.open("rb") as file:
        return {one.id: one.string for one in read_po(file, locale=lang) if one.id and not one.fuzzy}


def text_of(room: str, lang: str, messages: list[Message]) -> str:
    """A room's file in a language."""
    plural = get_plural(lang)
    lines = [
        'msgid ""',
        'msgstr ""',
        f'"Language: {lang}\\n"',
        f'"Plural-Forms: nplurals={plural.num_plurals}; plural={plural.plural_expr};\\n"',
        '"Content-Type: text/plain; charset=utf-8\\n"',
    ]
    known = held(room, lang)
    for message in messages:
        one = message if isinstance(message, str) else message[0]
        string = known.get(message, message if lang == "en" else "")
        lines += ["", f"msgid {normalize(one, width=120)}"]
        if isinstance(message, str):
            lines.append(f"msgstr {normalize(str(string), width=120)}")
            continue
        lines.append(f"msgid_plural {normalize(message[1], width=120)}")
        forms = string if isinstance(string, tuple) else ("",) * plural.num_plurals
        lines += [f"msgstr[{index}] {normalize(form, width=120)}" for index, form in enumerate(forms)]
    return "\n".join(lines) + "\n"


def main() -> None:
    for room, messages in said().items():
        for lang in LANGUAGES:
            (FOLDER / f"{room}.{lang}.po").write_text(text_of(room, lang, messages), encoding="utf-8")


if __name__ == "__main__":
    main()
