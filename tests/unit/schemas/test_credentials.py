"""The credentials file: what it holds, who may read it, and what counts before what."""

import os
import ssl

import pytest

from cbrn_deploy.authority import LOOPBACK_HOSTS, Authority, LocalAccess
from cbrn_schemas.credentials import Credentials, CredentialsError, read_credentials, write_credentials
from cbrn_schemas.private_file import PrivateFileError
from cbrn_schemas.settings import Settings

PASSWORD = "correct-horse"  # noqa: S105 - of the test
VALUES = {
    "CBRN_BOOTSTRAP_SERVERS": "kafka1:9092",
    "CBRN_SECURITY_PROTOCOL": "SASL_SSL",
    "CBRN_REALM": "cbrn",
    "CBRN_USERNAME": "mes",
    "CBRN_PASSWORD": PASSWORD,
}


@pytest.fixture
def alone(tmp_path, monkeypatch):
    """A folder without settings, and an environment without any."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("CBRN_")]:
        monkeypatch.delenv(name)
    return tmp_path


@pytest.fixture
def file(alone):
    path = alone / "mes.cbrn"
    write_credentials(path, Credentials(VALUES, certificates=Authority.at(alone / "authority").bundle))
    return path


def test_what_is_written_is_read(file):
    """Whole, closed to others, and without the password in what is shown of it."""
    held = read_credentials(file)
    assert held.values == VALUES
    assert file.stat().st_mode & 0o777 == 0o600
    assert not [path for path in file.parent.iterdir() if path.name.startswith(".")]
    assert PASSWORD not in repr(held) + repr(Settings(credentials=file)) + str(Settings(credentials=file))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "says nothing"),
        (f"{PASSWORD}\n", "no NAME=value"),
        ("CBRN_RULEBOOK_SIGNERS=mine.toml\n", "sets CBRN_RULEBOOK_SIGNERS, which"),
        (f"{PASSWORD}=x\n", "sets a variable, which"),
        ("-----BEGIN EC PRIVATE KEY-----\nx\n-----END EC PRIVATE KEY-----\n", "EC PRIVATE KEY"),
        ("-----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----\n" * 2, "2 private keys"),
    ],
)
def test_what_is_no_credentials_file_is_told_without_its_content(alone, text, said):
    """The line that is wrong may be half a password."""
    path = alone / "bad.cbrn"
    path.write_text(text)
    path.chmod(0o600)
    with pytest.raises(CredentialsError, match=said) as refused:
        Settings(credentials=path)
    assert PASSWORD not in f"{refused.value} {refused.value.hint}"


def test_a_file_that_others_may_read_or_write_is_refused(file):
    """With the command that closes it; a link to nowhere and a pipe are told, too."""
    for mode, said in ((0o640, "its group may read"), (0o602, "anyone on this machine may write")):
        file.chmod(mode)
        with pytest.raises(PrivateFileError, match=said) as refused:
            Settings(credentials=file)
        assert "chmod 600" in refused.value.hint
    with pytest.raises(CredentialsError, match="there is no credentials file"):
        Settings(credentials=file.with_name("none"))
    os.mkfifo(file.with_name("pipe"), 0o600)
    with pytest.raises(PrivateFileError, match="no ordinary file"):
        Settings(credentials=file.with_name("pipe"))


def test_arguments_before_environment_before_credentials_before_cbrn_env(alone, file, monkeypatch):
    """And a file that is named as an argument counts as arguments do."""
    (alone / "cbrn.env").write_text(f"CBRN_CREDENTIALS={file}\nCBRN_USERNAME=from-cbrn-env\nCBRN_LANG=ru\n")
    (alone / "cbrn.env").chmod(0o600)
    assert (Settings().username, Settings().lang) == ("mes", "ru")
    monkeypatch.setenv("CBRN_USERNAME", "from-environment")
    assert Settings().username == "from-environment"
    assert Settings(username="from-argument").username == "from-argument"
    assert Settings(credentials=file).username == "mes"


def test_who_is_told_of_no_broker_takes_the_credentials_of_this_machines_own(alone, monkeypatch):
    """`cbrn up` runs in another terminal; whoever names a broker, or credentials, means those."""
    assert Settings().credentials is None
    path = LocalAccess(alone / ".cbrn" / "access").credentials("admin", "127.0.0.1:9093")
    found = Settings()
    assert (found.credentials, found.bootstrap_servers) == (path.relative_to(alone), "127.0.0.1:9093")
    assert found.security_protocol == "SSL"
    assert Settings(bootstrap_servers="kafka1:9092").credentials is None
    monkeypatch.setenv("CBRN_BOOTSTRAP_SERVERS", "kafka1:9092")
    assert Settings().security_protocol == "PLAINTEXT"


def test_a_connection_is_tls_13_with_the_hosts_name_looked_at(file):
    """By the authority in the file, and by no other."""
    context = Settings(credentials=file).connection()["ssl_context"]
    assert context.minimum_version is ssl.TLSVersion.TLSv1_3
    assert context.check_hostname
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert len(context.get_ca_certs()) == 1


def test_a_certificate_that_is_named_goes_without_the_key_of_another(alone, file, monkeypatch):
    """The credentials file holds a key of its own: with the certificate that was named it is no pair."""
    authority = Authority.at(alone / "authority")
    mine, other = (authority.certificate(name) for name in ("mes", "mes.desk"))
    held, named, key = alone / "held.cbrn", alone / "named.pem", alone / "named.key"
    write_credentials(
        held, Credentials({"CBRN_SECURITY_PROTOCOL": "SSL"}, mine.key, mine.certificate + authority.bundle)
    )
    named.write_text(other.key + other.certificate)
    key.write_text(other.key)
    monkeypatch.setenv("CBRN_CREDENTIALS", str(held))
    assert (Settings().certificate_file, Settings().key_file) == (held, held)
    monkeypatch.setenv("CBRN_CERTIFICATE_FILE", str(named))
    assert (Settings().certificate_file, Settings().key_file) == (named, None)
    assert "ssl_context" in Settings().connection()
    monkeypatch.setenv("CBRN_KEY_FILE", str(key))
    assert Settings().key_file == key
    assert Settings(credentials=held).key_file == held
    assert Settings(credentials=held, certificate_file=named).key_file == key


def test_a_key_that_never_left_its_owner_lies_in_a_file_of_its_own(alone):
    """The certificate was issued on a request."""
    authority = Authority.at(alone / "authority")
    pem = authority.certificate("mes", LOOPBACK_HOSTS)
    key, file = alone / "own.key", alone / "mes.cbrn"
    key.write_text(pem.key)
    write_credentials(
        file, Credentials({"CBRN_SECURITY_PROTOCOL": "SSL"}, certificates=pem.certificate + authority.bundle)
    )
    settings = Settings(credentials=file, certificate_file=file, key_file=key)
    assert "ssl_context" in settings.connection()
