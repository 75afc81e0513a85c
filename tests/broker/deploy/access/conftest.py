"""A realm on the secured broker in which nobody may do anything but who gives rights."""

from datetime import UTC, datetime

import pytest

from cbrn_deploy.provisioning.access.issuing import Order, Person
from cbrn_deploy.provisioning.access.protocol import opened
from cbrn_deploy.provisioning.access.requesting import authorities_in
from cbrn_schemas.topics import Realm
from cbrn_schemas.users import Principal

PERSON = Person("A. Asanova", "a test")


@pytest.fixture(scope="module")
async def whole_realm(request, kafka, fresh_realm):
    """Settings of who gives rights, in a realm with the topics of the module's `BODIES`."""
    settings = kafka.settings(realm=Realm.EXERCISE, shards=1)
    await fresh_realm(settings, request.module.BODIES)
    yield settings
    await forget(settings)


@pytest.fixture
async def realm(whole_realm, tmp_path):
    """The same, where nobody has any rights yet, and no file lies on this machine."""
    await forget(whole_realm)
    return whole_realm.model_copy(update={"data_dir": tmp_path / "data"})


@pytest.fixture
def order(kafka, realm, tmp_path):
    """Makes orders for a user's credential: a password, or a certificate, on a request where there is one."""

    def made(user, name="first.cbrn", request=None, *, certificate=False):
        trusted = authorities_in(realm.ca_file.read_bytes())
        signed = certificate or request is not None
        authority = kafka.access.authority if signed else None
        where = realm.bootstrap_servers if signed else kafka.bootstrap_servers
        return Order(user, tmp_path / name, where, trusted, authority, request)

    return made


@pytest.fixture
def now():
    """The time of the test."""
    return datetime.now(UTC)


async def forget(settings):
    """Take everything away from the realm's principals, and from those that tests make up."""

    def is_tests(name):
        found = Principal.found(name)
        return name.startswith("test-") or (found is not None and found.user.realm is Realm.EXERCISE)

    async with opened(settings) as cluster:
        await cluster.remove_rules({rule for rule in await cluster.rules() if is_tests(rule.principal)})
        await cluster.remove_passwords(set(filter(is_tests, await cluster.passwords())))
        await cluster.set_quotas({name: {} for name in await cluster.quotas() if is_tests(name)})
