"""A broker that has just started answers before it knows its controller."""

from types import SimpleNamespace

from cbrn_deploy.provisioning import cluster


async def test_a_controller_is_waited_for():
    """The aiokafka client sends to a controller of which it knows nothing, and fails with an AttributeError."""
    known, asked = SimpleNamespace(controller=None), []

    async def force_metadata_update():
        asked.append(True)
        known.controller = "node" if len(asked) == 2 else None

    client = SimpleNamespace(cluster=known, force_metadata_update=force_metadata_update)
    await cluster._await_controller(SimpleNamespace(_client=client))
    assert len(asked) == 2
