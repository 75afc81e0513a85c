"""Rotas and officers in a folder: read anew when they change, refused where others may have written them."""

import os

import pytest
from tests.builders.rota import OFFICERS, ROUND, calendar, entry

from cbrn_consumers.rota import FindingType, NoRotaError, Rosters, RotaError, RotaFileError, keep_rota, read_roster


@pytest.fixture
def folder(tmp_path):
    """A folder with the roster of one body."""
    path = keep_rota(tmp_path / "rota", "mes", calendar(*ROUND))
    file = path.with_suffix(".yaml")
    file.write_text(OFFICERS, encoding="utf-8")
    file.chmod(0o600)
    return path.parent


def test_what_is_kept_is_for_its_users_eyes(folder):
    """Numbers of officers at home are nobody else's business."""
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / "mes.ics").stat().st_mode & 0o777 == 0o600
    roster = read_roster(folder, "mes")
    assert roster.findings == ()
    assert len(roster.officers.officers) == 3


@pytest.mark.parametrize("mode", [0o644, 0o640])
def test_numbers_that_others_may_read_are_a_finding(folder, mode):
    """It works, and it is said each time, with the command that mends it."""
    (folder / "mes.yaml").chmod(mode)
    (found,) = read_roster(folder, "mes").findings
    assert (found.type, found.grave) == (FindingType.READABLE, False)
    assert found.remedy == f"chmod 600 {folder / 'mes.yaml'}"


def test_a_file_that_others_may_write_is_not_used(folder):
    """Whoever may write it decides who is called at night."""
    (folder / "mes.yaml").chmod(0o620)
    roster = read_roster(folder, "mes")
    assert roster.officers is None
    assert [each.type for each in roster.findings] == [FindingType.OFFICERS]
    (folder / "mes.ics").chmod(0o602)
    with pytest.raises(RotaFileError, match="others on this machine may write it"):
        read_roster(folder, "mes")


def test_a_file_of_another_body_or_none_leaves_the_rota_without_officers(folder):
    """The rota still says who has the watch; that nobody can be reached is an alarm of its own."""
    (folder / "mes.yaml").write_text(OFFICERS.replace("body: mes", "body: moh"), encoding="utf-8")
    assert "it is that of moh" in read_roster(folder, "mes").findings[0].message
    (folder / "mes.yaml").unlink()
    roster = read_roster(folder, "mes")
    assert roster.officers is None
    assert "has no file of officers" in roster.findings[0].message
    with pytest.raises(NoRotaError, match="moh has no rota"):
        read_roster(folder, "moh")


def test_a_pipe_of_that_name_holds_nobody_up(folder):
    """An open for reading would wait for its writer for ever."""
    (folder / "mes.yaml").unlink()
    os.mkfifo(folder / "mes.yaml", 0o600)
    assert "no ordinary file" in read_roster(folder, "mes").findings[0].message


def test_changed_files_are_read_anew_and_a_broken_one_leaves_the_former(folder):
    """A slip of the hand must not leave a body without a watch; it is said, and mended it counts."""
    rosters = Rosters(folder)
    first = rosters.of("mes")
    assert rosters.of("mes") is first
    (folder / "mes.ics").write_bytes(b"BEGIN:VCALENDAR\n")
    broken = rosters.of("mes")
    assert broken.rota is first.rota
    assert [each.type for each in broken.findings] == [FindingType.NOT_CALENDAR]
    keep_rota(folder, "mes", calendar(entry("a", "duty-3")))
    assert rosters.of("mes").rota.posts == {"duty-3"}


def test_a_folder_that_cannot_be_written_is_said(tmp_path):
    """With what to set."""
    (tmp_path / "file").write_text("")
    with pytest.raises(RotaError) as caught:
        keep_rota(tmp_path / "file" / "rota", "mes", b"x")
    assert "CBRN_ROTA_DIR" in caught.value.hint
