"""Why no broker lets this program in: asked of the port itself, since a client only knows that the connection ended.

`why_refused` is for whoever has failed, SDK programs included; it opens connections of its own, bounded in time, and
sends no password but as SCRAM does, within TLS, to a server whose certificate was verified.
"""

from __future__ import annotations

import socket
import ssl
import struct
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from cbrn_routing.bus import refusals
from cbrn_routing.bus.addresses import host_and_port
from cbrn_routing.bus.aside import aside, kept
from cbrn_routing.bus.handshake import (
    MECHANISM,
    NO_SASL_HERE,
    NONE,
    NOT_ACCEPTED,
    WITHIN_S,
    WRONG_MECHANISM,
    Cluster,
    HungUpError,
    Line,
    NotKafkaError,
)
from cbrn_schemas.certificate import from_der, in_pem
from cbrn_schemas.settings import servers
from cbrn_schemas.tls import read_pem

if TYPE_CHECKING:
    from cbrn_routing.bus.errors import NotLetInError
    from cbrn_schemas.certificate import Certificate
    from cbrn_schemas.settings import Settings

SERVERS_MAX: Final = 3
X509_HOST, X509_ADDRESS = 62, 64
X509_UNTRUSTED: Final = frozenset({2, 18, 19, 20, 21})
"""OpenSSL's codes (X509_V_ERR_*): no issuer, self-signed, self-signed in the chain, no local issuer, one alone."""

UNTOLD: Final = (OSError, ValueError, KeyError, struct.error, NotKafkaError)
"""What a server may answer of which no cause follows; TLS's errors are OSErrors."""


async def why_refused(settings: Settings) -> NotLetInError | None:
    """Return why none of the servers lets this program in; None where it would be let in, or it cannot be told.

    Raises:
        CredentialsError: a file of its own is at fault.
    """
    return await aside(diagnose, settings)


def diagnose(settings: Settings) -> NotLetInError | None:
    """Do what `why_refused` says, in this thread."""
    for address in servers(settings.bootstrap_servers)[:SERVERS_MAX]:
        try:
            if found := _Look(settings, address).cause():
                return found
        except UNTOLD:  # it says nothing, or nothing that makes sense
            continue
    return None


def look_at_topic(settings: Settings, topic: str) -> Cluster | None:
    """Return what the first server that lets this program in says of a topic; None where none does."""
    for address in servers(settings.bootstrap_servers)[:SERVERS_MAX]:
        try:
            return _Look(settings, address).signed_in(topic)
        except UNTOLD:
            continue
    return None


def user_of(settings: Settings) -> str:
    """Return how the broker knows this program, for a person's eyes."""
    if settings.security_protocol == "SASL_SSL" and settings.username:
        return f"user {settings.username}"
    if settings.security_protocol == "SSL" and (own := own_certificate(settings)) is not None:
        return f"user {own.subject}"
    return "this program, which gives no name,"


def own_certificate(settings: Settings) -> Certificate | None:
    """Read this program's certificate, the first in its file; None where it has none.

    Raises:
        CredentialsError: the file cannot be read.
    """
    if settings.certificate_file is None:
        return None
    try:
        return next(iter(in_pem(read_pem(settings.certificate_file, "the own certificate"))), None)
    except ValueError:
        return None


class _Look:
    """A look at one server."""

    def __init__(self, settings: Settings, address: str) -> None:
        self._settings, self._address = settings, address
        self._host = host_and_port(address)
        self._now = datetime.now(UTC)
        self._password = settings.security_protocol == "SASL_SSL"

    def cause(self) -> NotLetInError | None:
        """Return why it does not let this program in."""
        if self._settings.security_protocol == "PLAINTEXT":
            if self._speaks_tls():
                return refusals.plain_for_tls(self._address)
            with self._connected() as plain:
                return self._talk(plain)
        try:
            with (
                self._connected() as plain,
                self._context().wrap_socket(plain, server_hostname=self._host[0]) as stream,
            ):
                return self._talk(stream)
        except ssl.SSLCertVerificationError as error:
            return self._server_refused(error)
        except (ssl.SSLError, ConnectionError, HungUpError, TimeoutError) as error:
            return self._ended(error)

    def signed_in(self, topic: str | None) -> Cluster | None:
        """Return what it says of the topic once it has let this program in."""
        with self._connected() as plain:
            if self._settings.security_protocol == "PLAINTEXT":
                return Line(plain).cluster(topic)
            with self._context().wrap_socket(plain, server_hostname=self._host[0]) as stream:
                line = Line(stream)
                if self._password and (line.mechanisms()[0] != NONE or self._sign_in(line) != NONE):
                    return None
                return line.cluster(topic)

    def _connected(self) -> socket.socket:
        return kept(socket.create_connection(self._host, WITHIN_S))

    def _context(self) -> ssl.SSLContext:
        context: ssl.SSLContext = self._settings.connection()["ssl_context"]
        return context

    def _sign_in(self, line: Line) -> int:
        assert self._settings.username is not None
        assert self._settings.password is not None
        return line.sign_in(self._settings.username, self._settings.password.get_secret_value())

    def _talk(self, stream: socket.socket) -> NotLetInError | None:
        """Ask as a client does, until something is refused."""
        line = Line(stream)
        try:
            line.is_kafka()
        except NotKafkaError as error:
            return refusals.foreign(self._address, _who_says(error.said))
        code, taken = line.mechanisms()
        if self._password:
            if (refused := self._by_password(line, code, taken)) is not None:
                return refused
        elif code in {NONE, WRONG_MECHANISM}:
            return refusals.password_wanted(self._address, encrypted=self._settings.security_protocol != "PLAINTEXT")
        return self._of_cluster(line.cluster(None))

    def _by_password(self, line: Line, code: int, taken: tuple[str, ...]) -> NotLetInError | None:
        if code == NO_SASL_HERE:
            return refusals.no_password_here(self._address)
        if code == WRONG_MECHANISM:
            return refusals.mechanism(self._address, MECHANISM, taken)
        if self._sign_in(line) == NOT_ACCEPTED:
            return refusals.password_refused(self._address, user_of(self._settings))
        return None

    def _of_cluster(self, cluster: Cluster) -> NotLetInError | None:
        if cluster.throttled_ms:
            return refusals.throttled(self._address, user_of(self._settings), cluster.throttled_ms)
        if not cluster.has_controller or not cluster.brokers:
            return refusals.no_controller(self._address)
        for broker in cluster.brokers[:SERVERS_MAX]:
            try:
                socket.create_connection(broker, WITHIN_S).close()
            except OSError:
                continue
            return None
        return refusals.elsewhere(self._address, ", ".join(f"{host}:{port}" for host, port in cluster.brokers[:3]))

    def _server_refused(self, error: ssl.SSLCertVerificationError) -> NotLetInError:
        """Say why its certificate is not accepted here."""
        shown = self._shown()
        if error.verify_code in {X509_HOST, X509_ADDRESS}:
            return refusals.server_name(self._address, shown)
        if error.verify_code in X509_UNTRUSTED:
            ca_file = self._settings.ca_file
            return refusals.server_untrusted(self._address, shown, str(ca_file) if ca_file else None)
        if shown is not None and (shown.lapsed_at(self._now) or shown.starts_after(self._now)):
            return refusals.out_of_time(self._address, shown, self._now, own=False)
        return refusals.server_not_accepted(self._address, error.verify_message)

    def _ended(self, error: OSError) -> NotLetInError | None:
        """Say why the connection ended before a question was answered; what the other side says comes as an alert."""
        reason = _reason(error)
        if "PROTOCOL_VERSION" in reason or reason == "UNSUPPORTED_PROTOCOL":
            return refusals.tls_version(self._address)
        if not self._speaks_tls():
            return self._without_tls()
        if "ALERT" not in reason and "ALERT" not in self._heard():
            return None
        own = own_certificate(self._settings)
        if own is None:
            return refusals.certificate_wanted(self._address, password=self._password)
        if own.lapsed_at(self._now) or own.starts_after(self._now):
            return refusals.out_of_time(self._address, own, self._now, own=True)
        return refusals.client_untrusted(self._address, own)

    def _heard(self) -> str:
        """Wait after TLS's handshake, and return what ended it: who speaks meanwhile may miss what is said."""
        try:
            with (
                self._connected() as plain,
                self._context().wrap_socket(plain, server_hostname=self._host[0]) as stream,
            ):
                stream.recv(1)
        except OSError as error:
            return _reason(error)
        return ""

    def _without_tls(self) -> NotLetInError | None:
        with self._connected() as plain:
            try:
                Line(plain).is_kafka()
            except NotKafkaError as error:
                return refusals.foreign(self._address, _who_says(error.said))
            except HungUpError:
                return None
        return refusals.tls_for_plain(self._address, password=self._password)

    def _shown(self) -> Certificate | None:
        """Read the certificate that it shows, without trusting it."""
        try:
            with self._connected() as plain, _trusting_anybody().wrap_socket(plain) as stream:
                der = stream.getpeercert(binary_form=True)
                return None if der is None else from_der(der)
        except (OSError, ValueError):
            return None

    def _speaks_tls(self) -> bool:
        """Tell whether it answers TLS's greeting, be it with a refusal."""
        with self._connected() as plain:
            try:
                with _trusting_anybody().wrap_socket(plain):
                    return True
            except ssl.SSLError as error:
                return "ALERT" in (error.reason or "") or error.reason == "UNSUPPORTED_PROTOCOL"
            except (ConnectionError, TimeoutError):
                return False


def _reason(error: OSError) -> str:
    """Return OpenSSL's name of what went wrong."""
    return (error.reason or "") if isinstance(error, ssl.SSLError) else ""


def _trusting_anybody() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # it is only looked at: nothing of ours is sent
    return context


def _who_says(said: bytes) -> str:
    if said.startswith(b"HTTP"):
        return "a web server"
    if said.startswith(b"SSH-"):
        return "an SSH server"
    if said[:3].isdigit():
        return "a mail or file server"
    return "another service"
