"""Events in YAML: the same events as in JSON, with file and line of each."""

import json

import pytest
from tests.builders.golden import MIN_KUSH

from cbrn_producers.files import Accepted, Refusal, check_events, read_events
from cbrn_producers.outgoing import Sender, prepare
from cbrn_schemas.errors import Reason
from cbrn_schemas.topics import Realm

MES = Sender("mes", None, Realm.REAL)
YAML = """kind: tailings-failure
hazard: radiological
body: mes
observed: 2026-05-01T06:00:00Z
reported: 2026-05-01T06:05:00Z
where: {site: F04}
situation: KG-2026-minkush
state: breached
texts:
  ru: {headline: Прорыв дамбы}
"""


def checked(text, name="f.yaml"):
    return list(check_events(read_events(name, text if isinstance(text, bytes) else text.encode()), MES))


@pytest.mark.parametrize("name", ["f.yaml", "F.YML", "(stdin)", "-", "/dev/fd/63"])
def test_an_event_in_yaml_is_that_of_compact_json(name):
    """Written either way it has one id, so it is counted once."""
    (found,) = checked(YAML, name)
    compact = json.dumps(MIN_KUSH, ensure_ascii=False, separators=(",", ":")).encode()
    assert found.id == prepare(compact, MES).id
    assert str(found.place) == f"{name}:1"


def test_a_mark_of_byte_order_and_ends_of_lines_change_nothing():
    """Editors of Windows write both."""
    plain, odd = checked(YAML), checked("\ufeff" + YAML.replace("\n", "\r\n"))
    assert plain[0].id == odd[0].id


def test_each_of_several_is_answered_for_with_its_line():
    """The middle one is wrong; the others would be published."""
    wrong = YAML.replace("breached", "borken")
    found = checked(f"# all of today\n{YAML}---\n{wrong}---\n{YAML}")
    assert [type(each) for each in found] == [Accepted, Refusal, Accepted]
    assert [each.place.line for each in found] == [2, 13, 24]
    assert found[1].error.where == "state"


def test_a_key_that_stands_twice_is_refused_with_its_line():
    """The last one would win in silence."""
    (found,) = checked(YAML + "state: stable\n")
    assert found.place.line == 11
    assert "«state» is written twice" in str(found.error)


@pytest.mark.parametrize(
    ("line", "where"),
    [
        ("dead: 0x1F", "dead"),
        ("dead: 1_000", "dead"),
        ("deliberate: no", "deliberate"),
        ("volume_m3: 12:30", "volume_m3"),
        ("volume_m3: .nan", "volume_m3"),
        ("river: 0.5", "river"),
        ("urgencey: Past", "urgencey"),
    ],
)
def test_what_only_old_yaml_would_understand_is_refused_by_its_field(line, where):
    """As in JSON: field, what it is to be, and what was given."""
    (found,) = checked(YAML + line)
    assert found.error.where == where


@pytest.mark.parametrize(
    ("line", "field", "read"),
    [("volume_m3: 1e3", "volume_m3", 1000.0), ("river: no", "river", "no"), ("dead: ~", "dead", None)],
)
def test_the_rest_is_what_it_looks_like(line, field, read):
    """A river called «no» is a river."""
    (found,) = read_events("f.yaml", (YAML + line).encode())
    assert json.loads(found.data)[field] == read


def test_a_structured_event_keeps_its_id():
    """CloudEvents have a form in YAML, too."""
    data = "".join(f"  {line}\n" for line in YAML.splitlines())
    head = "specversion: '1.0'\nid: x-9\nsource: /mes\ntype: kg.cbrn.incident.tailings-failure.v1\ndata:\n"
    (found,) = checked(head + data)
    assert found.id == "x-9"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"# nothing\n", Reason.NOT_JSON),
        (b"a: 1\nb: \xff\n", Reason.BAD_ENCODING),
        ("kind: хлор".encode("cp1251"), Reason.BAD_ENCODING),
        ("kind: x".encode("utf-16"), Reason.BAD_ENCODING),
        (b"just text", Reason.INVALID_VALUE),
        (b"a: [", Reason.NOT_JSON),
    ],
)
def test_what_is_no_event_is_a_refusal(content, reason):
    """Never an exception."""
    (found,) = checked(content)
    assert found.error.reason is reason


def test_json_by_its_name_is_never_read_as_yaml():
    """Its mistakes are those of JSON: a missing brace is not a mapping without one."""
    (found,) = checked('"kind": "x"', "f.json")
    assert found.error.reason is Reason.NOT_JSON
