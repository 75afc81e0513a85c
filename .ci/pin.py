"""Pins of every Python dependency: `python .ci/pin.py` writes them, `--check` compares.

`uv.lock` names a registry's host, so it stays out of git. What is kept is `[tool.uv] constraint-dependencies` (exact
versions, from which any machine resolves the same set) and `deploy/requirements.lock` (the same with hashes).
"""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
PROJECT = ROOT / "pyproject.toml"
LOCK = ROOT / "deploy" / "requirements.lock"
BLOCK = re.compile(r"^constraint-dependencies = \[.*?\]\n", re.MULTILINE | re.DOTALL)
EXPORT = ["uv", "export", "--all-extras", "--all-groups", "--no-emit-project", "--no-header", "--no-annotate", "-q"]


def constraints() -> str:
    """Return the block of constraints that `uv.lock` implies."""
    packages = tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))["package"]
    pinned = [package for package in packages if "registry" in package["source"]]
    pins = sorted({f"{package['name']}=={package['version']}" for package in pinned})
    names = [pin.partition("==")[0] for pin in pins]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        sys.exit(f"several versions of {', '.join(twice)}: narrow requires-python or pin by hand")
    return "constraint-dependencies = [\n" + "".join(f'    "{pin}",\n' for pin in pins) + "]\n"


def main() -> None:
    """Write the pins, or with `--check` fail with what differs."""
    subprocess.run(["uv", "lock", "--quiet"], cwd=ROOT, check=True)
    project = PROJECT.read_text(encoding="utf-8")
    wanted = BLOCK.sub(constraints().replace("\\", r"\\"), project)
    exported = subprocess.run(EXPORT, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    if "://" in exported:
        sys.exit("the export names a host")
    if "--check" not in sys.argv:
        PROJECT.write_text(wanted, encoding="utf-8")
        LOCK.write_text(exported, encoding="utf-8")
        return
    if wanted != project:
        sys.exit("pyproject.toml: constraint-dependencies differ from what uv resolves; run `python .ci/pin.py`")
    if exported != LOCK.read_text(encoding="utf-8"):
        sys.exit("deploy/requirements.lock differs from what uv resolves; run `python .ci/pin.py`")


if __name__ == "__main__":
    main()
