"""Each mistake in a table is named with file, line and column, and with what to do."""

import pytest
from tests.builders import catalogue
from tests.builders.catalogue import BODY, CONTACT, CROSSING, GOOD, SITE

from cbrn_schemas.catalogue.own import read_folder

BODIES, SITES, CROSSINGS, CONTACTS = GOOD
SECOND = BODY | {"code": "gas-lab", "ky": "Газ сынакканасы", "ru": "Газовая лаборатория", "en": "Gas Laboratory"}
ENDED = {"code": "mof", "changes": "yes", "valid_to": "2027-01-01", "successors": "mec"}

MISTAKES = [
    # file, rows, line, column, what, remedy
    (BODIES, [BODY | {"code": "Gas-Service"}], 2, "code", "is no code", "small Latin letters"),
    (BODIES, [BODY | {"code": "gas.service"}], 2, "code", "is no code", "hyphens"),
    (BODIES, [BODY | {"code": "gas~2"}], 2, "code", "is no code", ""),
    (BODIES, [BODY | {"code": "g" * 33}], 2, "code", "is no code", "32"),
    (BODIES, [BODY | {"code": ""}], 2, "code", "it is empty", "code"),
    *(
        (BODIES, [BODY | {"code": code}], 2, "code", "the bus's own", "another")
        for code in ("admin", "bus", "exercise")
    ),
    *((BODIES, [BODY | {"code": code}], 2, "code", "the bus's own", "another") for code in ("broker", "broker-3")),
    (BODIES, [BODY, BODY], 3, "code", "gas-service is in line 2, too", "one of the two"),
    (BODIES, [BODY | {"code": "mes"}], 2, "code", "mes is in the shipped catalogue", "changes"),
    (BODIES, [BODY | {"kind": "servce"}], 2, "kind", "'servce'", "service"),
    (BODIES, [BODY | {"kind": ""}], 2, "kind", "it is empty", "service"),
    (BODIES, [BODY | {"parent": "mse"}], 2, "parent", "nothing is called 'mse'", "mes"),
    (BODIES, [BODY | {"parent": "gas-service"}], 2, "parent", "its own parent", "empty"),
    (BODIES, [BODY | {"parent": "gas-lab"}, SECOND | {"parent": "gas-service"}], 2, "parent", "leads back", "out"),
    (BODIES, [BODY | {"ky": "", "ru": "", "en": ""}], 2, "ru", "it has no name", "Kyrgyz"),
    (BODIES, [BODY | {"ru": "Газовая\nслужба"}], 2, "ru", "cannot be seen", "one line"),
    (BODIES, [BODY | {"ru": "Газовая \u202eслужба"}], 2, "ru", "RIGHT-TO-LEFT OVERRIDE", "anew"),
    (BODIES, [BODY | {"ru": "Газовая\u200b служба"}], 2, "ru", "ZERO WIDTH SPACE", "anew"),
    (BODIES, [BODY | {"en": "\x1b[2J"}], 2, "en", "cannot be seen", "anew"),
    (BODIES, [BODY | {"en": "—"}], 2, "en", "is no name", "letters"),
    (BODIES, [BODY | {"en": "x" * 201}], 2, "en", "more than 200", "fewer"),
    (BODIES, [BODY | {"note": "x" * 1001}], 2, "note", "more than 1000", "fewer"),
    (BODIES, [BODY | {"ru": "МЧС"}], 2, "ru", "cannot be told apart from a name of mes", "takes one for the other"),
    (BODIES, [BODY | {"aliases": "m e s"}], 2, "aliases", "cannot be told apart", "other"),
    (BODIES, [BODY, SECOND | {"en": "gas-service"}], 2, "code", "cannot be told apart", "other"),
    (BODIES, [BODY | {"hazards": "chemical|fire"}], 2, "hazards", "'fire'", "chemical"),
    (BODIES, [BODY | {"publishes": "maybe"}], 2, "publishes", "'maybe'", "yes, no"),
    (BODIES, [BODY | {"member": "yes"}], 2, "member", "'yes'", "no"),
    (BODIES, [BODY | {"valid_from": "31.02.2027"}], 2, "valid_from", "is no date", "2027-01-31"),
    (BODIES, [BODY | {"valid_from": "2027-02-01", "valid_to": "2027-01-01"}], 2, "valid_to", "before it begins", "day"),
    (BODIES, [BODY | {"successors": "nobody-9"}], 2, "successors", "nothing is called", ""),
    (BODIES, [BODY | {"successors": "gas-service"}], 2, "successors", "no successor of itself", "takes its task"),
    (BODIES, [ENDED | {"successors": "mof"}], 2, "successors", "no successor of itself", ""),
    (BODIES, [ENDED, ENDED | {"code": "mec", "successors": "mof"}], 2, "successors", "leads back to mof", "out"),
    (BODIES, [ENDED | {"successors": ""}], 2, "successors", "needs a successor", "take its task over"),
    (
        BODIES,
        [ENDED | {"successors": "gas-lab"}, SECOND | {"receives": "no"}],
        2,
        "successors",
        "none of them receives",
        "receives",
    ),
    (BODIES, [ENDED | {"en": "Treasury"}], 2, "en", "cannot be changed", "valid_to"),
    (BODIES, [ENDED | {"code": "mfo"}], 2, "changes", "no shipped row is called mfo", "mof"),
    (BODIES, [BODY | {"region": "KG-O"}], 2, "region", "does not go with the kind service", "representative"),
    (BODIES, [BODY | {"kind": "mayor"}], 2, "region", "does not go with the kind mayor", "region"),
    (BODIES, [BODY | {"kind": "mayor", "region": "KG-X"}], 2, "region", "no region is called", "KG-O"),
    (BODIES, [BODY | {"kind": "mayor", "region": "KG-GO"}], 2, "region", "mayor-osh stands for KG-GO", "End mayor-osh"),
    (BODIES, [BODY | {"country": "UZ"}], 2, "country", "does not go with", "neighbour"),
    (BODIES, [BODY | {"kind": "neighbour"}], 2, "country", "does not go with", "neighbour"),
    (BODIES, [BODY | {"kind": "neighbour", "country": "UZ"}], 2, "country", "uz stands for UZ", "End uz"),
    (BODIES, [BODY | {"country": "Uzb"}], 2, "country", "is no country", "UZ"),
    (SITES, [SITE | {"id": "F99"}], 2, "id", "the register's own", "GAS-01"),
    (SITES, [SITE | {"id": "Газ-1"}], 2, "id", "is no id of a site", "GAS-01"),
    (SITES, [SITE, SITE | {"id": "gas-01"}], 3, "id", "GAS-01 is in line 2, too", ""),
    (SITES, [SITE | {"districts": "4170820"}], 2, "districts", "nothing is called '4170820'", "4170820"),
    (SITES, [SITE | {"districts": ""}], 2, "districts", "it is empty", "told"),
    (SITES, [SITE | {"hazards": ""}], 2, "hazards", "it is empty", "told"),
    (SITES, [SITE | {"hazards": "X"}], 2, "hazards", "'X'", "C, B, R, N"),
    (SITES, [SITE | {"rivers": "volga"}], 2, "rivers", "nothing is called 'volga'", ""),
    (SITES, [SITE | {"operator_body": "gaz"}], 2, "operator_body", "nothing is called 'gaz'", ""),
    (SITES, [SITE | {"lat": "55.75"}], 2, "lat", "outside the country", "39.0 to 43.5"),
    (SITES, [SITE | {"lat": "74.85", "lon": "42.87"}], 2, "lat", "outside the country", "swapped"),
    (SITES, [SITE | {"lat": "nan"}], 2, "lat", "is no number that can be meant", "42.87"),
    (SITES, [SITE | {"lat": "42°52'"}], 2, "lat", "is no number", "42.87"),
    (SITES, [SITE | {"lon": ""}], 2, "lon", "half a position", "both"),
    (SITES, [SITE | {"lat": "", "lon": "", "surveyed": "yes"}], 2, "surveyed", "no position", "lat and lon"),
    (SITES, [SITE | {"accuracy_km": "0"}], 2, "accuracy_km", "is no accuracy", "0.1 to 100"),
    (SITES, [SITE | {"name_en": "Kumtor"}], 2, "name_en", "cannot be told apart", ""),
    (CROSSINGS, [CROSSING | {"slug": "ak-jol"}], 2, "slug", "in the shipped catalogue", "another code."),
    (CROSSINGS, [CROSSING | {"neighbour": "RU"}], 2, "neighbour", "'RU'", "KZ, UZ, TJ, CN"),
    (CROSSINGS, [CROSSING | {"lat": ""}], 2, "lat", "it is empty", "where"),
    (CROSSINGS, [CROSSING | {"district": "1"}], 2, "district", "nothing is called '1'", ""),
    (CROSSINGS, [CROSSING | {"region": "KG-O"}], 2, "region", "lies in KG-J", "empty"),
    (CONTACTS, [CONTACT | {"body": "nobody-9"}], 2, "body", "nothing is called", ""),
    (CONTACTS, [CONTACT | {"post": ""}], 2, "post", "it is empty", "who answers"),
    (CONTACTS, [CONTACT | {"telephone": "call us"}], 2, "telephone", "no telephone number", "+996"),
    (CONTACTS, [CONTACT | {"email": "duty at gas"}], 2, "email", "no address of mail", "duty@"),
    (CONTACTS, [CONTACT | {"telephone": "", "email": ""}], 2, "telephone", "neither", "at least"),
]


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: f"{mistake[0]}-{mistake[3]}-{mistake[4]}")
def test_a_mistake_in_a_cell_is_named(tmp_path, mistake):
    file, rows, line, column, what, remedy = mistake
    found = read_folder(catalogue.write(tmp_path / "own", GOOD | {file: rows}))
    first = found.refused
    assert first is not None
    assert not found.rows
    assert (first.file, first.line, first.column) == (file, line, column)
    assert what in first.what
    assert remedy in first.remedy


HEADING = "code,kind,ky,ru,en"
ROW = "gas,service,Газ,Газ кызматы,Gas Service"
FORMS = [
    ("", None, "", "it is empty"),
    ("kind,ky,ru,en\n", 1, "code", "column is missing"),
    (f"{HEADING},parnt\n", 1, "", "no column is called 'parnt'"),
    (f"{HEADING},code\n", 1, "code", "there twice"),
    (f"{HEADING}\n{ROW},mes\n", 2, "", "it has 6 cells, the heading 5"),
    (f'{HEADING}\n"gas\n', 2, "", "no table from here on"),
    (f"{HEADING}\n\n{ROW}\nmes,service,а,б,c\n", 4, "code", "shipped"),
    (f'{HEADING}\n{ROW}\n"x\n1",service,а,б,c\nmes,service,г,д,e\n', 3, "code", "cannot be seen"),
    (f"{HEADING}\n{ROW}\n".encode("cp1251"), 2, "", "is not UTF-8"),
    (f"{HEADING}\n{ROW}\n".encode("utf-16"), 1, "", "UTF-16"),
    (f"{HEADING}\nga\0s\n", 2, "", "NULL"),
    (
        "\n".join([HEADING, *(f"g-{n},service,а{n},б{n},c{n}" for n in range(10_001))]),
        10_002,
        "",
        "more than 10000 rows",
    ),
]


@pytest.mark.parametrize(("content", "line", "column", "what"), FORMS)
def test_a_table_that_cannot_be_read_is_named(tmp_path, content, line, column, what):
    folder = tmp_path / "own"
    folder.mkdir()
    (folder / BODIES).write_bytes(content if isinstance(content, bytes) else content.encode())
    first = read_folder(folder).refused
    assert (first.file, first.line, first.column) == (BODIES, line, column)
    assert what in first.what
    assert first.remedy
