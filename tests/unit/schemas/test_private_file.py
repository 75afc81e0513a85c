"""Files that hold secrets, read by whoever holds one: who else may read it decides whether it is read at all."""

import os

import pytest

from cbrn_schemas.private_file import PrivateFileError, read_private


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "secret"
    path.write_text("open sesame\n")
    path.chmod(0o600)
    return path


@pytest.mark.parametrize(
    ("mode", "group_reads", "said"),
    [
        (0o640, False, "its group may read the key"),
        (0o604, True, "anyone on this machine may read"),
        (0o660, True, "its group may write"),
        (0o620, True, "its group may write"),
        (0o642, True, "anyone on this machine may write"),
    ],
)
def test_who_else_may_read_or_write_is_named(file, mode, group_reads, said):
    file.chmod(mode)
    with pytest.raises(PrivateFileError, match=said) as refused:
        read_private(file, "key", group_reads=group_reads)
    assert f"chmod {640 if group_reads else 600}" in refused.value.hint


def test_a_group_reads_where_it_may(file):
    """As a service reads what root has written for it."""
    file.chmod(0o640)
    assert read_private(file, "key", group_reads=True) == "open sesame\n"


def test_no_more_is_read_than_a_secret_has(file):
    size = len("open sesame\n")
    assert read_private(file, "key", bytes_max=size)
    with pytest.raises(PrivateFileError, match=f"more than {size - 1} bytes: it is no key"):
        read_private(file, "key", bytes_max=size - 1)


def test_a_pipe_is_waited_for_by_nobody(file):
    file.unlink()
    os.mkfifo(file, 0o600)
    with pytest.raises(PrivateFileError, match="no ordinary file"):
        read_private(file, "key")
