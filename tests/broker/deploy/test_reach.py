"""What a command says when the broker is there, but speaks another language than the settings say."""

import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from tests.builders.golden import EXAMPLES

from cbrn_deploy.kafka import EmbeddedKafka

COMMANDS = (["topics", "plan"], ["tail", "mes"], ["publish", "event.json", "--as", "mes-tailings"])


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """Key and certificate of a broker on this machine in one file, signed by nobody else."""
    key = ec.generate_private_key(ec.SECP256R1())
    name, now = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")]), datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    file = tmp_path_factory.mktemp("tls") / "broker.pem"
    file.write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()) + made.public_bytes(pem)
    )
    return file


@pytest.fixture(scope="module")
def encrypted(certificate, ram_folder):
    """A broker that speaks TLS."""
    settings = {
        "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:SSL",
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": str(certificate),
        "ssl.truststore.type": "PEM",
        "ssl.truststore.location": str(certificate),
    }
    with EmbeddedKafka(settings=settings, temporary_in=ram_folder, plaintext=True) as broker:
        yield broker


def told(folder, command, broker, protocol, **environment):
    """The last line that a command says."""
    shutil.copy(EXAMPLES / "tailings-failure.json", folder / "event.json")
    settings = {"CBRN_BOOTSTRAP_SERVERS": broker.bootstrap_servers, "CBRN_SECURITY_PROTOCOL": protocol}
    answer = subprocess.run(
        [sys.executable, "-m", "cbrn_deploy", *command],
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
        cwd=folder,
        env=os.environ | settings | environment,
    )
    assert answer.returncode == 1
    return answer.stderr.splitlines()[-1]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_settings_with_tls_for_a_broker_without(kafka, certificate, tmp_path, command):
    """«No broker answers» sends a person to the network, who should look at one line of the settings."""
    said = told(tmp_path, command, kafka, "SSL", CBRN_CA_FILE=str(certificate))
    assert f"{kafka.bootstrap_servers} answers without TLS: set CBRN_SECURITY_PROTOCOL to PLAINTEXT" in said


@pytest.mark.parametrize("command", COMMANDS[:2], ids=" ".join)
def test_settings_without_tls_for_a_broker_with(encrypted, tmp_path, command):
    """The other way round."""
    said = told(tmp_path, command, encrypted, "PLAINTEXT")
    assert f"{encrypted.bootstrap_servers} speaks TLS: set CBRN_SECURITY_PROTOCOL to SSL" in said


def test_certificate_that_is_not_accepted(encrypted, tmp_path):
    """The language is right, the authority is not."""
    said = told(tmp_path, ["topics", "plan"], encrypted, "SSL")
    assert "is not accepted (self-signed certificate): check CBRN_CA_FILE" in said
