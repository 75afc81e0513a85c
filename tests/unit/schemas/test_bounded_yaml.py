"""YAML of events is what it looks like; what would cost too much or mean two things is refused with its line."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cbrn_schemas.bounded_yaml import Value, YamlTextError, looks_like_yaml, read_documents, read_with_lines


def one(text):
    (found,) = read_documents(text)
    return found


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("no", "no"),
        ("Yes", "Yes"),
        ("on", "on"),
        ("12:30", "12:30"),
        ("190:20:30", "190:20:30"),
        ("0x1F", "0x1F"),
        ("0417", "0417"),
        ("0o17", "0o17"),
        ("1_000", "1_000"),
        ("+5", "+5"),
        (".5", ".5"),
        (".inf", ".inf"),
        (".nan", ".nan"),
        ("2026-05-01", "2026-05-01"),
        ("2026-05-01T06:00:00Z", "2026-05-01T06:00:00Z"),
        ("2026-05-01 06:00:00", "2026-05-01 06:00:00"),
        ("0,23", "0,23"),
        ("=", "="),
        ('"41703430"', "41703430"),
        ("41703430", 41703430),
        ("1e3", 1000.0),
        ("-0.5E-2", -0.005),
        ("0", 0),
        ("true", True),
        ("False", False),
        ("~", None),
        ("null", None),
        ("", None),
        ("!!str 12", "12"),
        ("|\n  ---\n  two", "---\ntwo"),
    ],
)
def test_a_value_is_what_json_would_make_of_it_or_text(written, read):
    """Norway, half past twelve, a date and a code of digits have cost others their data."""
    found = one(f"a: {written}").data["a"]
    assert (found, type(found)) == (read, type(read))


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("a: 1\nb: 2\na: 3", 3, "«a» is written twice"),
        ("a:\n  b: {c: 1, c: 2}", 2, "«c» is written twice"),
        ("a:\n\tb: 1", 2, "a tab"),
        ("a: 1\n1: 2", 2, "a key must be a text"),
        ("? [a]\n: 1", 1, "a key must be one word"),
        ("a: !!python/object/apply:os.system [x]", 1, "no tags"),
        ("a: !!binary aGk=", 1, "no tags"),
        ("a: !!timestamp 2026-05-01", 1, "no tags"),
        ("a: !!int 0x1F", 1, "is no number"),
        ("a: !!bool no", 1, "neither true"),
        ("a: 1e999", 1, "no number is so large"),
        ("a: " + "9" * 5000, 1, "no number is so large"),
        ("a: &a [*a]", 1, "holds itself"),
        ("a: *b", 1, "alias"),
        ("\na: " + "[" * 100_000, 2, "nested too deep"),
        ("a: [1\nb: 2", 2, "expected"),
        ("a: 1\nb: \x07", 2, "control"),
        ("a: &a " + "x" * 1_000_000 + "\nb: [" + ",".join(["*a"] * 100) + "]", 2, "too many"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_what_is_refused_has_its_line(text, line, said):
    """A mistake of one line in a file of a thousand must not be looked for."""
    found = one(text)
    assert isinstance(found, YamlTextError)
    assert (found.line, said in str(found)) == (line, True), str(found)


def test_a_billion_laughs_are_counted_before_anything_is_built():
    """Ten lines that stand for 10^9 values."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    assert "aliases of aliases" in str(one("\n".join(lines)))


def test_documents_are_read_each_by_itself_with_its_line():
    """A mistake in one costs its neighbours nothing; a list gives its members."""
    text = "# head\n%YAML 1.2\n---\na: 1\n---\n---\nb: [\n--- # c\n- c: 1\n- c: 2\n...\n"
    found = list(read_documents(text))
    assert [each.line for each in found] == [4, 8, 9, 10]
    assert [each.data for each in found if isinstance(each, Value)] == [{"a": 1}, {"c": 1}, {"c": 2}]


plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    # What JSON escapes and YAML does not know as an escape, or may not hold, is left to YAML's own tests.
    | st.text(st.characters(min_codepoint=32, max_codepoint=0xD7FF, exclude_characters="\x7f\x85")),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", min_size=1), inner, max_size=3),
    max_leaves=10,
)


@given(st.dictionaries(st.text("abc", min_size=1), plain, min_size=1, max_size=3))
def test_json_is_yaml_and_means_the_same(data):
    """A file that is called .yaml and holds JSON is no other event."""
    assert one(json.dumps(data)).data == data


@pytest.mark.parametrize("text", ["", "# a\n", "\n\n", "---\n", "%YAML 1.2\n---\n# nothing\n"])
def test_a_text_of_comments_holds_no_document(text):
    """Nothing is not an event."""
    assert list(read_documents(text)) == []


@pytest.mark.parametrize(
    ("text", "is_yaml"),
    [
        ("kind: x", True),
        ("# yaml-language-server: $schema=x\nkind: x", True),
        ("---\n{}", True),
        ("- kind: x", True),
        ('"kind": x', True),
        ('{"kind": 1}', False),
        ("[{}]", False),
        ("", False),
        ("Хлор", False),
        ("42", False),
    ],
)
def test_yaml_is_known_by_how_it_begins(text, is_yaml):
    """Standard input has no name that would tell."""
    assert looks_like_yaml(text.encode()) is is_yaml


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r", "  \n", "# nothing\n", "\x85", "\u2028"])
def test_any_number_of_empty_lines_is_passed_over_at_once(line_break):
    """Forty of them before an event once took longer than anybody waits: each more doubled the time."""
    assert one(f"{line_break * 1000}a: 1").data == {"a": 1}


def test_a_comment_ends_where_the_library_ends_it():
    """What stands behind a line break that editors do not show is not lost with the comment."""
    assert one("# a comment\u2028a: 1").data == {"a": 1}


@pytest.mark.parametrize("line_break", ["\r", "\x85", "\u2028"])
def test_a_mistake_behind_odd_line_breaks_is_said(line_break):
    found = one(f"a: 1{line_break}b: @2")
    assert isinstance(found, YamlTextError)
    assert "cannot start any token" in found.message


def test_the_line_of_each_value_is_known_by_its_path():
    """Whoever corrects a file finds the place."""
    data, lines = read_with_lines("# a file\na: 1\nb:\n  - x\n  - {c: 2,\n     d: 3}\n")
    assert data == {"a": 1, "b": ["x", {"c": 2, "d": 3}]}
    assert [lines[path] for path in [("a",), ("b",), ("b", 0), ("b", 1), ("b", 1, "d")]] == [2, 3, 4, 5, 6]
    assert read_with_lines("") == (None, {})
