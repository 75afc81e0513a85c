"""Quotas are data: a ministry's by default, a net of sensors by its row of the catalogue, none for the bus itself."""

from __future__ import annotations

import dataclasses

import pytest

from cbrn_deploy.provisioning.access import quotas
from cbrn_deploy.provisioning.access.words import limits
from cbrn_schemas.catalogue.bodies import bodies
from cbrn_schemas.topics import Realm
from cbrn_schemas.users import BODY_PROCESSES, BUS_PROCESSES, User


@pytest.mark.parametrize("process", [None, *BODY_PROCESSES])
@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("moh", "at most writes 256 KiB/s, reads 16 MiB/s, 25 % of a request thread"),
        ("mes-hydromet", "at most writes 2 MiB/s, reads 16 MiB/s, 25 % of a request thread"),
    ],
)
def test_a_body_may_publish_what_its_row_says_and_else_what_every_body_may(
    body: str, said: str, process: str | None
) -> None:
    """In the exercise realm, too: an exercise must not be slower, nor a way around."""
    for realm in Realm:
        assert limits(quotas.quota(User(realm, body, process))) == said


def test_an_installation_gives_a_body_more_by_its_row(monkeypatch: pytest.MonkeyPatch) -> None:
    """How the row is read is the catalogue's affair."""
    more = {"mnrets": dataclasses.replace(bodies()["mnrets"], writes_kib_s=512)}
    monkeypatch.setattr(quotas, "bodies", lambda: more)
    assert quotas.quota(User(Realm.REAL, "mnrets"))["producer_byte_rate"] == 512 * 1024
    assert quotas.quota(User(Realm.REAL, "gone")) == dict(quotas.OF_A_BODY), "a credential may outlive its body's row"


@pytest.mark.parametrize("process", [None, *BUS_PROCESSES])
def test_the_bus_itself_has_no_limits(process: str | None) -> None:
    """An alarm must never wait for one."""
    assert quotas.quota(User(Realm.REAL, None, process)) == {}
