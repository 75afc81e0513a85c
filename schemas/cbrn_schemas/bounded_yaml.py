"""YAML from outside, read within bounds: plain data, a key once, no depth and no aliases without end.

Rule files are read by a `UniqueKeys`; events by `read_documents` and files that an office writes (officers, servers,
policies) by `read_single`, which are stricter, as YAML 1.2 is: a number is written as in JSON; `true`, `false` and
`null` are what they are there; whatever else is not quoted is text. So a time stays as it was written, `no` is no truth
value, `12:30` no number of seconds and `0417` no octal.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import yaml

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator

DEPTH_MAX: Final = 20
"""Levels of a document; the language of rules has eight. Some 10,000 would end the process: the YAML library calls
itself in C."""
SIZE_MAX: Final = 200_000
"""Values of a document with its aliases written out, and 100 characters of a text count as one more: 20 MB. The
national book's largest file has some 2,000. Ten lines can stand for billions (each an alias of ten aliases)."""
CHARS_A_VALUE: Final = 100
_WHOLE_DIGITS_MAX: Final = 300
"""A double has no more; Python refuses to read some 4,300."""

_TAG: Final = "tag:yaml.org,2002:"
_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?\Z")
"""As in JSON."""
_PLAIN_VALUES: Final = {"null": None, "~": None, "": None, "true": True, "false": False}
_BEGINS_DOCUMENT: Final = re.compile(r"^(?=---(?:[ \t\r\n]|\Z))", re.MULTILINE)
_LOOKS_LIKE: Final = re.compile(rb"""(?:---(?:\s|$)|%YAML|- +[\w"']|["']?[A-Za-z_][\w-]*["']?[ \t]*:(?:\s|$))""")
_BREAK: Final = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
"""What ends a line for the library; an editor knows the first three."""
_HOLDS_NOTHING: Final = re.compile(r"(?:---(?=[ \t]|\Z))?[ \t]*(?:#.*)?|%.*")
"""A line of a document; asked line by line, because one pattern for all of them tries blank ones in every grouping."""


class UniqueKeys(yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader):  # type: ignore[misc] # one of two
    """Plain data only, and a key may be written once: YAML's silent «the last one wins» would drop half a rule."""

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:  # noqa: FBT001, FBT002 - the base class's signature
        """Read a value; one that does not exist, such as 2025-02-30 or `!!bool foo`, is a mistake with a line."""
        try:
            return super().construct_object(node, deep=deep)
        except yaml.YAMLError:
            raise
        except Exception as error:  # noqa: BLE001 - what stands behind a tag is read by the library with whatever error Python has
            said = f": {str(error)[:80]}" if isinstance(error, ValueError) else ""
            raise refused(f"«{str(node.value)[:40]}» cannot be read{said}", node.start_mark) from None

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:  # noqa: FBT001, FBT002 - the base class's signature
        """Read a mapping; a key that stands twice is a mistake with a line."""
        seen: set[str] = set()
        for key_node, _ in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                raise refused("a key must be one word", key_node.start_mark)
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, str):
                raise refused(f"a key must be a text: write it in quotes, «{key_node.value}»", key_node.start_mark)
            if key in seen:
                raise refused(f"«{key}» is written twice", key_node.start_mark)
            seen.add(key)
        mapping: dict[Hashable, Any] = super().construct_mapping(node, deep=deep)
        return mapping


class _Strict(UniqueKeys):
    """Data as JSON has them. What YAML's tags would make of a text (a date, a set, bytes) is refused."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - the library's own way: copied before it is added to
    yaml_constructors: dict[str, Any] = {}  # noqa: RUF012 - likewise

    def construct_number(self, node: yaml.ScalarNode) -> int | float:
        """Read a number; one that a double cannot hold is a mistake with a line."""
        text = node.value
        if not _NUMBER.match(text):
            raise refused(f"«{text[:40]}» is no number", node.start_mark)
        whole = text.lstrip("-").isdigit()
        if len(text) > _WHOLE_DIGITS_MAX or abs(value := int(text) if whole else float(text)) == float("inf"):
            raise refused(f"no number is so large: «{text[:40]}»", node.start_mark)
        return value

    def construct_plain(self, node: yaml.ScalarNode) -> bool | None:
        """Read one of the three words that are no text."""
        if node.value.lower() not in _PLAIN_VALUES:
            raise refused(f"«{node.value[:40]}» is neither true, false nor null", node.start_mark)
        return _PLAIN_VALUES[node.value.lower()]

    def construct_other(self, node: yaml.Node) -> Any:
        """Refuse a tag."""
        raise refused(f"no tags: remove {node.tag.replace(_TAG, '!!')[:40]}", node.start_mark)


_Strict.add_implicit_resolver(f"{_TAG}float", _NUMBER, list("-0123456789"))
_WORDS: Final = re.compile(r"(?:~|null|Null|NULL|true|True|TRUE|false|False|FALSE|)\Z")
_Strict.add_implicit_resolver(f"{_TAG}bool", _WORDS, ["~", *"nNtTfF", ""])
for _name, _constructor in {
    "str": yaml.SafeLoader.construct_yaml_str,
    "seq": yaml.SafeLoader.construct_yaml_seq,
    "map": yaml.SafeLoader.construct_yaml_map,
    **dict.fromkeys(("int", "float"), _Strict.construct_number),
    **dict.fromkeys(("bool", "null"), _Strict.construct_plain),
}.items():
    _Strict.add_constructor(f"{_TAG}{_name}", _constructor)
_Strict.add_constructor(None, _Strict.construct_other)


class YamlTextError(ValueError):
    """A document that cannot be read. `line` counts from 1, within the whole text."""

    def __init__(self, line: int, column: int, message: str) -> None:
        super().__init__(f"line {line}, column {column}: {message}")
        self.line = line
        self.message = message


class Value(NamedTuple):
    """A document, or one of the list that it is; `line` is where it begins."""

    line: int
    data: Any


def refused(said: str, mark: Any) -> yaml.YAMLError:
    """Make the error of what stands at a mark."""
    return yaml.composer.ComposerError(None, None, said, mark)


def measure(text: str) -> None:
    """Refuse what would cost more than a document can be worth, before anything is built of it.

    Raises:
        yaml.YAMLError: it is no YAML, is too deep, or is too large once its aliases are written out.
    """
    sizes: dict[str, int] = {}
    open_nodes: list[tuple[str | None, int]] = []
    size = 0
    for event in yaml.parse(text, Loader=UniqueKeys):
        if isinstance(event, yaml.CollectionEndEvent):
            anchor, before = open_nodes.pop()
            if anchor is not None:
                sizes[anchor] = size - before
        elif isinstance(event, yaml.CollectionStartEvent):
            open_nodes.append((event.anchor, size))
            size += 1
        elif isinstance(event, yaml.AliasEvent):
            if any(anchor == event.anchor for anchor, _ in open_nodes):
                raise refused("a value holds itself", event.start_mark)
            size += sizes.get(str(event.anchor), 1)
        elif isinstance(event, yaml.ScalarEvent):
            own = 1 + len(event.value) // CHARS_A_VALUE
            size += own
            if event.anchor is not None:
                sizes[event.anchor] = own
        if len(open_nodes) > DEPTH_MAX or size > SIZE_MAX:
            said = "nested too deep" if len(open_nodes) > DEPTH_MAX else "too many values, or aliases of aliases"
            raise refused(said, event.start_mark)


def looks_like_yaml(content: bytes) -> bool:
    """Tell whether a text begins as YAML written by hand does and JSON never: with a mark, a comment or a key."""
    lines = (line.strip() for line in content[:4096].splitlines())
    first = next((line for line in lines if line and not line.startswith(b"#")), b"")
    return _LOOKS_LIKE.match(first) is not None


def read_documents(text: str) -> Iterator[Value | YamlTextError]:
    """Read the documents of a text, in order, and each value of one that is a list; what cannot be read, by itself.

    Documents are told apart by their `---`, which YAML allows at the beginning of a line for nothing else. Empty ones
    are passed over.
    """
    before = 0
    for piece in _BEGINS_DOCUMENT.split(text):
        if not all(map(_HOLDS_NOTHING.fullmatch, _BREAK.split(piece))):
            try:
                yield from _values(piece, before)
            except yaml.YAMLError as error:
                yield _said(error, piece, before)
        before += piece.count("\n")


def read_single(text: str) -> Any:
    """Return the data of a text that is one document, such as a file that people write; None of an empty one.

    Raises:
        YamlTextError: it cannot be read, or there is a second document.
    """
    try:
        measure(text)
        loader = _Strict(text)
        try:
            return loader.get_single_data()
        finally:
            loader.dispose()
    except yaml.YAMLError as error:
        raise _said(error, text, 0) from None


def read_with_lines(text: str) -> tuple[Any, dict[tuple[str | int, ...], int]]:
    """Read as `read_single` does, and say in which line each value stands, by the path to it: `("fields", 2)`.

    Raises:
        YamlTextError: as from `read_single`.
    """
    data = read_single(text)
    loader = _Strict(text)
    try:
        root = loader.get_single_node()
    finally:
        loader.dispose()
    return data, {} if root is None else dict(_lines((), root))


def _lines(path: tuple[str | int, ...], node: yaml.Node) -> Iterator[tuple[tuple[str | int, ...], int]]:
    """Walk a document that was measured: neither deep nor endless."""
    yield path, node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield from _lines((*path, key.value), value)
            yield (*path, key.value), key.start_mark.line + 1
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            yield from _lines((*path, index), item)


def _values(piece: str, before: int) -> Iterator[Value]:
    measure(piece)
    loader = _Strict(piece)
    try:
        root = loader.get_single_node()
        if root is None:
            return
        nodes = root.value if isinstance(root, yaml.SequenceNode) else [root]
        yield from [Value(before + node.start_mark.line + 1, loader.construct_document(node)) for node in nodes]
    finally:
        loader.dispose()


def _said(error: yaml.YAMLError, piece: str, before: int) -> YamlTextError:
    mark = getattr(error, "problem_mark", None)
    said = str(getattr(error, "problem", None) or getattr(error, "reason", None) or error)
    if mark is None:  # a character that no YAML may hold; the library counts from the beginning of the text
        line = piece.count("\n", 0, getattr(error, "position", 0))
        return YamlTextError(before + line + 1, 1, said)
    if "cannot start any token" in said and _BREAK.split(piece)[mark.line][mark.column :].startswith("\t"):
        said = "a tab: YAML is indented by blanks"
    return YamlTextError(before + mark.line + 1, mark.column + 1, said)
