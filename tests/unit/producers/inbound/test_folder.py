"""Files from partners: taken when complete, kept beside, and never from outside the folder."""

import pytest

from cbrn_producers.inbound.config import InboundFileError
from cbrn_producers.inbound.folder import Folder
from cbrn_producers.inbound.original import DOCUMENT_BYTES_MAX


@pytest.fixture
def inside(tmp_path):
    (tmp_path / "kz").mkdir()
    return tmp_path / "kz"


@pytest.fixture
def taken():
    return []


@pytest.fixture
def folder(inside, taken):
    async def take(partner, data, content_type, came_from):
        taken.append((partner, data, came_from))

    return Folder(inside.parent, ["kz", "uz"], take)


async def test_a_file_is_taken_when_it_is_the_same_at_two_looks(folder, inside, taken):
    """Somebody may still be writing it."""
    path = inside / "a.xml"
    path.write_bytes(b"<al")
    await folder.look()
    path.write_bytes(b"<alert/>")
    await folder.look()
    assert taken == []
    await folder.look()
    assert taken == [("kz", b"<alert/>", "folder:a.xml")]
    assert (inside / "done" / "a.xml").read_bytes() == b"<alert/>"
    await folder.look()
    assert len(taken) == 1


async def test_two_files_of_one_name_both_stay(folder, inside, taken):
    """A program that calls each of its alerts alert.xml."""
    for text in (b"<one/>", b"<two/>"):
        (inside / "alert.xml").write_bytes(text)
        await folder.look()
        await folder.look()
    assert [data for _, data, _ in taken] == [b"<one/>", b"<two/>"]
    assert {path.read_bytes() for path in (inside / "done").iterdir()} == {b"<one/>", b"<two/>"}


async def test_what_is_unfinished_hidden_or_a_link_is_left_alone(folder, inside, taken, tmp_path):
    """A link would bring a file from outside the folder onto the bus."""
    (tmp_path / "secret").write_text("s")
    (inside / "link.xml").symlink_to(tmp_path / "secret")
    (inside / "a.xml.part").write_text("x")
    (inside / ".hidden").write_text("x")
    await folder.look()
    await folder.look()
    assert taken == []


@pytest.mark.parametrize("size", [0, DOCUMENT_BYTES_MAX + 1])
async def test_what_is_no_document_by_its_size_is_put_aside(folder, inside, taken, size):
    """And said, with where it lies."""
    (inside / "big.xml").write_bytes(b"x" * size)
    await folder.look()
    await folder.look()
    assert taken == []
    assert (inside / "refused" / "big.xml").exists()


async def test_what_could_not_be_written_stays_for_the_next_look(inside):
    """Kafka is away: the file is not moved."""

    async def fails(*_given):
        raise TimeoutError

    folder = Folder(inside.parent, ["kz"], fails)
    (inside / "a.xml").write_bytes(b"<alert/>")
    await folder.look()
    with pytest.raises(TimeoutError):
        await folder.look()
    assert (inside / "a.xml").exists()


def test_a_folder_that_is_not_there_is_said_at_the_start(tmp_path):
    """Not by silence at the first alert."""
    with pytest.raises(InboundFileError, match="no folder") as caught:
        Folder(tmp_path / "none", ["kz"], None)
    assert "mkdir" in caught.value.hint


async def test_a_partner_that_fills_its_folder_delays_no_other(inside, taken, folder, monkeypatch):
    """With files that change at every look, and so are never complete."""
    monkeypatch.setattr("cbrn_producers.inbound.folder.FILES_MAX", 3)
    (inside.parent / "uz").mkdir()
    (inside.parent / "uz" / "a.xml").write_bytes(b"<a/>")
    for look in range(3):
        for number in range(5):
            (inside / f"{number}.xml").write_bytes(b"<" * (look + 1))
        await folder.look()
    assert taken == [("uz", b"<a/>", "folder:a.xml")]
