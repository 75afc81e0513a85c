"""Known vulnerabilities in what we depend on: `python .ci/audit.py` asks for every pin of deploy/requirements.lock.

pip-audit ends well where it could ask nobody: then every package is "skipped". Here that is said, by source, and is a
warning, since a machine without a way out must be able to prove the tree; a finding that `audit_allowed.toml` does not
allow fails, and so does an allowance whose day has passed.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import tomllib
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
LOCK = ROOT / "deploy" / "requirements.lock"
ALLOWED = Path(__file__).with_name("audit_allowed.toml")
SOURCES = {"pypi": "PyPI's advisories (pypi.org)", "osv": "OSV (api.osv.dev)"}
ASKED_FIRST = "jinja2==2.4.1\n"
"""It has advisories, so a source that knows none of it was not asked, whatever it says."""
WITHIN_S = 300


def main() -> None:
    """Ask the first source that answers, and say what it knows, or that none could be asked."""
    reached = next((source for source in SOURCES if _answers(source)), None)
    if reached is None:
        tried = " and ".join(SOURCES.values())
        sys.stdout.write(f"WARNING: could not ask {tried}: whether a dependency has a known hole is NOT known\n")
        _check_allowances({})
        return
    found = _asked(reached, LOCK.read_text(encoding="utf-8"))
    unknown = [f"{one['name']} ({one['skip_reason']})" for one in found if "skip_reason" in one]
    holes = {hole["id"]: (one, hole) for one in found for hole in one.get("vulns", ())}
    said = [*_check_allowances(holes), *(f"not known there: {one}" for one in unknown)]
    sys.stdout.write(f"asked {SOURCES[reached]}: {len(found)} packages, {len(holes)} known holes\n")
    if said:
        sys.exit("\n".join(said))


def _answers(source: str) -> bool:
    return any(one.get("vulns") for one in _asked(source, ASKED_FIRST))


def _asked(source: str, requirements: str) -> list[dict[str, Any]]:
    """Return what pip-audit says of each package; nothing where its source is out of reach."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "requirements.txt"
        file.write_text(requirements, encoding="utf-8")
        ran = subprocess.run(
            [
                *(sys.executable, "-m", "pip_audit", "--requirement", str(file), "--vulnerability-service", source),
                *("--disable-pip", "--no-deps", "--format", "json", "--progress-spinner", "off", "--timeout", "10"),
            ],
            check=False,
            capture_output=True,
            text=True,
            timeout=WITHIN_S,
        )
    try:
        dependencies: list[dict[str, Any]] = json.loads(ran.stdout)["dependencies"]
    except ValueError:
        return []
    return dependencies


def _check_allowances(holes: dict[str, Any]) -> list[str]:
    """Say which holes are not allowed, and which allowances are over."""
    allowed = tomllib.loads(ALLOWED.read_text(encoding="utf-8")).get("allowed", [])
    today = datetime.now(UTC).date()
    over = [one["id"] for one in allowed if date.fromisoformat(str(one["until"])) < today or not one["reason"]]
    kept = {one["id"] for one in allowed} - set(over)
    return [
        *(f"{name}: its allowance in {ALLOWED.name} is over" for name in over),
        *(
            f"{one['name']} {one['version']}: {name}, mended in {', '.join(hole['fix_versions']) or 'no version yet'}"
            for name, (one, hole) in holes.items()
            if name not in kept and not kept.intersection(hole.get("aliases", ()))
        ),
    ]


if __name__ == "__main__":
    main()
