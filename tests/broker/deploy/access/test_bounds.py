"""What somebody without any right may make a broker do: nothing that takes its memory or its log from others."""

import socket
import ssl
import struct

import pytest
from tests.builders.tls import exactly, text

from cbrn_deploy.kafka.layout import REQUEST_BYTES_MAX, UNPROVED_BYTES_MAX

LIST_REASSIGNMENTS = 46
"""Refused by the controller, which tells of it as an error with its stack."""
BODIES = ("mes",)


@pytest.fixture
def nobody(kafka):
    """Connects with a certificate of the brokers' authority that has no rule, as one that was revoked; or with none."""
    own = kafka.credentials("nobody")
    made = []

    def connect(servers, *, certificate=True):
        context = ssl.create_default_context(cafile=own)
        if certificate:
            context.load_cert_chain(own)
        host, port = servers.rsplit(":", 1)
        made.append(context.wrap_socket(socket.create_connection((host, int(port)), 30), server_hostname=host))
        return made[-1]

    yield connect
    for stream in made:
        stream.close()
    own.unlink()


def ask(stream, key, body):
    request = struct.pack(">hhi", key, 0, 1) + text("nobody") + b"\0" + body
    stream.sendall(struct.pack(">i", len(request)) + request)
    return exactly(stream, *struct.unpack(">i", exactly(stream, 4)))


def hung_up(stream, announced):
    """Whether the broker ends it at the four bytes, before it takes any memory for what they promise."""
    stream.sendall(struct.pack(">i", announced))
    return stream.recv(1) == b""


def test_a_length_is_not_believed_of_whoever_has_proved_nothing(kafka, nobody):
    mutual = kafka.settings().bootstrap_servers
    assert hung_up(nobody(mutual), REQUEST_BYTES_MAX + 1)
    assert hung_up(nobody(kafka.bootstrap_servers, certificate=False), UNPROVED_BYTES_MAX + 1)


def test_refusals_do_not_wash_away_what_a_broker_says_of_itself(kafka, nobody):
    """Four files of 5 MB are kept: 20 lines of Java for each refusal would fill them in minutes."""
    stream, log = nobody(kafka.settings().bootstrap_servers), kafka.folder / "broker-1" / "kafka.log"
    before = log.read_text()
    for _ in range(300):
        ask(stream, LIST_REASSIGNMENTS, struct.pack(">i", 1000) + b"\0\0")
    assert "ClusterAuthorizationException" not in log.read_text()[len(before) :]
    refused = (log.parent / "refused.log").read_text()
    assert "ClusterAuthorizationException" in refused
