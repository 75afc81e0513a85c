"""Why no broker let us in, where a look at its port tells: the client itself only knows that the connection ended."""

from __future__ import annotations

import socket
import ssl
import struct
from typing import TYPE_CHECKING, Final

from cbrn_routing.bus.reach import host_and_port
from cbrn_schemas.settings import servers

if TYPE_CHECKING:
    from cbrn_schemas.settings import Settings

WITHIN_S: Final = 1.0
"""For each step with each server."""
SERVERS_MAX: Final = 3
API_VERSIONS: Final = struct.pack(">ihhih", 10, 18, 0, 1, -1)
"""Kafka's first question (length, key 18, version 0, correlation 1, no client id), which it answers to anybody."""


def likely_cause(settings: Settings) -> str | None:
    """Return a sentence on why the servers do not let this client in, with the remedy; None where it cannot be told."""
    encrypted = settings.security_protocol != "PLAINTEXT"
    for address in servers(settings.bootstrap_servers)[:SERVERS_MAX]:
        host = host_and_port(address)
        try:
            if not encrypted and _speaks_tls(host):
                return (
                    f"{address} speaks TLS: set CBRN_SECURITY_PROTOCOL to SSL, or to SASL_SSL with CBRN_USERNAME and "
                    "CBRN_PASSWORD (and CBRN_CA_FILE to its authority)"
                )
            if encrypted and not _speaks_tls(host) and _speaks_kafka(host):
                return f"{address} answers without TLS: set CBRN_SECURITY_PROTOCOL to PLAINTEXT, or give its TLS port"
            if encrypted and (refusal := _refused_certificate(settings, host)):
                return (
                    f"the certificate of {address} is not accepted ({refusal}): check CBRN_CA_FILE and the host's name"
                )
        except OSError:  # nothing listens there, or it says nothing: that is what was said already
            continue
    return None


def _speaks_tls(host: tuple[str, int]) -> bool:
    """Tell whether something there answers TLS's greeting, be it with a refusal."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # only its language is asked for; nothing is sent
    with socket.create_connection(host, WITHIN_S) as plain:
        try:
            with context.wrap_socket(plain):
                return True
        except ssl.SSLError as error:
            return "ALERT" in (error.reason or "")
        except (ConnectionError, TimeoutError):
            return False


def _speaks_kafka(host: tuple[str, int]) -> bool:
    """Tell whether a broker there answers without TLS."""
    with socket.create_connection(host, WITHIN_S) as plain:
        plain.sendall(API_VERSIONS)
        return plain.recv(8)[4:] == API_VERSIONS[8:12]


def _refused_certificate(settings: Settings, host: tuple[str, int]) -> str | None:
    context = settings.connection()["ssl_context"]
    with socket.create_connection(host, WITHIN_S) as plain:
        try:
            with context.wrap_socket(plain, server_hostname=host[0]):
                return None
        except ssl.SSLCertVerificationError as error:
            return error.verify_message
