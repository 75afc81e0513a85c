"""Files of servers: what is wrong is said with its place, and never with a secret."""

import os

import pytest

from cbrn_consumers.notify.servers import ServersFileError, read_servers

SECRET = "hunter2x"  # noqa: S105 - of the test
GOOD = f"""
smpp: {{host: smsc.operator.example, system_id: cbrn, password: {SECRET}, sender: "1122"}}
smtp: {{host: mail.mes.example, sender: bus@mes.example, user: bus, password: {SECRET}}}
webhook: {{secret: {SECRET * 4}, networks: [10.20.0.0/16]}}
"""


def written(folder, text, mode=0o600):
    path = folder / "file.yaml"
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return path


def test_a_file_is_read_and_does_not_show_its_secrets(tmp_path):
    servers = read_servers(written(tmp_path, GOOD))
    assert servers.smpp.password.get_secret_value() == SECRET
    assert SECRET not in repr(servers)


@pytest.mark.parametrize(
    ("text", "where"),
    [
        (GOOD.replace("system_id: cbrn, ", ""), "smpp.system_id"),
        (GOOD.replace('sender: "1122"', "sender: 1122"), "smpp.sender"),
        (GOOD.replace(f"password: {SECRET}, sender", f"password: {SECRET}{SECRET}, sender"), "smpp.password"),
        (GOOD.replace("10.20.0.0/16", "10.20.0.1/16"), "webhook.networks"),
        (GOOD.replace(SECRET * 4, SECRET), "webhook.secret"),
        (GOOD + "smpp: {}\n", "line"),
        (GOOD + f"  x: [{SECRET}", "line"),
        (f"{SECRET}: 1\n", "the whole: it has a field"),
        (GOOD.replace(f"password: {SECRET}", f"password:{SECRET}"), "it has a field"),
        ("smtp: " + "9" * 5000, "line 1"),
        ("smtp: 2026-13-45", "smtp"),
        ("smtp: !!bool foo", "line 1"),
        ("smtp: !!timestamp foo", "line 1"),
        ("- 1\n", "the whole"),
        ("", "the whole"),
    ],
)
def test_a_mistake_is_named_and_no_secret_with_it(tmp_path, text, where):
    with pytest.raises(ServersFileError) as caught:
        read_servers(written(tmp_path, text))
    assert where in str(caught.value)
    assert SECRET not in f"{caught.value} {caught.value.hint}"
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("mode", [0o644, 0o604, 0o660])
def test_a_file_that_others_may_read_or_change_is_refused(tmp_path, mode):
    with pytest.raises(ServersFileError, match=r"may (read|write) the file of servers"):
        read_servers(written(tmp_path, GOOD, mode))


def test_a_file_that_is_none_is_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe", 0o600)
    for path in (tmp_path, tmp_path / "missing", tmp_path / "pipe"):
        with pytest.raises(ServersFileError):
            read_servers(path)
