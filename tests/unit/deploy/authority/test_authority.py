"""The local authority: made once, found again, renewed so that old and new trust each other; what it signs."""

import socket
import ssl
import subprocess
import sys
import threading
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from cbrn_deploy.authority import LOOPBACK_HOSTS, Authority, AuthorityError, LocalAccess, RequestError
from cbrn_schemas.credentials import read_credentials
from cbrn_schemas.private_file import PrivateFileError, write_private

ALWAYS = timedelta(days=100_000)


def parsed(pem):
    return x509.load_pem_x509_certificates(pem.encode())


def written(folder, name, pem, bundle):
    path = folder / name
    path.write_text(pem.key + pem.certificate)
    (folder / f"{name}.trusted").write_text(bundle)
    return path


def shake_hands(folder, server, server_trusts, client, client_trusts):
    """Return whom the server saw, over a real TLS connection with certificates on both sides."""
    at_server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cadata=server_trusts)
    at_server.verify_mode = ssl.CERT_REQUIRED
    at_server.load_cert_chain(written(folder, "server", server, server_trusts))
    at_client = ssl.create_default_context(cadata=client_trusts)
    at_client.load_cert_chain(written(folder, "client", client, client_trusts))
    near, far = socket.socketpair()
    seen = []

    def serve():
        # What it refuses shows at the client, too.
        with suppress(ssl.SSLError, ConnectionError), at_server.wrap_socket(far, server_side=True) as there:
            seen.append(dict(part for (part,) in there.getpeercert()["subject"])["commonName"])
            there.sendall(b"!")

    thread = threading.Thread(target=serve)
    thread.start()
    with at_client.wrap_socket(near, server_hostname="127.0.0.1") as here:
        assert here.version() == "TLSv1.3"
        assert here.recv(1) == b"!"
    thread.join()
    return seen[0]


def test_it_is_made_once_and_closed_to_others(tmp_path):
    """Whoever reads its key can let himself in as anybody."""
    folder = tmp_path / "access" / "authority"
    made = Authority.at(folder)
    assert Authority.at(folder).bundle == made.bundle
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    (folder / "authority.pem").chmod(0o640)
    with pytest.raises(PrivateFileError, match="its group may read"):
        Authority.at(folder)


def test_two_processes_that_ask_at_once_get_the_same(tmp_path):
    """Or half of the credentials of a first start would be worth nothing."""
    program = (
        "import pathlib, sys; from cbrn_deploy.authority import Authority\n"
        "print(Authority.at(pathlib.Path(sys.argv[1])).bundle)"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "authority")]
    askers = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    found = {asker.communicate(timeout=60)[0] for asker in askers}
    assert len(found) == 1
    assert "BEGIN CERTIFICATE" in found.pop()


def test_a_damaged_authority_is_told_and_not_replaced(tmp_path):
    """A new one in its place would lock everybody out without a word."""
    Authority.at(tmp_path)
    (tmp_path / "authority.pem").write_text("-----BEGIN")
    with pytest.raises(AuthorityError, match="damaged"):
        Authority.at(tmp_path)


def test_a_users_certificate_names_it_first_and_serves_nobody(tmp_path):
    """Java prints the last part of a name first; and who could serve could pretend to be a broker."""
    pem = Authority.at(tmp_path).certificate("bus.watch~2")
    own = parsed(pem.certificate)[0]
    assert own.subject.rfc4514_string().startswith("CN=bus.watch~2,OU=user,")
    assert list(own.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value) == [
        ExtendedKeyUsageOID.CLIENT_AUTH
    ]
    assert own.not_valid_before_utc < datetime.now(UTC) - timedelta(hours=23), "clocks differ"
    assert pem.serial == f"{own.serial_number:x}"
    assert pem.valid_until == own.not_valid_after_utc
    assert "BEGIN PRIVATE KEY" in pem.key
    assert pem.key not in repr(pem)


@pytest.mark.parametrize("name", ["", "mes,OU=x", "a b", "mes\n", "ё", "x" * 65])
def test_no_name_slips_past_the_rule_that_reads_it(tmp_path, name):
    """A comma would end the name where the broker looks for it."""
    with pytest.raises(RequestError, match="no name of a user"):
        Authority.at(tmp_path).certificate(name)


def test_broker_and_user_know_each_other(tmp_path):
    """By the addresses of the machine, on both sides."""
    authority = Authority.at(tmp_path / "authority")
    broker, user = authority.certificate("broker-1", LOOPBACK_HOSTS), authority.certificate("mes")
    assert shake_hands(tmp_path, broker, authority.bundle, user, authority.bundle) == "mes"
    with pytest.raises(ssl.SSLError):
        shake_hands(tmp_path, user, authority.bundle, user, authority.bundle)


def test_of_a_renewed_authority_old_and_new_are_trusted_by_who_knows_only_one(tmp_path):
    """A program that was started with the old bundle meets a broker with a new certificate, and the other way round."""
    first = Authority.at(tmp_path / "authority")
    second = first.renewed(within=ALWAYS)
    third = second.renewed(within=ALWAYS)
    assert len(parsed(third.bundle)) == 3
    assert Authority.at(tmp_path / "authority").bundle == third.bundle
    for newer in (second, third):
        broker, old_user = newer.certificate("broker-1", LOOPBACK_HOSTS), first.certificate("mes")
        assert shake_hands(tmp_path, broker, newer.bundle, old_user, first.bundle) == "mes"
        old_broker, user = first.certificate("broker-1", LOOPBACK_HOSTS), newer.certificate("mes")
        assert shake_hands(tmp_path, old_broker, first.bundle, user, newer.bundle) == "mes"
    only = third.without_older()
    assert (len(parsed(only.bundle)), only.bridge) == (1, "")
    with pytest.raises(ssl.SSLError):
        shake_hands(tmp_path, only.certificate("broker-1", LOOPBACK_HOSTS), only.bundle, old_user, only.bundle)


def test_an_authority_is_renewed_when_it_nears_its_end_and_an_ended_one_falls_out(tmp_path):
    """Nobody has to think of it in ten years."""
    now = datetime.now(UTC)
    first = Authority.at(tmp_path, now - timedelta(days=3000))
    second = first.renewed(now)
    assert len(parsed(second.bundle)) == 2
    assert second.renewed(now).bundle == second.bundle
    later = second.renewed(now + timedelta(days=700))
    assert (len(parsed(later.bundle)), later.bridge) == (1, "")
    ends = parsed(later.bundle)[0].not_valid_after_utc
    assert parsed(later.certificate("mes", days=9999).certificate)[0].not_valid_after_utc == ends


def request(key, name="anybody"):
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    algorithm = None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    made = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, algorithm)
    return made.public_bytes(serialization.Encoding.PEM).decode()


def test_of_a_request_only_the_key_is_taken(tmp_path):
    """Who it is says whoever gives the right, and not whoever asks."""
    key = ec.generate_private_key(ec.SECP256R1())
    pem = Authority.at(tmp_path).sign(request(key, "admin"), "mes")
    own = parsed(pem.certificate)[0]
    assert own.subject.rfc4514_string().startswith("CN=mes,")
    assert (own.public_key(), pem.key) == (key.public_key(), "")


def test_requests_that_will_not_do_are_refused(tmp_path):
    """With what to do: weak keys, kinds that Kafka's tools do not read, what is no request."""
    authority = Authority.at(tmp_path)
    sound = request(ec.generate_private_key(ec.SECP256R1()))
    keys = ed25519.Ed25519PrivateKey.generate(), rsa.generate_private_key(65537, 1024)  # noqa: S505 - it is to be refused
    for text in ("", "junk", sound[:200], *map(request, keys)):
        with pytest.raises(RequestError) as refused:
            authority.sign(text, "mes")
        assert "openssl req" in refused.value.hint


def test_local_credentials_are_made_once_and_kept_up_to_date(tmp_path):
    """A restart on another port keeps key and certificate; a renewed authority gives new ones."""
    access = LocalAccess(tmp_path / "access")
    path = access.credentials("exercise.mes", "127.0.0.1:1")
    held = read_credentials(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert held.values["CBRN_REALM"] == "cbrn-exercise"
    access.bring_up_to_date("127.0.0.1:2")
    moved = read_credentials(path)
    assert (moved.key, moved.certificates) == (held.key, held.certificates)
    assert moved.values["CBRN_BOOTSTRAP_SERVERS"] == "127.0.0.1:2"
    access.authority.renewed(within=ALWAYS)
    access.bring_up_to_date("127.0.0.1:2")
    renewed = read_credentials(path)
    assert renewed.key != held.key
    assert access.authority.bundle in renewed.certificates
    path.chmod(0o644)
    with pytest.raises(PrivateFileError, match="anyone on this machine may read"):
        access.credentials("exercise.mes", "127.0.0.1:2")


@pytest.mark.parametrize("kept", [0, 60, 200, 600])
def test_a_damaged_file_of_this_machine_is_made_anew(tmp_path, kept):
    """A machine that lost its power or its disk must start: nobody else has such a file to give."""
    access = LocalAccess(tmp_path / "access")
    path = access.credentials("bus.watch", "127.0.0.1:1")
    whole = read_credentials(path)
    write_private(path, path.read_text()[:kept])
    access.bring_up_to_date("127.0.0.1:1")
    assert access.credentials("bus.watch", "127.0.0.1:1") == path
    assert read_credentials(path).values == whole.values
    assert access.principal("bus.watch") == "bus.watch"
