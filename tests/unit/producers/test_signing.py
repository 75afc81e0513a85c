"""A program that has a key signs by itself; one that has none does as ever; what is missing is said in one line."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from tests.builders.activation import AIGUL, BAKYT
from tests.builders.golden import chlorine
from tests.builders.signed import MES, NOW, Fetched, by, register_of, registration

from cbrn_producers import Agency
from cbrn_producers.outgoing import Outgoing, Sender, prepare
from cbrn_producers.signing import signer
from cbrn_routing.signatures.errors import SigningKeyError
from cbrn_routing.signatures.verdict import judge
from cbrn_schemas.headers import SIGNATURE
from cbrn_schemas.settings import Settings
from cbrn_schemas.topics import Realm


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    path = tmp_path / "mes.pem"
    path.write_bytes(MES.to_pem(None))
    path.chmod(0o600)
    return path


def fetched(outgoing: Outgoing) -> Fetched:
    return Fetched(outgoing.topic, 0, 0, 0, 1, outgoing.key, outgoing.value, outgoing.headers)


def test_what_is_signed_counts_and_is_signed_anew_when_it_is_sent_again(key_file: Path) -> None:
    """A retry hours later would else come with an old signature."""
    sign = signer(Settings(signing_key=key_file))
    assert sign is not None
    outgoing = prepare(json.dumps(chlorine()).encode(), Sender("mes", None, Realm.REAL))
    keys = register_of(by(registration(), AIGUL, BAKYT)).keys
    once = sign(outgoing, NOW)
    again = sign(once, NOW + timedelta(hours=1))
    for each, at in ((once, NOW), (again, NOW + timedelta(hours=1))):
        verdict = judge(fetched(each), at, keys)
        assert verdict is not None
        assert verdict.fault is None
        assert verdict.age == timedelta(0)
        assert [name for name, _ in each.headers].count(SIGNATURE) == 1
    assert (again.value, again.key, again.id) == (outgoing.value, outgoing.key, outgoing.id)


def test_without_a_key_nothing_is_signed() -> None:
    assert signer(Settings(signing_key=None)) is None


def test_a_key_that_cannot_be_used_is_told_before_anything_is_sent(tmp_path: Path, key_file: Path) -> None:
    with pytest.raises(SigningKeyError, match="cannot be read"):
        Agency("mes", settings=Settings(signing_key=tmp_path / "none.pem"))
    key_file.chmod(0o640)
    with pytest.raises(SigningKeyError, match="its group may read the signing key"):
        Agency("mes", settings=Settings(signing_key=key_file))


@pytest.mark.parametrize("module", ["joserfc", "cryptography"])
def test_without_what_signs_one_line_says_what_to_install(key_file: Path, module: str) -> None:
    """The base installation has neither; whoever has no key does not notice."""
    program = f"""
import sys
sys.modules[{module!r}] = None
from cbrn_producers import Agency
Agency("mes")
try:
    Agency("mes", settings=__import__("cbrn_schemas.settings").settings.Settings(signing_key={str(key_file)!r}))
except Exception as error:
    print(f"{{error}} | {{error.hint}}")
"""
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert done.stdout.startswith(f"events cannot be signed: {module}")
    assert "pip install 'cbrn-alert-bus[router]'" in done.stdout
