"""Who may read: a file without a token in it, taken over while the process runs. No HTTP."""

import json
import os
from base64 import b64encode
from ipaddress import ip_address

import pytest
from tests.builders.feeds import NOW

from cbrn_consumers.feeds.readers import (
    READERS_MAX,
    NoSuchReaderError,
    Readers,
    ReadersFileError,
    add_reader,
    may_read,
    peer_of,
    read_readers,
    remove_reader,
    token_in,
)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "readers.json"


def add(path, name="kz-duty", feeds=("kz",), networks=()):
    return add_reader(path, name, feeds, networks, reason="letter 12", now=NOW)


def test_a_token_is_told_once_and_kept_nowhere(path):
    _, token = add(path)
    assert token not in path.read_text()
    assert path.stat().st_mode & 0o777 == 0o600
    assert Readers(path).of(token).name == "kz-duty"


@pytest.mark.parametrize("token", ["", "cbrn_feed_", "x" * 500, "\udcff", "тайна"])
def test_what_is_no_token_opens_nothing(path, token):
    add(path)
    assert Readers(path).of(token) is None


def test_each_has_a_token_of_its_own(path):
    tokens = [add(path, f"reader-{number}")[1] for number in range(3)]
    readers = Readers(path)
    assert [readers.of(token).name for token in tokens] == ["reader-0", "reader-1", "reader-2"]


def test_a_reader_who_was_removed_is_let_in_no_more(path):
    _, token = add(path)
    readers = Readers(path)
    remove_reader(path, "kz-duty")
    readers.look()
    assert readers.of(token) is None


def test_one_who_was_added_is_let_in_at_once(path):
    readers = Readers(path)
    assert len(readers) == 0
    _, token = add(path)
    readers.look()
    assert readers.of(token).name == "kz-duty"


@pytest.mark.parametrize("content", ["", "{", "[]", '{"readers": [{"name": "x"}]}', '{"readers": 5}', "\udcff"])
def test_a_file_that_cannot_be_used_is_refused_at_the_start_and_later_leaves_the_former(path, content):
    """Whoever mends a file at night must not lock out a neighbour's duty centre by a comma."""
    _, token = add(path)
    readers = Readers(path)
    path.write_bytes(content.encode("utf-8", "surrogateescape"))
    readers.look()
    assert readers.of(token) is not None
    with pytest.raises(ReadersFileError):
        Readers(path)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620])
def test_a_file_that_others_may_read_or_write_is_refused(path, mode):
    add(path)
    path.chmod(mode)
    with pytest.raises(ReadersFileError) as refused:
        read_readers(path)
    assert "chmod 600" in refused.value.hint


def test_what_stood_in_the_file_is_repeated_in_no_error(path):
    path.write_text(json.dumps({"readers": [{"name": "x", "token": "hunter2"}]}))
    path.chmod(0o600)
    with pytest.raises(ReadersFileError) as refused:
        read_readers(path)
    assert "hunter2" not in f"{refused.value} {refused.value.hint}"


def test_a_name_stands_for_one(path):
    add(path)
    with pytest.raises(NoSuchReaderError):
        add(path)
    with pytest.raises(NoSuchReaderError):
        remove_reader(path, "other")


@pytest.mark.parametrize(
    "wrong", [{"name": "A b"}, {"networks": ("10.0.0.300/8",)}, {"networks": ("10.0.0.1/8",)}, {"feeds": ()}]
)
def test_a_reader_that_cannot_be_is_not_added(path, wrong):
    with pytest.raises(ReadersFileError):
        add(path, **wrong)
    assert not path.exists()


def test_there_is_an_end_to_readers(path):
    one = {"name": "x", "token": "0" * 64, "feeds": ["kz"], "added": NOW.isoformat()}
    path.write_text(json.dumps({"readers": [one | {"name": f"r{n}"} for n in range(READERS_MAX)]}))
    path.chmod(0o600)
    assert len(read_readers(path)) == READERS_MAX
    with pytest.raises(ReadersFileError):
        add(path)


def test_a_network_holds_whoever_reads(path):
    reader, _ = add(path, networks=("192.0.2.0/24", "2001:db8::/32"))
    assert reader.comes_from(ip_address("192.0.2.7"))
    assert not reader.comes_from(ip_address("198.51.100.7"))
    assert not reader.comes_from(None)


def test_a_reader_reads_its_own_feeds_and_everybody_the_public_one(path):
    reader, _ = add(path)
    assert may_read(reader, "kz", None)
    assert not may_read(reader, "uz", None)
    assert not may_read(None, "kz", None)
    assert may_read(None, "public", None)


TOKEN = "cbrn_feed_0123456789"  # noqa: S105 - nobody's


@pytest.mark.parametrize(
    ("header", "token"),
    [
        (f"Bearer {TOKEN}", TOKEN),
        (f"bearer  {TOKEN}", TOKEN),
        (f"Basic {b64encode(f'kz:{TOKEN}'.encode()).decode()}", TOKEN),
        (f"Basic {b64encode(f':{TOKEN}'.encode()).decode()}", TOKEN),
        (f"Basic {b64encode(TOKEN.encode()).decode()}", None),
        ("Basic ====", None),
        ("Basic /////w==", None),
        (f"Bearer {TOKEN}\x00", None),
        ("Bearer " + "x" * 5_000, None),
        ("Bearer", None),
        (TOKEN, None),
        ("", None),
    ],
)
def test_a_token_is_a_bearers_or_a_password(header, token):
    """Programs know bearers; readers of feeds that people use know a user and a password."""
    assert token_in(header) == token


def test_an_address_that_is_only_wrapped_is_the_one_within():
    assert peer_of("::ffff:192.0.2.7") == ip_address("192.0.2.7")
    assert peer_of("fe80::1%eth0") == ip_address("fe80::1")
    assert peer_of("nobody") is None


def test_a_pipe_in_place_of_the_file_is_not_waited_for(path):
    os.mkfifo(path, 0o600)
    with pytest.raises(ReadersFileError):
        read_readers(path)
