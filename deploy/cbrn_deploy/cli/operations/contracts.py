"""Everything that is published in writing, and the register against which later versions are held.

Put together from what travels (`cbrn_schemas`) and the rule file (`cbrn_routing`).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import cbrn_schemas
from cbrn_consumers.watch.policy_file import json_schema as policy_schema
from cbrn_routing.activation import Activation
from cbrn_routing.activation.status import RulebookStatus
from cbrn_routing.rulebook import json_schema as rule_file_schema
from cbrn_routing.sharing import agreement_schema
from cbrn_routing.signatures.policy import json_schema as signature_policy_schema
from cbrn_routing.signatures.registration import Registration, Revocation
from cbrn_schemas.contracts import (
    Direction,
    Document,
    Finding,
    as_text,
    asyncapi_text,
    bus_documents,
    document,
    event_documents,
    incompatibilities,
    officers_document,
    withdrawn,
)
from cbrn_schemas.contracts.plain import canonical, stripped
from cbrn_schemas.errors import BusError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

JSON_FOLDER: Final = "json"
ASYNCAPI_FILE: Final = "asyncapi/cbrn-alert-bus.yaml"
REGISTER: Final = "published.json"


class ContractsError(BusError):
    """What was published cannot be found or read."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of the published types."""

    findings: tuple[Finding, ...]
    """Incompatible changes: to be refused."""
    unpublished: tuple[str, ...]
    """Types that are new, or have changed compatibly, since they were last published."""


def documents() -> list[Document]:
    """List every published type: events, what the bus writes, the files that people write."""
    # People write rule files and the bus reads them: only old files and new readers meet.
    rule_file = document("rule-file.v1", "rulebook", rule_file_schema(), promise=frozenset({Direction.BACKWARD}))
    policies = document("escalation-policies.v1", "escalation", policy_schema(), promise=rule_file.promise)
    agreement = document("sharing-agreement.v1", "sharing", agreement_schema(), promise=rule_file.promise)
    files = [rule_file, officers_document(), policies, agreement]
    return [*event_documents(), *bus_documents(), *files, _activation(), _status(), *_signatures()]


def _signatures() -> list[Document]:
    # As with activations; and the policy is a file that people write.
    promise = frozenset({Direction.BACKWARD})
    schemas = {
        "key-registration.v1": Registration.model_json_schema(mode="serialization"),
        "key-revocation.v1": Revocation.model_json_schema(mode="serialization"),
        "signature-policy.v1": signature_policy_schema(),
    }
    return [document(name, "signature", schema, promise=promise) for name, schema in schemas.items()]


def _activation() -> Document:
    # Its readers refuse whatever they do not know, and read what was written years ago.
    schema = Activation.model_json_schema(mode="serialization")
    return document("rulebook-activation.v1", "rulebook", schema, promise=frozenset({Direction.BACKWARD}))


def _status() -> Document:
    schema = RulebookStatus.model_json_schema(mode="serialization")
    return document("rulebook-status.v1", "rulebook", schema)


def generated_files() -> dict[str, str]:
    """Return the text of every generated file by its path under `schemas/`."""
    files = {f"{JSON_FOLDER}/{one.name}.json": as_text(one.schema) for one in documents()}
    return files | {ASYNCAPI_FILE: _asyncapi_text()}


@cache
def _asyncapi_text() -> str:
    return asyncapi_text(documents())


def source_folder() -> Path | None:
    """Find `schemas/` of the checkout that this program runs from; None for an installed wheel, which has none."""
    folder = Path(cbrn_schemas.__file__).resolve().parents[1]
    return folder if (folder.parent / "pyproject.toml").is_file() and (folder / "examples").is_dir() else None


def read_published(place: Path) -> dict[str, dict[str, Any]]:
    """Read published schemas by name: from a register, or from a folder of `<name>.v<n>.json` files.

    Raises:
        ContractsError: there are none, or they cannot be read.
    """
    hint = f"Give a register ({REGISTER}) or a folder of published <name>.v<n>.json files with --against."
    files = sorted(place.glob("*.v*.json")) if place.is_dir() else [place]
    if not files or not place.exists():
        hint += " The first `cbrn schema publish` writes a register."
        raise ContractsError(f"no published schemas in {place}", hint=hint)
    try:
        found = {file.stem: json.loads(file.read_text(encoding="utf-8")) for file in files}
    except (ValueError, RecursionError) as error:
        raise ContractsError(f"published schemas in {place} cannot be read: {error}", hint=hint) from None
    schemas = found if place.is_dir() else found[place.stem]
    if not isinstance(schemas, dict) or not all(isinstance(schema, dict) for schema in schemas.values()):
        raise ContractsError(f"{place} holds something else than schemas by name", hint=hint)
    return schemas


def judge(published: Mapping[str, dict[str, Any]], now: Iterable[Document]) -> Verdict:
    """Hold the types of today against what was published."""
    today = list(now)
    findings = withdrawn(published, today)
    unpublished = []
    for one in today:
        before = published.get(one.name)
        if before is None:
            unpublished.append(one.name)
            continue
        found = incompatibilities(before, one)
        findings += found
        if not found and canonical(stripped(before)) != canonical(stripped(one.schema)):
            unpublished.append(one.name)
    return Verdict(tuple(findings), tuple(unpublished))


def register_text(now: Iterable[Document]) -> str:
    """Write the register: one line a type, without annotations, sorted by name."""
    lines = (
        f"{json.dumps(one.name)}: {canonical(stripped(one.schema))}" for one in sorted(now, key=lambda one: one.name)
    )
    return "{\n" + ",\n".join(lines) + "\n}\n"
