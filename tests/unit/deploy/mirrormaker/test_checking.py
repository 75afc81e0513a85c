"""Each trap of MirrorMaker's configuration is found, with its line and a remedy."""

from __future__ import annotations

from datetime import date

import pytest

from cbrn_deploy.mirrormaker import Mirror, Side, check
from cbrn_schemas.topics import Realm

ON = date(2026, 11, 1)
TLS = Side("127.0.0.1:9093", {"security.protocol": "SSL"})


def changed(name: str, value: str | None) -> dict[str, str]:
    """A good configuration with one line that is other, or missing."""
    said = Mirror(Realm.REAL, "kz", TLS, TLS).properties()
    said.pop(name, None)
    return said if value is None else said | {name: value}


def found(name: str, value: str | None) -> list[tuple[str, str]]:
    faults = check(changed(name, value), ON)
    assert all(fault.hint.endswith(".") and fault.message for fault in faults)
    return [(fault.severity, fault.line) for fault in faults]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("clusters", "bus,moh"),
        ("clusters", "bus,kz,uz"),
        ("bus.security.protocol", "PLAINTEXT"),
        ("kz.security.protocol", None),
        ("kz.bootstrap.servers", None),
        ("kz.ssl.endpoint.identification.algorithm", ""),
        ("kz.exactly.once.source.support", None),
        ("bus.exactly.once.source.support", "preparing"),
        ("bus.consumer.isolation.level", None),
        ("kz.producer.transaction.timeout.ms", None),
        ("kz.transaction.timeout.ms", "60000"),
        ("kz.producer.max.request.size", None),
        ("bus->kz.topics", r"cbrn\.to\..*"),
        ("bus->kz.topics", "cbrn.to..*.alerts"),
        ("bus->kz.topics", None),
        ("bus->kz.topics", r"cbrn\.to\.kz\.alerts,cbrn-exercise\.to\.kz\.alerts"),
        ("bus->kz.topics", "cbrn[.to"),
        ("kz->bus.topics", ".*"),
        ("kz->bus.topics", r"cbrn\.to\.kz\.alerts"),
        ("replication.policy.class", None),
        ("sync.topic.acls.enabled", None),
        ("sync.topic.configs.enabled", "true"),
        ("sync.group.offsets.enabled", "true"),
        ("emit.heartbeats.enabled", None),
        ("kz.sasl.jaas.config", 'x required username="a" password="b";'),
        ("kz.ssl.keystore.key", "-----BEGIN"),
    ],
)
def test_what_loses_doubles_leaks_or_stands_still_is_an_error(name: str, value: str | None) -> None:
    assert "error" in dict(found(name, value))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("session.timeout.ms", "6000"),
        ("exactly.once.source.support", "enabled"),
        ("kz.producer.override.transaction.timeout.ms", "5000"),
        ("dedicated.mode.enable.internal.rest", "true"),
    ],
)
def test_what_has_no_effect_or_opens_a_port_is_a_warning(name: str, value: str) -> None:
    assert found(name, value) == [("warning", name)]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("kz.sasl.jaas.config", 'x required username="a" password="${file:/a:CBRN_PASSWORD}";'),
        ("kz.ssl.key.password", "${file:/a:b}"),
        ("bus->kz.producer.override.transaction.timeout.ms", "5000"),
        ("kz.ssl.endpoint.identification.algorithm", "https"),
    ],
)
def test_what_is_well_is_left_alone(name: str, value: str) -> None:
    assert found(name, value) == []


def test_a_file_that_says_nothing_copies_nothing() -> None:
    assert {"clusters"} <= {fault.line for fault in check({}, ON)}
