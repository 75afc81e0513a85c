"""Who is let in on a broker's own machine, as what."""

from pathlib import Path
from types import SimpleNamespace

from cbrn_consumers.duties import Clerk
from cbrn_deploy.processes.children import DeskProcess, GatewayProcess, KeeperProcess, RouterProcess, WatchProcess
from cbrn_deploy.processes.local_users import admit
from cbrn_deploy.provisioning.access import applying
from cbrn_schemas.settings import Settings
from cbrn_schemas.topics import Lane, Realm


async def test_each_process_is_a_user_of_its_own_with_the_rights_that_its_name_says(tmp_path, monkeypatch):
    """Those of the bus and those of bodies together, in one request; none of them may give rights."""
    asked = []

    async def apply_local_rights(settings, held):
        asked.append((settings, held))
        return held

    monkeypatch.setattr(applying, "apply_local_rights", apply_local_rights)
    log, settings = tmp_path / "log", Settings(bootstrap_servers="127.0.0.1:1", realm=Realm.EXERCISE)
    children = [
        RouterProcess(settings, Lane.INCIDENTS, log),
        WatchProcess(settings, log, instance="watch-0"),
        KeeperProcess(settings, Clerk, log),
        GatewayProcess(settings, "mes", log),
        DeskProcess(settings, "mes", log),
        DeskProcess(settings, "mes", log, all_bodies=True),
    ]
    kafka = SimpleNamespace(
        plaintext=False,
        access=SimpleNamespace(principal=lambda name: name),
        credentials=lambda name, _principal=None: Path(name),
        settings=lambda: "the admin's",
    )
    await admit(kafka, children)
    names = ["router-incidents", "watch", "duties", None, None, "desk"]
    bodies = {3: "exercise.mes.gateway", 4: "exercise.mes.desk"}
    wanted = [bodies.get(number, f"exercise.bus.{name}") for number, name in enumerate(names)]
    assert [str(child.credentials) for child in children] == wanted
    assert [(who, set(map(str, held))) for who, held in asked] == [("the admin's", set(wanted))]


def test_a_child_is_told_a_file_and_none_of_its_parents_secrets(tmp_path, monkeypatch):
    """Environments are read by whoever looks at processes."""
    for name in ("USERNAME", "PASSWORD", "CA_FILE", "BOOTSTRAP_SERVERS"):
        monkeypatch.setenv(f"CBRN_{name}", "the-parents")
    child = RouterProcess(Settings(), Lane.INCIDENTS, tmp_path / "log")
    child.credentials = tmp_path / "bus.router-incidents.cbrn"
    told = child._environment()
    assert told["CBRN_CREDENTIALS"] == str(child.credentials)
    assert "the-parents" not in told.values()
