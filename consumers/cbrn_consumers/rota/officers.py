"""A body's file of officers, from YAML to typed officers, or to findings with a line. What was given stands in none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import yaml
from pydantic import ValidationError

from cbrn_consumers.rota.findings import Finding, FindingType, RotaFileError
from cbrn_schemas.bounded_yaml import UniqueKeys, YamlTextError, read_single
from cbrn_schemas.officers import Officers, masked

if TYPE_CHECKING:
    from collections.abc import Sequence

BYTES_MAX: Final = 256 * 1024
"""200 officers with ten channels each are some 200 kB."""
_EXAMPLE: Final = "Write «body: mes» and «officers:», a list of post, title and channels; see docs/operations.md."
_REMEDIES: Final = {
    "missing": "Add the field.",
    "extra_forbidden": "Take it away, or correct its spelling.",
    "string_pattern_mismatch": "Write a short name of small Latin letters, digits and hyphens, such as duty-1.",
    "string_type": "Put it in quotes.",
    "literal_error": "Use one of those.",
    "unknown_body": "Write a code of the catalogue, such as mes.",
    "channel_twice": "Give each channel of an officer a name of its own.",
    "officer_twice": "Give each officer a post of their own.",
}


def read_officers(content: bytes, name: str = "the officers") -> Officers:
    """Read a file of officers.

    Raises:
        RotaFileError: with every finding; none repeats an address or a number.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise _refused(name, "it is no UTF-8", "Save it as UTF-8.", line) from None
    if len(content) > BYTES_MAX:
        raise _refused(name, f"it has more than {BYTES_MAX} bytes", "It is no file of officers.")
    try:
        given = read_single(text)
    except YamlTextError as error:
        raise _refused(name, masked(error.message), "Correct the YAML at this line.", error.line) from None
    if not isinstance(given, dict):
        raise _refused(name, "it is not one body with its officers", _EXAMPLE)
    try:
        return Officers.model_validate(given)
    except ValidationError as error:
        lines = yaml.compose(text, Loader=UniqueKeys)
        items = error.errors(include_url=False, include_input=False)
        raise RotaFileError(name, *dict.fromkeys(_finding(item, lines) for item in items)) from None


def _finding(item: Any, root: yaml.Node | None) -> Finding:
    path: Sequence[str | int] = item["loc"]
    field = masked(".".join(str(part + 1) if isinstance(part, int) else part for part in path)) or "the file"
    said = "there is no such field" if item["type"] == "extra_forbidden" else item["msg"]
    remedy = _REMEDIES.get(item["type"], "Correct it.")
    return Finding(FindingType.OFFICERS, f"{field}: {said[:1].lower()}{said[1:]}", remedy, _line(path, root))


def _line(path: Sequence[str | int], node: yaml.Node | None) -> int:
    """Find the line of a field: of the nearest thing around it where it is missing."""
    line = 1 if node is None else node.start_mark.line + 1
    for part in path:
        inner: yaml.Node | None = None
        if isinstance(node, yaml.MappingNode):
            pairs = ((key, value) for key, value in node.value if key.value == part)
            key, inner = next(pairs, (None, None))
            line = line if key is None else key.start_mark.line + 1
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            inner = node.value[part]
            line = inner.start_mark.line + 1
        if inner is None:
            break
        node = inner
    return int(line)


def _refused(name: str, message: str, remedy: str, line: int | None = None) -> RotaFileError:
    return RotaFileError(name, Finding(FindingType.OFFICERS, message, remedy, line))
