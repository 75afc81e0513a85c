"""The words of a refusal of bytes that are no JSON: what stands there instead, and what to write."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

from cbrn_schemas.events.remedies.mistake import shown

if TYPE_CHECKING:
    from cbrn_schemas.events.remedies.mistake import Mistake, Words

_ROUND_CHARS: Final = 40
"""What is looked at before and behind the place where reading stopped: half a line of a terminal."""
_CUT: Final = "the end is missing, of a text or of a bracket: was the file copied whole? Send it again"
_USUAL: Final = "look at that line and column: a missing comma, quote or bracket is usual"

_NO_JSON: Final = (
    (r"\s*<", "this is XML or HTML", "publish the event as one JSON object { ... }"),
    (
        r"\s*(#[^\n]*\n\s*)*(---\s|[A-Za-z_]+:\s)",
        "this is YAML",
        'save it under a name that ends in .yaml, or write it as JSON: { "kind": ... }',
    ),
    (
        r"\s*\"?\w+\"?([;,\t]\"?\w+\"?){2,}\s*\n",
        "this is a table (CSV)",
        "write each row as one JSON object { ... } on a line of its own",
    ),
)
"""How the text begins, what it is, what to do."""

_STOPPED: Final = (
    (r"[:\[,]\s*(?P<whole>[-+]?\d+),\s*\0(?P<part>\d+)\b", "a decimal comma", "write {whole}.{part}"),
    (r",\s*\0\s*[}\]]|\0,\s*[}\]]", "a comma behind the last item", "remove the comma before the closing bracket"),
    (r"\0'", "single quotes", "write double quotes: \"kind\", not 'kind'"),
    (r"\0[“”„«»]", "typographic quotes", 'write straight double quotes: "kind"'),
    (r"\0(//|/\*|#)|\0/", "a comment", "remove the comment: JSON has none"),
    (r"\0True\b", "True as in Python", "write true; from a program: json.dumps(event)"),
    (r"\0False\b", "False as in Python", "write false; from a program: json.dumps(event)"),
    (r"\0None\b", "None as in Python", "leave the field out; from a program: json.dumps(event)"),
    (r"(?i)\0[-+]?(nan|inf)", "not a number", "leave the reading out, or give its detection limit as detection_limit"),
    (r"\0\+(?P<digits>\d+)", "a plus sign", "write {digits} without the plus sign"),
    (r"\0\.(?P<digits>\d+)", "no digit before the point", "write 0.{digits}"),
    (r"[:\[,]\s*-?0\0(?P<digits>\d+)", "a number that begins with 0", 'write it in quotes, as text: "0{digits}"'),
    (r"[{,]\s*\0(?P<name>[^\W\d]\w*)\s*:", "a name without quotes", 'write "{name}" in double quotes'),
    (r":\s*\0(?P<name>[^\W\d][^,\n}\]]*)", "a text without quotes", 'write "{name}" in double quotes'),
    (r"[\"\d}\]el]\s*\0\"", "no comma before it", "write a comma behind the item before"),
)
"""What stands round the place where reading stopped (a zero byte marks it), what it is, what to do."""

_SAID: Final = (
    ("hex escape", "half of a character", "write letters as UTF-8, not as \\u escapes"),
    ("surrogate", "half of a character", "write letters as UTF-8, not as \\u escapes"),
    ("number out of range", "a number of thousands of digits", "look at that line and column"),
    (
        "recursion limit",
        "brackets in brackets",
        "an event has a few levels, not hundreds: look at that line and column",
    ),
    ("control character", "a text over the end of its line", "close the quote, or write the line break as \\n"),
    ("invalid escape", "a backslash that means nothing", 'write a backslash twice: \\\\; a quote inside a text as \\"'),
)
"""Part of the validator's words, what it is, what to do."""


def not_json(mistake: Mistake) -> Words:
    """Say at which place reading stopped, what stands there, and what to write."""
    error = str(mistake.context.get("error", "unreadable"))
    text = mistake.value.decode(errors="replace") if isinstance(mistake.value, bytes) else str(mistake.value)
    if not text.strip():
        return "the value is empty", "publish the event as one JSON object { ... }"
    if "\0" in text:
        return "there is a zero byte in the text", "save the text as UTF-8 (not UTF-16), and without zero bytes"
    for form, what, todo in _NO_JSON:
        if re.match(form, text):
            return what, todo
    for part, what, todo in _SAID:
        if part in error:
            return f"{what} {_place(error)}", todo
    return _where_it_stopped(text, error)


def _place(error: str) -> str:
    return error[error.rfind("at line") :] if "at line" in error else ""


def _where_it_stopped(text: str, said: str) -> Words:
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        before, behind = text[: error.pos], text[error.pos :]
        around = f"{before[-_ROUND_CHARS:]}\0{behind[:_ROUND_CHARS]}"
        for form, what, todo in _STOPPED:
            if found := re.search(form, around):
                return f"{what} {_place(said)}", todo.format(**{k: v.strip() for k, v in found.groupdict().items()})
        if error.msg == "Extra data":
            return f"text behind the event {_place(said)}", _more(behind)
    except (RecursionError, ValueError):  # too deep; thousands of digits
        pass
    if said.startswith("EOF"):
        return f"the text ends too early, {_place(said)}", _CUT
    return f"reading stopped: {said}", _USUAL


def _more(behind: str) -> str:
    """Say what to do about what stands behind the event."""
    if behind.startswith("{"):
        return "a second event follows: publish each by itself, or put them into one list: [ { ... }, { ... } ]"
    return f"the event ends before this: remove {shown(behind[:_ROUND_CHARS].strip())}, or count the brackets"
