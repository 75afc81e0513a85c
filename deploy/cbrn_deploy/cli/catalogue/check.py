"""`cbrn bodies check`: whether what an installation adds to the catalogue can be taken; each fault with its remedy."""

# ruff: noqa: PLC0415 - what is heavy is imported inside the command, so that help is quick

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import typer

from cbrn_deploy.cli.invocation import EXIT_FAILED
from cbrn_deploy.cli.parameters import UsageError
from cbrn_deploy.cli.printing import complain, json_text, printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cbrn_deploy.cli.invocation import Invocation
    from cbrn_schemas.catalogue.own import Fault, Own

TABLES: Final = {
    "bodies.csv": "bodies",
    "facilities.csv": "sites",
    "crossings.csv": "crossings",
    "contacts.csv": "contacts",
}


def check_folder(call: Invocation, words: list[str]) -> None:
    """Read a folder as it lies there, say what is wrong with it, and end with status 1 where it is not taken."""
    from cbrn_schemas.catalogue.own import VARIABLE, folder_named, read_folder

    if len(words) > 1:
        raise UsageError("one folder is checked at a time", "Write `cbrn bodies check FOLDER`.")
    folder = Path(words[0]) if words else folder_named()
    if folder is None:
        raise UsageError("no folder is named", f"Write `cbrn bodies check FOLDER`, or set {VARIABLE}.")
    found = read_folder(folder)
    faults = [*found.faults, *_on_the_map(found)]
    if call.as_json:
        print(json_text(_as_json(found, faults)))
    else:
        _show(found, faults)
    if found.refused is not None:
        raise typer.Exit(EXIT_FAILED)


def tell_refused() -> None:
    """Say on standard error that the installation's folder is not taken, where it is not: what follows lacks it."""
    from cbrn_schemas.catalogue.own import own

    found = own()
    if (fault := found.refused) is not None:
        used = "the last one without a fault is" if found.source == "last good" else "the shipped catalogue alone is"
        complain(f"the catalogue folder {found.folder} is not taken, {used}: {fault}", _hint(fault))


def _hint(fault: Fault) -> str:
    return f"{fault.remedy} `cbrn bodies check` names all faults."


def _on_the_map(found: Own) -> Iterator[Fault]:
    """Yield a doubt for each site whose point does not lie where its row says."""
    from cbrn_routing.jurisdiction import Gazetteer
    from cbrn_schemas.catalogue.own import Fault

    sites = [row for row in found.rows.get("facilities.csv", ()) if row["lat"]]
    located = Gazetteer() if sites else None
    for row in sites:
        assert located is not None
        at = located.at(float(row["lat"]), float(row["lon"]))
        remedy = "Look at lat and lon; a point near a limit may be right."
        if at.country != "KG":
            what = f"{row['id']}: by the map its point lies abroad ({at.country or 'nobody can say where'})"
            yield Fault("facilities.csv", None, "lat", what, remedy, warning=True)
        elif at.district is not None and not _within(at.district, row["districts"].split("|")):
            what = f"{row['id']}: by the map its point lies in {at.district}, not in {row['districts']}"
            yield Fault("facilities.csv", None, "districts", what, remedy, warning=True)


def _within(district: str, said: list[str]) -> bool:
    return any(district.startswith(each) or each.startswith(district) for each in said)


def _as_json(found: Own, faults: list[Fault]) -> dict[str, Any]:
    from cbrn_schemas.catalogue.own import KEYS

    def codes(file: str, own: str) -> list[str]:
        rows = (row for row in found.rows.get(file, ()) if row["own"] == own)
        return [row[KEYS.get(file, "body")] for row in rows]

    return {
        "folder": str(found.folder),
        "taken": found.refused is None,
        "added": {name: codes(file, "yes") for file, name in TABLES.items()},
        "changed": codes("bodies.csv", "no"),
        "faults": [each.as_json() for each in faults],
        "more_faults": found.more_faults,
    }


def _show(found: Own, faults: list[Fault]) -> None:
    for each in faults:
        print(printable(f"{'warning' if each.warning else 'error'}: {each}"))
        print(printable(f"    {each.remedy}"))
    if found.refused is not None:
        wrong = sum(not each.warning for each in faults)
        more = ", and perhaps more" if found.more_faults else ""
        print(printable(f"{found.folder}: {wrong} to be mended{more}; nothing of it is taken until then"))
        return
    said = _as_json(found, faults)
    added = ", ".join(f"{len(codes)} {name}" for name, codes in said["added"].items() if codes)
    changed = f"; {len(said['changed'])} shipped bodies changed" if said["changed"] else ""
    print(printable(f"{found.folder}: {added or 'nothing'} added{changed}"))
