"""One connection with a broker in bytes of our own, made to hear why a client is not let in, which clients keep quiet.

Sockets that wait, for a thread: every step ends after `WITHIN_S`, and no answer of a stranger is believed to be long.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import socket

WITHIN_S: Final = 2.0
"""For each step with each server; the first packet that is lost is sent again after 1 s."""
ANSWER_BYTES_MAX: Final = 1024 * 1024
"""Brokers and one topic; a cluster of ten has 2 kB."""
ITERATIONS_MAX: Final = 1_000_000
"""Of a password's hash: about 1 s. Kafka's default is 4,096."""
MECHANISM: Final = "SCRAM-SHA-512"

NONE, NO_LEADER, TOPIC_DENIED, UNKNOWN_TOPIC = 0, 5, 29, 3
WRONG_MECHANISM, NO_SASL_HERE, NOT_ACCEPTED = 33, 34, 58
_METADATA, _SASL_HANDSHAKE, _API_VERSIONS, _SASL_AUTHENTICATE = 3, 17, 18, 36
_METADATA_WITHOUT_CREATING: Final = 4
"""The first version that can be asked not to create the topic."""


class NotKafkaError(Exception):
    """What was answered is not Kafka's language; it holds the first bytes."""

    def __init__(self, said: bytes) -> None:
        super().__init__("no answer of Kafka's")
        self.said = said


class HungUpError(OSError):
    """The other side ended the connection instead of answering."""


@dataclass(frozen=True)
class Cluster:
    """What a broker says of its cluster and of one topic."""

    throttled_ms: int
    brokers: tuple[tuple[str, int], ...]
    has_controller: bool
    topic: int | None
    """Kafka's code of error for the topic; None where none was asked for."""


class Answer:
    """A reader of an answer's fields, one after the other."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def number(self, form: str) -> int:
        """Read a number of `struct`'s form."""
        (found,) = struct.unpack_from(f">{form}", self._data, self._at)
        self._at += struct.calcsize(f">{form}")
        return int(found)

    def data(self, form: str) -> bytes:
        """Read bytes or text with its length before it; a length below nothing is Kafka's null."""
        length = max(0, self.number(form))
        found = self._data[self._at : self._at + length]
        self._at += length
        return found

    def text(self) -> str:
        """Read a text."""
        return self.data("h").decode("utf-8", "replace")

    def count(self) -> int:
        """Read how many elements follow, none of which is empty."""
        return min(max(0, self.number("i")), len(self._data))


class Line:
    """A connection to whatever listens there, plain or within TLS."""

    def __init__(self, stream: socket.socket) -> None:
        self._stream = stream
        self._asked = 0

    def is_kafka(self) -> bool:
        """Ask Kafka's first question, which a broker answers to anybody.

        Raises:
            NotKafkaError, HungUpError, OSError: it was not answered as a broker does.
        """
        return self._ask(_API_VERSIONS, 0, b"").number("h") >= 0

    def mechanisms(self) -> tuple[int, tuple[str, ...]]:
        """Ask to sign in by password: Kafka's code of error, and what it takes instead."""
        answer = self._ask(_SASL_HANDSHAKE, 1, _text(MECHANISM))
        code = answer.number("h")
        return code, tuple(answer.text() for _ in range(answer.count()))

    def sign_in(self, user: str, password: str) -> int:
        """Prove the password without sending it (RFC 5802, 7677); Kafka's code of error."""
        quoted = user.replace("=", "=3D").replace(",", "=2C")
        first = f"n={quoted},r={secrets.token_hex(16)}"
        code, said = self._authenticate(f"n,,{first}")
        if code != NONE:
            return code
        fields = dict(part.split("=", 1) for part in said.split(",") if "=" in part)
        iterations = int(fields["i"])
        if not 0 < iterations <= ITERATIONS_MAX:
            raise NotKafkaError(said.encode()[:64])
        salted = hashlib.pbkdf2_hmac("sha512", password.encode(), base64.b64decode(fields["s"]), iterations)
        bare = f"c=biws,r={fields['r']}"
        key = _hmac(salted, b"Client Key")
        signature = _hmac(hashlib.sha512(key).digest(), f"{first},{said},{bare}".encode())
        proof = base64.b64encode(bytes(a ^ b for a, b in zip(key, signature, strict=True))).decode()
        return self._authenticate(f"{bare},p={proof}")[0]

    def cluster(self, topic: str | None) -> Cluster:
        """Ask who the brokers are, and whether this user sees the topic; it is not created by that."""
        wanted = struct.pack(">i", 0) if topic is None else struct.pack(">i", 1) + _text(topic)
        answer = self._ask(_METADATA, _METADATA_WITHOUT_CREATING, wanted + b"\0")
        throttled = answer.number("i")
        brokers = []
        for _ in range(answer.count()):
            answer.number("i")
            brokers.append((answer.text(), answer.number("i")))
            answer.text()
        answer.text()
        controller = answer.number("i")
        code = answer.number("h") if answer.count() else None
        if code == NONE:
            code = self._worst_of_partitions(answer)
        return Cluster(throttled, tuple(brokers), controller >= 0, code)

    def _worst_of_partitions(self, answer: Answer) -> int:
        answer.text()
        answer.number("b")
        return max((self._partition(answer) for _ in range(answer.count())), default=NONE)

    def _partition(self, answer: Answer) -> int:
        code, _number, _leader = answer.number("h"), answer.number("i"), answer.number("i")
        for _ in range(2):
            for _ in range(answer.count()):
                answer.number("i")
        return NO_LEADER if code == NO_LEADER else NONE

    def _authenticate(self, text: str) -> tuple[int, str]:
        data = text.encode()
        answer = self._ask(_SASL_AUTHENTICATE, 0, struct.pack(">i", len(data)) + data)
        code, _message = answer.number("h"), answer.text()
        return code, answer.data("i").decode("utf-8", "replace")

    def _ask(self, key: int, version: int, body: bytes) -> Answer:
        self._asked += 1
        request = struct.pack(">hhi", key, version, self._asked) + _text("cbrn-look") + body
        self._stream.sendall(struct.pack(">i", len(request)) + request)
        start = self._exactly(8)
        length, asked = struct.unpack(">ii", start)
        if asked != self._asked or not 4 <= length <= ANSWER_BYTES_MAX:  # noqa: PLR2004 - the number just read
            raise NotKafkaError(start)
        return Answer(self._exactly(length - 4))

    def _exactly(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            part = self._stream.recv(count - len(data))
            if not part:
                if data:
                    raise NotKafkaError(data)
                raise HungUpError("the other side hung up")
            data += part
        return data


def _text(text: str) -> bytes:
    data = text.encode()
    return struct.pack(">h", len(data)) + data


def _hmac(key: bytes, message: bytes) -> bytes:
    return hmac.digest(key, message, "sha512")
