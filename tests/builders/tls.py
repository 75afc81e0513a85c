"""Authorities and certificates that last as long as a test, and servers that show them."""

from __future__ import annotations

import socket
import ssl
import struct
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

PEM = serialization.Encoding.PEM
CONTROLLER = {"no": -1, "yes": 1}


def name_of(text):
    """A name as the bus writes it, the common name last."""
    return x509.Name(
        [
            x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, "CBRN Alert Bus"),
            x509.NameAttribute(x509.NameOID.COMMON_NAME, text),
        ]
    )


@dataclass
class Made:
    """A key and its certificate in one file."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate
    file: object


class TestAuthority:
    """An authority whose files lie in a folder."""

    __test__ = False

    def __init__(self, folder, name="authority"):
        self._folder = folder
        self._own = self._issue(name, None, days=(-1000, 1000))
        self.file = folder / f"{name}-only.pem"
        self.file.write_bytes(self._own.certificate.public_bytes(PEM))

    def issue(self, name, *, days=(-1, 1), host="127.0.0.1"):
        """A certificate that is valid between so many days before or after today."""
        return self._issue(name, self._own, days=days, host=host)

    def _issue(self, name, by, *, days, host=None):
        key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(name_of(name))
            .issuer_name(name_of(name) if by is None else by.certificate.subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + timedelta(days=days[0]))
            .not_valid_after(now + timedelta(days=days[1]))
            .add_extension(x509.BasicConstraints(ca=by is None, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key((key if by is None else by.key).public_key()),
                critical=False,
            )
        )
        if host is not None:
            with suppress(ValueError):
                host = ip_address(host)
            general = x509.DNSName(host) if isinstance(host, str) else x509.IPAddress(host)
            builder = builder.add_extension(x509.SubjectAlternativeName([general]), critical=False)
        if by is None:
            usage = x509.KeyUsage(
                digital_signature=True,
                content_commitment=False,
                key_encipherment=False,
                data_encipherment=False,
                key_agreement=False,
                key_cert_sign=True,
                crl_sign=True,
                encipher_only=False,
                decipher_only=False,
            )
            builder = builder.add_extension(usage, critical=True)
        certificate = builder.sign(key if by is None else by.key, hashes.SHA256())
        file = self._folder / f"{name}-{certificate.serial_number}.pem"
        file.write_bytes(key_pem(key) + certificate.public_bytes(PEM))
        return Made(key, certificate, file)


def key_pem(key, passphrase=None):
    """A private key as a file holds it."""
    locked = serialization.NoEncryption() if passphrase is None else serialization.BestAvailableEncryption(passphrase)
    return key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, locked)


def server_context(shown, *, trusted=None):
    """What a broker speaks: TLS 1.3; `trusted` is the authority of the certificates that it wants to see."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_cert_chain(shown.file)
    if trusted is not None:
        context.load_verify_locations(trusted)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


@contextmanager
def listening(answer, context=None):
    """A server for as long as the block lasts; `answer` is given each connection's stream. Yields its address."""

    def serve(plain):
        with suppress(OSError), plain:
            plain.settimeout(5)
            if context is None:
                answer(plain)
                return
            with context.wrap_socket(plain, server_side=True) as stream:
                answer(stream)

    def accept():
        with suppress(OSError):  # until the test is over
            while True:
                threads.append(threading.Thread(target=serve, args=[server.accept()[0]]))
                threads[-1].start()

    threads = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        accepting = threading.Thread(target=accept)
        accepting.start()
        yield "{}:{}".format(*server.getsockname())
        server.shutdown(socket.SHUT_RDWR)
        accepting.join()
    for thread in threads:
        thread.join()


def broker(*, sasl=34, mechanisms=(), accepts=True, controller="yes", brokers=None, throttled_ms=0, topic=None):
    """Answers as a broker does, as far as a look at it goes. The numbers are Kafka's codes of error."""

    def answer(stream):
        while True:
            (length,) = struct.unpack(">i", exactly(stream, 4))
            if length > 1024:  # TLS's greeting, taken for a length: Kafka hangs up, too
                return
            request = exactly(stream, length)
            key, _version, asked, client = struct.unpack(">hhih", request[:10])
            told = _told(key, request[10 + client :], stream)
            stream.sendall(struct.pack(">ii", len(told) + 4, asked) + told)

    def _told(key, body, stream):
        if key == 18:
            return struct.pack(">hi", 0, 0)
        if key == 17:
            return struct.pack(">hi", sasl, len(mechanisms)) + b"".join(map(text, mechanisms))
        if key == 36:
            return _signed_in(body[4:].decode())
        here = brokers or [stream.getsockname()]
        listed = b"".join(struct.pack(">i", 1) + text(host) + struct.pack(">ih", port, -1) for host, port in here)
        start = struct.pack(">ii", throttled_ms, len(here)) + listed + text("id")
        topics = b"\0\0\0\0" if topic is None else struct.pack(">ih", 1, topic) + text("t") + b"\0" + b"\0\0\0\0"
        return start + struct.pack(">i", CONTROLLER[controller]) + topics

    def _signed_in(said):
        if "r=" in said and said.startswith("n,,"):
            first = f"r={said.partition('r=')[2]}server,s=c2FsdA==,i=4096".encode()
            return struct.pack(">hhi", 0, -1, len(first)) + first
        return struct.pack(">hhi", 0, -1, 0) if accepts else struct.pack(">h", 58) + text("no") + struct.pack(">i", 0)

    return answer


def says(words):
    """Answers whatever is asked with these bytes, and hangs up."""

    def answer(stream):
        stream.recv(64)
        stream.sendall(words)

    return answer


def text(words):
    """Kafka's text: a length of two bytes, then the bytes."""
    return struct.pack(">h", len(words)) + words.encode()


def exactly(stream, count):
    """So many bytes."""
    data = b""
    while len(data) < count:
        part = stream.recv(count - len(data))
        if not part:
            raise OSError("over")
        data += part
    return data
