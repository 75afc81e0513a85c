"""The samples of docs/signatures.md, run as they stand: a foreign client's signature counts."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.builders.activation import AIGUL, BAKYT
from tests.builders.signed import DAY, MES, by, register_of, registration, signed, stripped

from cbrn_routing.signatures.verdict import judge
from cbrn_schemas.headers import SIGNATURE

PAGE = (Path(__file__).parents[4] / "docs" / "signatures.md").read_text(encoding="utf-8")
PLAIN = stripped(signed())


def sample(language: str) -> str:
    found = re.search(rf"<!-- sample: {language} -->\n```\w+\n(.*?)```", PAGE, re.DOTALL)
    assert found is not None
    return found[1]


def check(signature: bytes) -> None:
    now = datetime.now(UTC)
    keys = register_of(by(registration(valid_from=now - DAY, valid_until=now + DAY), AIGUL, BAKYT), at=now).keys
    verdict = judge(PLAIN._replace(headers=(*PLAIN.headers, (SIGNATURE, signature))), now, keys)
    assert verdict is not None
    assert verdict.fault is None


def test_the_sample_in_python_signs_what_counts() -> None:
    made: dict[str, Any] = {}
    exec(sample("python"), made)  # noqa: S102 - our own page
    headers = {name: content.decode() for name, content in PLAIN.headers}
    check(made["signature"](MES._private, MES.kid, PLAIN.topic, headers, PLAIN.value))


@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl on this machine")
def test_the_sample_in_a_shell_signs_what_counts(tmp_path: Path) -> None:
    headers = {name: content.decode() for name, content in PLAIN.headers if name.startswith("ce_")}
    protected = {"alg": "Ed25519", "b64": False, "crit": ["b64"], "kid": MES.kid, "iat": 0, "topic": PLAIN.topic}
    (tmp_path / "protected.json").write_text(json.dumps(protected | headers))
    (tmp_path / "value.json").write_bytes(PLAIN.value or b"")
    (tmp_path / "key.pem").write_bytes(MES.to_pem(None))
    done = subprocess.run(
        [str(shutil.which("sh")), "-ec", sample("shell")], cwd=tmp_path, check=True, capture_output=True
    )
    check(done.stdout)
