"""Secrets in what is committed: `python .ci/secrets.py` looks at every file, and at what the branch's history added.

`--prove` plants one of each kind in a copy and fails where one is not found. What looks like a secret and is none
stands in `secrets_allowed.csv` (file, kind, hash of the text, reason), so that a line that moves is no finding, and one
that changes is.
"""

from __future__ import annotations

import base64
import csv
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from detect_secrets.core.scan import scan_file
from detect_secrets.settings import default_settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from detect_secrets.core.potential_secret import PotentialSecret

ALLOWED = Path(__file__).with_name("secrets_allowed.csv")
CHECKSUMS = frozenset(
    {"deploy/requirements.lock", *(f"deploy/cbrn_deploy/{room}/jgo.lock.toml" for room in ("kafka", "mirrormaker"))}
)
"""Hashes of packages by the hundred; nothing else stands there."""
SPOKEN_OF = frozenset({"Secret Keyword", "Basic Auth Credentials"})
"""Found by a word beside a text: tests are full of passwords that open nothing."""
HISTORY_MAX = 300
"""Commits."""
TOKEN = re.compile(r"gh[pousr]_[A-Za-z0-9]{36}|AKIA[0-9A-Z]{16}|[0-9]{8,10}:AA[\w-]{33}")
"""What history is searched for in what is no test: tokens of GitHub, AWS, Telegram."""
KEY_BEGINS, KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----\s*$"), re.compile(r"\+[A-Za-z0-9+/=]{40,}\s*$")
"""And everywhere: the first two lines of a private key."""


def main() -> None:
    """Fail with what was found, a line each; with `--prove`, with what was not."""
    if "--prove" in sys.argv:
        _prove()
        return
    names = subprocess.run(["git", "ls-files", "-z"], check=True, capture_output=True, text=True).stdout.split("\0")
    found = [*_unexplained(filter(None, names)), *_in_history()]
    if found:
        sys.exit(
            "\n".join([*found, f"Take it out, and change it where it was in use; or explain it in {ALLOWED.name}."])
        )


def _unexplained(names: Iterator[str] | list[str]) -> Iterator[str]:
    with ALLOWED.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    allowed = {(row["file"], row["kind"], row["hash"]) for row in rows if row["reason"].strip()}
    met = set()
    for name in names:
        for one in _scanned(name):
            mark = (name, one.type, one.secret_hash)
            met.add(mark)
            if mark not in allowed:
                yield f"{name}:{one.line_number}: {one.type} {one.secret_hash}"
    if "--prove" not in sys.argv:
        yield from (f"{name}: {kind} {digest} is allowed, and is not there" for name, kind, digest in allowed - met)


def _scanned(name: str) -> Iterator[PotentialSecret]:
    """Scan one file, as text; keys and tokens are looked for everywhere, words beside texts in what is no test."""
    if name in CHECKSUMS or not Path(name).is_file():
        return
    with default_settings():
        for one in scan_file(name):
            if not (name.startswith("tests/") and one.type in SPOKEN_OF):
                yield one


def _in_history() -> Iterator[str]:
    """Search what commits have added: what was taken out again is known to whoever has a clone."""
    log = ["git", "log", f"--max-count={HISTORY_MAX}", "--unified=0", "--no-color", "--no-ext-diff", "-p", "--text"]
    shown = subprocess.run(log, check=True, capture_output=True, text=True, errors="replace").stdout
    commit = name = before = ""
    for line in shown.splitlines():
        if line.startswith("commit "):
            commit = line.split()[1][:10]
        elif line.startswith("+++ "):
            name = line[6:]
        elif line.startswith("+") and (
            (KEY_BEGINS.search(before) and KEY.match(line)) or (TOKEN.search(line) and not name.startswith("tests/"))
        ):
            yield f"{name} in {commit}: a key or token was committed"
        before = line


def _prove() -> None:
    noise = base64.b64encode(os.urandom(33)).decode()
    planted = {
        "key.pem": f"-----BEGIN {'PRIVATE'} KEY-----\n{noise}\n",
        "settings.env": f"CBRN_PASSWORD={noise}\n",
        "page.md": f"postgresql://desk:{os.urandom(9).hex()}@db.example.kg/desk\n",  # a + or / would end it
        "code.py": f'token = "ghp_{os.urandom(18).hex()}"\n',
        "notify.yaml": f'webhook_secret: "{noise}"\n',
    }
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        for name, text in planted.items():
            Path(name).write_text(text, encoding="utf-8")
        found = {one.partition(":")[0] for one in _unexplained(list(planted))}
    if missed := planted.keys() - found:
        sys.exit(f"planted secrets were not found: {', '.join(sorted(missed))}")
    sys.stdout.write(f"{len(planted)} planted secrets were found\n")


if __name__ == "__main__":
    main()
