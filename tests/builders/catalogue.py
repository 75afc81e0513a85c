"""A folder of an installation's own catalogue, for tests: good rows, and a way to change a cell of them."""

import contextlib
import importlib
import pkgutil

import cbrn_schemas.catalogue

BODY = {
    "code": "gas-service",
    "kind": "service",
    "ky": "Газ кызматы",
    "ru": "Газовая служба",
    "en": "Gas Service",
    "parent": "mec",
    "hazards": "chemical",
}
SITE = {
    "id": "GAS-01",
    "name_ky": "Жаңы газ сактагыч",
    "name_ru": "Новое газохранилище",
    "name_en": "New gas store",
    "kind": "gas store",
    "hazards": "C",
    "districts": "41708203",
    "lat": "42.87",
    "lon": "74.85",
    "accuracy_km": "1",
    "operator_body": "gas-service",
}
CROSSING = {
    "slug": "kok-art",
    "name_ky": "Көк-Арт",
    "name_ru": "Кок-Арт",
    "name_en": "Kok-Art",
    "neighbour": "CN",
    "district": "41703215",
    "lat": "40.9",
    "lon": "73.9",
}
CONTACT = {"body": "gas-service", "post": "duty dispatcher", "telephone": "+996 312 104104", "email": "duty@gas.kg"}
GOOD = {
    "bodies.csv": [BODY],
    "facilities.csv": [SITE],
    "crossings.csv": [CROSSING],
    "contacts.csv": [CONTACT],
}


def table(rows, delimiter=","):
    """The rows as a spreadsheet writes them, each cell in quotes; a column for whatever one of them has."""
    columns = list(dict.fromkeys(column for row in rows for column in row))
    lines = [columns, *([row.get(column, "") for column in columns] for row in rows)]
    quoted = ([f'"{cell.replace(chr(34), chr(34) * 2)}"' for cell in line] for line in lines)
    return "\n".join(map(delimiter.join, quoted)) + "\n"


def write(folder, tables=None, delimiter=","):
    """Write tables of rows; the good ones unless said."""
    folder.mkdir(mode=0o755, exist_ok=True)
    for name, rows in (GOOD if tables is None else tables).items():
        new = folder / f"{name}.new"
        new.write_text(table(rows, delimiter), encoding="utf-8")
        new.chmod(0o644)
        new.replace(folder / name)
    return folder


def _forget():
    package = cbrn_schemas.catalogue
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        for found in vars(importlib.import_module(module.name)).values():
            if hasattr(found, "cache_clear"):
                found.cache_clear()


@contextlib.contextmanager
def in_use(folder, monkeypatch):
    """Have this process work with the folder, and forget it afterwards."""
    with monkeypatch.context() as patched:
        patched.setenv("CBRN_CATALOGUE", str(folder))
        patched.setenv("CBRN_DATA_DIR", str(folder.parent / "data"))
        _forget()
        try:
            yield
        finally:
            _forget()
    _forget()
