"""`cbrn schema`: what it writes, what it refuses, and that running it again hides nothing."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.builders.command_line import CliRunner
from tests.builders.golden import ROOT

from cbrn_deploy.cli.operations import contracts
from cbrn_deploy.cli.operations import schema as cli_schema
from cbrn_deploy.cli.operations.contracts import ContractsError, documents, read_published, register_text, source_folder
from cbrn_schemas.catalogue.units import unit_of
from cbrn_schemas.contracts import as_text, document, event_documents
from cbrn_schemas.contracts.rules import BACKWARD_ONLY

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.testing import Result

    from cbrn_schemas.contracts import Document


@pytest.fixture
def schema() -> Callable[..., Result]:
    """`cbrn schema ...`."""
    return lambda *arguments: CliRunner().invoke(cli_schema.app, [str(argument) for argument in arguments])


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> list[Document]:
    """Two types stand for all; a test may exchange them."""
    types = [small("reading.v1"), small("report.v1")]
    monkeypatch.setattr(contracts, "documents", lambda: types)
    return types


def small(name: str, **members: Any) -> Document:
    schema = {
        "type": "object",
        "title": "A type",
        "additionalProperties": False,
        "required": ["kind"],
        "properties": {"kind": {"type": "string", "description": "Which."}, **members},
    }
    return document(name, "monitoring", schema)


def test_text_is_sorted_and_ends_in_one_newline() -> None:
    """Two machines must write the same bytes, or every comparison is noise."""
    text = as_text({"b": [], "a": {"d": "ң", "c": ["x" * 70, "y" * 70]}})
    assert (
        text
        == '{\n  "a": {\n    "c": [\n      "'
        + "x" * 70
        + '",\n      "'
        + "y" * 70
        + '"\n    ],\n    "d": "ң"\n  },\n  "b": []\n}\n'
    )
    assert json.loads(text) == {"a": {"c": ["x" * 70, "y" * 70], "d": "ң"}, "b": []}


@pytest.mark.parametrize(
    ("field", "unit"),
    [
        ("volume_m3", "m3"),
        ("wind_speed_m_s", "m/s"),
        ("activity_Bq", "Bq"),
        ("value", None),
        ("m", None),
        ("rain", None),
    ],
)
def test_unit_is_the_ending_of_the_name(field: str, unit: str | None) -> None:
    """A wrong unit in a published schema is worse than none."""
    assert unit_of(field) == unit


def test_default_of_null_is_left_out_and_any_other_kept() -> None:
    """«Absent means null» says nothing; «absent means Actual» changes what an event means."""
    found = small("r.v1", a={"default": None, "type": "null"}, b={"default": {"default": None}}).schema["properties"]
    assert found["a"] == {"type": "null"}
    assert found["b"] == {"default": {"default": None}}


def test_export_writes_what_export_check_then_finds_in_order(schema: Callable[..., Result], tmp_path: Path) -> None:
    """What CI compares is what people write."""
    assert schema("export", "--check", "--out", tmp_path).exit_code == 1
    assert schema("export", "--out", tmp_path).exit_code == 0
    assert len(list((tmp_path / "json").glob("*.v1.json"))) == len(documents())
    assert schema("export", "--check", "--out", tmp_path).exit_code == 0


def test_export_check_shows_a_difference_in_short(schema: Callable[..., Result], tmp_path: Path) -> None:
    """The reader of a failed build sees which line it is."""
    schema("export", "--out", tmp_path)
    file = tmp_path / "json" / "tailings-failure.v1.json"
    file.write_text(file.read_text(encoding="utf-8").replace("landslide", "landslip"), encoding="utf-8")
    answer = schema("export", "--check", "--out", tmp_path)
    assert answer.exit_code == 1
    assert "landslip" in answer.output
    assert len(answer.output.splitlines()) < 30
    assert "cbrn schema export" in answer.output


def test_export_to_a_folder_of_ones_own_deletes_nothing(schema: Callable[..., Result], tmp_path: Path) -> None:
    """Somebody may keep other schemas there."""
    other = tmp_path / "json" / "other.v1.json"
    other.parent.mkdir()
    other.write_text("{}", encoding="utf-8")
    assert schema("export", "--out", tmp_path).exit_code == 0
    assert other.exists()


def test_exporting_again_does_not_hide_an_incompatible_change(
    schema: Callable[..., Result], few: list[Document], tmp_path: Path
) -> None:
    """The register moves only when somebody publishes, and publishing refuses what would break a promise."""
    register = tmp_path / "published.json"
    assert schema("publish", "--against", register).exit_code == 0
    before = register.read_text(encoding="utf-8")
    few[0] = document("reading.v1", "monitoring", {**few[0].schema, "required": []})
    schema("export", "--out", tmp_path)
    assert schema("export", "--check", "--out", tmp_path).exit_code == 0
    for command in ("check", "publish"):
        answer = schema(command, "--against", register)
        assert answer.exit_code == 1
        assert "reading.v1  kind  member-optional (forward)" in answer.output
        assert "next version" in answer.output
    assert register.read_text(encoding="utf-8") == before


def test_compatible_change_passes_and_is_named_until_it_is_published(
    schema: Callable[..., Result], few: list[Document], tmp_path: Path
) -> None:
    """What was never published may still be changed: so it must be seen which is which."""
    register = tmp_path / "published.json"
    schema("publish", "--against", register)
    few[0] = small("reading.v1", remark={"type": "string"})
    answer = schema("check", "--against", register)
    assert (answer.exit_code, "not published yet" in answer.output) == (0, True)
    assert "reading.v1" in schema("publish", "--against", register).output
    assert "nothing new" in schema("publish", "--against", register).output
    few[0] = small("reading.v1")
    answer = schema("check", "--against", register, "--json")
    (finding,) = json.loads(answer.output)["findings"]
    assert answer.exit_code == 1
    assert (finding["field"], finding["rule"], finding["hurts"]) == ("remark", "member-removed", ["backward"])
    assert finding["remedy"]


def test_words_may_change_without_being_published(
    schema: Callable[..., Result], few: list[Document], tmp_path: Path
) -> None:
    """A better description must not look like a change of the contract."""
    register = tmp_path / "published.json"
    schema("publish", "--against", register)
    few[0] = small("reading.v1", kind={"type": "string", "description": "Which of them."})
    assert schema("check", "--against", register).output == "compatible with what was published\n"


def test_type_that_vanished_is_refused(schema: Callable[..., Result], few: list[Document], tmp_path: Path) -> None:
    """Its events still lie in the topics, and somebody still sends them."""
    register = tmp_path / "published.json"
    schema("publish", "--against", register)
    del few[1]
    answer = schema("check", "--against", register)
    assert (answer.exit_code, "type-withdrawn" in answer.output) == (1, True)


@pytest.mark.usefixtures("few")
def test_folder_of_published_schemas_will_do(schema: Callable[..., Result], tmp_path: Path) -> None:
    """A ministry compares with the files that it was given, without a checkout."""
    (tmp_path / "reading.v1.json").write_text(as_text(small("reading.v1").schema), encoding="utf-8")
    answer = schema("check", "--against", tmp_path, "--json")
    assert json.loads(answer.output) == {"compatible": True, "findings": [], "unpublished": ["report.v1"]}


def test_register_keeps_all_that_decides_about_compatibility(tmp_path: Path) -> None:
    """Were it to lose a condition, its change would pass unseen."""
    register = tmp_path / "published.json"
    register.write_text(register_text(documents()), encoding="utf-8")
    verdict = contracts.judge(read_published(register), documents())
    assert (verdict.findings, verdict.unpublished) == ((), ())
    assert "description" in read_published(register)["tailings-failure.v1"]["$defs"]["Where"]["properties"]


@pytest.mark.parametrize("content", [None, "not json", "[1]"])
def test_baseline_that_cannot_be_read_is_an_error_with_a_remedy(content: str | None, tmp_path: Path) -> None:
    """Comparing with nothing and finding nothing wrong would be the worst answer."""
    register = tmp_path / "published.json"
    if content is not None:
        register.write_text(content, encoding="utf-8")
    with pytest.raises(ContractsError) as refused:
        read_published(register)
    assert "--against" in refused.value.hint
    with pytest.raises(ContractsError):
        read_published(tmp_path / "json")


def test_installed_program_says_what_is_missing(
    schema: Callable[..., Result], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A wheel carries no register: without a place to look it must not pretend to have looked."""
    assert source_folder() is not None
    monkeypatch.setattr(contracts.cbrn_schemas, "__file__", str(tmp_path / "cbrn_schemas" / "__init__.py"))
    assert source_folder() is None
    for command in ("check", "export"):
        answer = schema(command)
        assert isinstance(answer.exception, ContractsError)
        assert "installed" in str(answer.exception)
        assert "--" in answer.exception.hint


def test_the_page_about_changes_names_every_type_and_what_is_promised_of_it() -> None:
    """It lacked half of the bus's own records: who reads one must know what may change under them."""
    page = (ROOT / "docs" / "schema-evolution.md").read_text(encoding="utf-8")
    besides = {one.name for one in documents()} - {one.name for one in event_documents()}
    rows = [line for line in page.splitlines() if line.startswith("| `") and ".v1`" in line]
    assert {name for row in rows for name in re.findall(r"`([a-z-]+\.v1)`", row)} == besides
    one_way = {one.name for one in documents() if one.promise == BACKWARD_ONLY}
    told = {"rule-file.v1", "silence.v1", "silence-end.v1", "rulebook-activation.v1", "receipt.v1"}
    told |= {"shift-taken.v1", "shift-handed-over.v1", "channel-tested.v1", "channel-test-asked.v1"}
    told |= {"officers.v1", "escalation-policies.v1"}
    told |= {"key-registration.v1", "key-revocation.v1", "signature-policy.v1", "sharing-agreement.v1"}
    assert one_way == told | {"duty-decision.v1", "quarantine-decision.v1", "partner-decision.v1"}, "tell the page, too"
