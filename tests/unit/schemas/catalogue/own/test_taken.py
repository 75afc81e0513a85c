"""What an installation adds is there wherever the catalogue is asked, in any spelling, and only as a whole."""

import json
import os
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.builders import catalogue

from cbrn_schemas.catalogue.bodies import bodies, find_body, in_office, publishers, receivers
from cbrn_schemas.catalogue.own import contacts, kept, last_good_text, own, read_folder
from cbrn_schemas.catalogue.own.faults import FAULTS_MAX
from cbrn_schemas.catalogue.places import crossings, facilities, find_place
from cbrn_schemas.catalogue.searching import body_index, crossing_index, site_index
from cbrn_schemas.settings_file import SETTINGS_FILE

TODAY = date(2026, 11, 28)


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "own"


def taken(folder):
    found = read_folder(folder)
    assert not found.faults
    return found


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf", b"\xef\xbb\xbfsep=;\r\n"])
def test_a_table_is_read_as_spreadsheets_write_it(folder, delimiter, mark):
    """Excel marks the file, parts cells by semicolons, writes decimal commas and its own dates."""
    site = catalogue.SITE | ({} if delimiter == "," else {"lat": "42,87", "lon": "74,85"})
    body = catalogue.BODY | {"valid_from": "01.02.2027"}
    catalogue.write(folder, catalogue.GOOD | {"facilities.csv": [site], "bodies.csv": [body, {}]}, delimiter)
    for file in folder.iterdir():
        file.write_bytes(mark + file.read_bytes().replace(b"\n", b"\r\n"))
    rows = taken(folder).rows
    assert rows["bodies.csv"][0]["valid_from"] == "2027-02-01"
    assert (rows["facilities.csv"][0]["lat"], rows["crossings.csv"][0]["region"]) == ("42.87", "KG-J")


def test_added_rows_are_found_in_any_spelling(folder, monkeypatch):
    """An officer writes names as hands and keyboards give them."""
    with catalogue.in_use(catalogue.write(folder), monkeypatch):
        assert find_body("ГАЗОВАЯ служба").code == "gas-service"
        assert find_body("gaz kyzmaty").own
        assert "gas-service" in publishers(TODAY)
        assert "gas-service" in receivers(TODAY)
        assert find_place("zhany gaz saktagych") == (facilities()["GAS-01"],)
        assert crossings()["kok-art"].accuracy_km == 5
        assert facilities()["GAS-01"].own
        assert not facilities()["F01"].own
        assert [each.post for each in contacts()["gas-service"]] == ["duty dispatcher"]
        for index, word in ((body_index, "gas"), (site_index, "gas"), (crossing_index, "kokart")):
            assert any(each.own for _, each in index().ranked(word))
    assert "gas-service" not in bodies()


def test_the_folder_may_be_named_in_the_settings_file(folder, monkeypatch, tmp_path):
    """What is true of every setting is true of this one."""
    catalogue.write(folder)
    with catalogue.in_use(folder, monkeypatch), pytest.MonkeyPatch.context() as within:
        within.delenv("CBRN_CATALOGUE")
        within.chdir(tmp_path)
        (tmp_path / SETTINGS_FILE).write_text("CBRN_CATALOGUE=own\n")
        assert "gas-service" in bodies()


def test_a_shipped_body_can_be_ended_and_called_by_more_names_and_keeps_the_rest(folder, monkeypatch):
    """A ministry is split on a day, and nobody can wait for the next version of the package."""
    change = {
        "code": "mof",
        "changes": "yes",
        "valid_to": "2026-11-01",
        "successors": "mec",
        "aliases": "Минфин старый",
    }
    shipped = bodies()["mof"]
    with catalogue.in_use(catalogue.write(folder, {"bodies.csv": [change]}), monkeypatch):
        assert own().faults == ()
        changed = bodies()["mof"]
        assert in_office("mof", TODAY) == ("mec",)
        assert find_body("минфин старый") is changed
        assert (changed.names, changed.hazards, changed.own) == (shipped.names, shipped.hazards, False)
        assert set(shipped.aliases) < set(changed.aliases)
        assert list(bodies()) == list(dict.fromkeys(bodies())), "it stands in its old place"


def test_a_missing_language_is_a_warning_and_another_one_is_shown(folder):
    catalogue.write(folder, {"bodies.csv": [catalogue.BODY | {"ky": ""}]})
    found = read_folder(folder)
    assert [(each.column, each.warning) for each in found.faults] == [("ky", True)]
    assert found.rows["bodies.csv"][0]["ky"] == catalogue.BODY["ru"]
    assert found.rows["bodies.csv"][0]["confidence_ky"] == "low"


def test_a_fault_in_one_file_refuses_all_and_what_was_in_use_stays(folder, monkeypatch):
    """Half a catalogue would tell some of those who must know."""
    good = read_folder(catalogue.write(folder))
    data = folder.parent / "data"
    data.mkdir()
    catalogue.write(folder, {"contacts.csv": [catalogue.CONTACT | {"body": "nobody"}]})
    with catalogue.in_use(folder, monkeypatch):
        assert (own().source, own().refused.file) == ("nothing", "contacts.csv")
        assert "gas-service" not in bodies()
    (data / "catalogue-last-good.json").write_text(last_good_text(good))
    with catalogue.in_use(folder, monkeypatch):
        assert (own().source, own().refused.file, own().digest) == ("last good", "contacts.csv", good.digest)
        assert "gas-service" in bodies()


@pytest.mark.parametrize("content", ["", "[]", "{}x", '{"bodies.csv": 1}', '{"bodies.csv": "kind"}', "[" * 9999])
def test_what_is_no_kept_catalogue_is_left_alone(tmp_path, content):
    (tmp_path / "kept").write_text(content)
    assert kept(tmp_path / "kept") is None


def test_a_kept_catalogue_that_others_may_write_is_left_alone(folder, tmp_path):
    (tmp_path / "kept").write_text(last_good_text(taken(catalogue.write(folder))))
    assert kept(tmp_path / "kept") is not None
    (tmp_path / "kept").chmod(0o666)
    assert kept(tmp_path / "kept") is None


def test_a_file_of_nothing_but_faults_is_read_to_the_hundredth(folder):
    """A router reads it beside its work."""
    wrong = [catalogue.BODY | {"code": f"gas-{number}", "parent": f"nobody-{number}"} for number in range(3_000)]
    found = read_folder(catalogue.write(folder, {"bodies.csv": wrong}))
    assert (len(found.faults), found.more_faults) == (FAULTS_MAX, True)


def test_bodies_without_topics_are_known_and_neither_publish_nor_are_told(folder, monkeypatch):
    monkeypatch.setenv("CBRN_CATALOGUE_WITHOUT_TOPICS", "gas-service")
    with catalogue.in_use(catalogue.write(folder), monkeypatch):
        assert "gas-service" in bodies()
        assert "gas-service" not in {**publishers(TODAY), **receivers(TODAY)}


@given(st.dictionaries(st.sampled_from(list(catalogue.GOOD)), st.binary(max_size=300), min_size=1))
@settings(max_examples=60)
def test_whatever_lies_there_is_an_answer(tmp_path_factory, files):
    """It is written by hand, at night."""
    folder = tmp_path_factory.mktemp("any", numbered=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    found = read_folder(folder)
    assert all(each.what and each.remedy for each in found.faults)
    assert bool(found.rows) <= (found.refused is None)
    json.dumps([each.as_json() for each in found.faults])


CELLS = st.text(st.characters(codec="utf-8"), max_size=12) | st.sampled_from(
    ["mes", "moh|mes", "yes", "KG-O", "2027-01-31"]
)


@given(st.data())
@settings(max_examples=150)
def test_whatever_stands_in_the_cells_is_an_answer_and_what_is_taken_can_be_used(tmp_path_factory, data):
    """A row that passes its check must never stop a router afterwards."""
    tables = {}
    for name, (row,) in catalogue.GOOD.items():
        changed = data.draw(
            st.dictionaries(st.sampled_from([*row, "valid_to", "successors", "region"]), CELLS, max_size=2)
        )
        tables[name] = [row | (changed if name == "bodies.csv" else {k: v for k, v in changed.items() if k in row})]
    folder = catalogue.write(tmp_path_factory.mktemp("cells", numbered=True), tables)
    found = read_folder(folder)
    if found.refused is not None:
        assert not found.rows
        return
    with pytest.MonkeyPatch.context() as patch, catalogue.in_use(folder, patch):
        assert own().rows == found.rows
        for code in found.codes:
            assert bodies()[code].names.en
            in_office(code, TODAY)
        assert body_index().all
        assert site_index().all
        assert crossing_index().all


def test_a_process_of_another_user_cannot_be_fooled(folder):
    """Whoever may write the folder decides who is told."""
    catalogue.write(folder)
    for path, name in ((folder, ""), (folder / "bodies.csv", "bodies.csv")):
        path.chmod(path.stat().st_mode | 0o020)
        assert read_folder(folder).refused.file == name
        path.chmod(path.stat().st_mode & ~0o020)
    target = folder.parent / "elsewhere.csv"
    (folder / "bodies.csv").rename(target)
    (folder / "bodies.csv").symlink_to(target)
    taken(folder)  # our own link to our own file, as volumes have them
    target.chmod(0o666)
    assert "anyone on this machine may write" in read_folder(folder).refused.what
    if os.geteuid() == 0:
        target.chmod(0o644)
        os.lchown(folder / "bodies.csv", 12345, 12345)
        assert "belongs to another user" in read_folder(folder).refused.what


def test_what_is_no_file_or_no_folder_is_an_answer(folder, tmp_path):
    assert "cannot be read" in read_folder(folder).refused.what
    (tmp_path / "file").write_text("x")
    assert "cannot be read" in read_folder(tmp_path / "file").refused.what
    folder.mkdir()
    assert "holds no table" in read_folder(folder).refused.what
    os.mkfifo(folder / "bodies.csv")
    assert "no ordinary file" in read_folder(folder).refused.what
    (folder / "bodies.csv").unlink()
    (folder / "bodies.csv").symlink_to(tmp_path / "nowhere")
    assert "leads nowhere" in read_folder(folder).refused.what
    (folder / "bodies.csv").unlink()
    (folder / "body.csv").write_text("x")
    assert read_folder(folder).refused.file == "body.csv"
    (folder / "body.csv").rename(folder / "bodies.csv")
    (folder / "bodies.csv").write_bytes(b" " * (4 * 1024 * 1024 + 1))
    assert "4 MiB" in read_folder(folder).refused.what
