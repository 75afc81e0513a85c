"""What Kafka takes and no program of ours would write: odd keys, headers and values made of good ones."""

import json

TIMES = ("9999-12-31T23:59:59.999Z", "0001-01-01T00:00:00+14:00", "2026-11-01", "")


class Hostile(str):
    """A header name that goes out as bytes that no UTF-8 reader takes."""

    __slots__ = ()

    def encode(self, *_):
        return b"\xff\xfe"


HEADERS = (
    "cbrn_acknowledge_by", "cbrn_decision", "cbrn_hint", "cbrn_key", "cbrn_level", "cbrn_message", "cbrn_offset",
    "cbrn_partition", "cbrn_place", "cbrn_reason", "cbrn_restricted", "cbrn_role", "cbrn_rule", "cbrn_rulebook",
    "cbrn_state", "cbrn_time", "cbrn_topic", "cbrn_warnings", "cbrn_where", "ce_id", "ce_source", "ce_specversion",
    "ce_time", "ce_type", "content-type", "traceparent",
)  # fmt: skip
"""What readers of some topic or other look for."""


STRANGE = (b"\xff\xfe", b"", b"%%%", b"boss", b"a/b/c", b"9999-12-31T23:59:59+00:00", b"1" * 5000)


def odd_records(key, value, headers):
    """Key, value and headers of records that are odd in some way, made of a good one of their topic."""
    yield from _odd_outside(key, value, headers)
    yield from _odd_headers(key, value, headers)
    yield from ((key, odd, headers) for odd in odd_values(value if value.endswith(b"}") else b"{}"))


def _odd_outside(key, value, headers):
    yield None, None, []
    yield None, value, headers
    yield b"", b"", []
    yield key, None, headers
    yield b"\xff\xfe/0/1", value, headers
    yield b"\xff", b"\xff\xfe", [("odd", b"\xff")]
    yield key, value, [*headers, (Hostile("hostile"), b"1")]
    yield key, value, [*headers, ("", b""), ("note", None)]
    yield key, value, [*headers, *headers]


def _odd_headers(key, value, headers):
    yield key, value, []
    yield key, value, [(name, None) for name in HEADERS]
    others = dict(headers)
    for name in HEADERS:
        for content in (None, *STRANGE):
            yield key, value, [*({**others, name: content}).items()]
        yield key, value, [header for header in headers if header[0] != name]


def odd_values(value):
    """Values of every wrong type, at every depth that a reader looks at."""
    yield from (b"", b"{", b"null", b"[]", b"{}", b"5", b'"x"', b"1" * 5000, b"[" * 5_000, b'{"a":' * 5_000)
    good = json.loads(value)
    for name, content in good.items():
        for odd in (None, [], {}, 5, 1e300, "x", True, *TIMES, -1, 2**70, [1], [[]], [{}], {"a": []}, "\x1b[2J"):
            yield json.dumps({**good, name: odd}).encode()
        yield json.dumps({other: held for other, held in good.items() if other != name}).encode()
        if isinstance(content, dict):
            for inner in content:
                for odd in (None, [], {}, 5, "x", True, *TIMES, [1], [[]]):
                    yield json.dumps({**good, name: {**content, inner: odd}}).encode()
    yield value[:-1] + b',"more":' + b"9" * 5000 + b"}"
