"""The embedded broker's parts that need no JVM: jars, ports, plans, records."""

import contextlib
import fcntl
import hashlib
import json
import os
import re
import socket
import tomllib
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from importlib import resources
from pathlib import Path

import psutil
import pytest
import requests

from cbrn_deploy.authority import Authority, LocalAccess
from cbrn_deploy.kafka import (
    DataFolderMismatchError,
    EmbeddedKafka,
    EmbeddedKafkaError,
    FetchError,
    PortInUseError,
    control,
    jars,
    launch,
)
from cbrn_deploy.kafka.embedded import HEAP_MIB
from cbrn_deploy.kafka.launch import ClusterOptions, cluster_id, last_port, plan_cluster, supervisor_plan
from cbrn_deploy.kafka.layout import HOST
from cbrn_deploy.kafka.ports import free_ports, require_free
from cbrn_deploy.kafka.private_folder import private_folder
from cbrn_deploy.kafka.record import ProcessId, end_leftovers, read_record
from cbrn_deploy.kafka.supervisor import Supervisor

WANTED = ClusterOptions(brokers=1, port=None, heap_mib=384, start_timeout_s=1, stop_timeout_s=1)
KAFKA = jars.Jar("org.apache.kafka", "kafka", "1", hashlib.sha256(b"the jar").hexdigest())
OTHER = jars.Jar("org.example", "other", "2", hashlib.sha256(b"other").hexdigest())


@dataclass
class Repositories:
    """A local Maven repository, and a remote one that serves from memory."""

    local: Path
    remote: dict = field(default_factory=lambda: {KAFKA: b"the jar", OTHER: b"other"})
    downloads: list = field(default_factory=list)
    breaking: list = field(default_factory=list)
    """Whose next download breaks off."""

    def download(self, jar, folder, _counter):
        self.downloads.append(jar)
        if jar in self.breaking:
            self.breaking.remove(jar)
            raise ConnectionError("it broke off")
        if self.remote[jar] is None:
            raise ConnectionError("a long story about pools")
        self.put(jar, self.remote[jar], folder)

    def put(self, jar, content, folder=None):
        path = jar.path(folder or self.local)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    def fetch(self, progress=None):
        return jars.fetch(progress, self.local)


@pytest.fixture
def repositories(tmp_path, monkeypatch):
    made = Repositories(tmp_path / "repository")
    monkeypatch.setattr(jars, "locked_jars", lambda _package: (KAFKA, OTHER))
    monkeypatch.setattr(jars, "_download", made.download)
    return made


def test_missing_jars_are_brought_in_and_progress_is_told(repositories):
    """The first start on a new machine; nobody should look at a silent terminal."""
    told = []
    class_path = repositories.fetch(told.append)
    assert [path.read_bytes() for path in class_path] == [b"the jar", b"other"]
    assert (told[-1].done, told[-1].total) == (2, 2)


def test_second_fetch_touches_no_network(repositories):
    """A machine that is offline goes on working."""
    repositories.fetch()
    repositories.downloads.clear()
    repositories.fetch()
    assert repositories.downloads == []


def test_a_download_that_broke_off_is_tried_again(repositories):
    """On a weak line one of forty does; whoever starts the demo for the first time need not type it again."""
    repositories.breaking.append(KAFKA)
    assert [path.read_bytes() for path in repositories.fetch()] == [b"the jar", b"other"]
    assert repositories.downloads.count(KAFKA) == 2
    assert repositories.downloads.count(OTHER) == 1


def test_of_two_who_fetch_at_once_the_second_waits_and_finds_the_jars(repositories):
    """Three test processes on a new machine asked for 45 MB each, and a registry hung up on some."""
    repositories.local.mkdir()
    with (repositories.local / jars.LOCK).open("ab") as lock, ThreadPoolExecutor(1) as pool:
        fcntl.flock(lock, fcntl.LOCK_EX)
        second = pool.submit(repositories.fetch)
        assert not wait([second], timeout=0.1).done
        for jar, content in repositories.remote.items():
            repositories.put(jar, content)
        fcntl.flock(lock, fcntl.LOCK_UN)
        assert len(second.result()) == 2
    assert repositories.downloads == []


@pytest.mark.parametrize("content", [b"", b"the j", b"another jar"])
def test_damaged_jar_is_replaced(repositories, content):
    """Half a jar from a killed download, or an altered one, must never reach the JVM."""
    repositories.put(OTHER, b"other")
    repositories.put(KAFKA, content)
    repositories.fetch()
    assert repositories.downloads == [KAFKA]
    assert KAFKA.path(repositories.local).read_bytes() == b"the jar"


def test_jar_that_does_not_match_the_lock_file_is_refused_by_name(repositories):
    """Whoever tampers with a mirror gets nothing into the class path."""
    repositories.remote[KAFKA] = b"evil"
    with pytest.raises(FetchError, match=r"org\.apache\.kafka:kafka:1: .*does not match") as refused:
        repositories.fetch()
    assert not KAFKA.path(repositories.local).exists()
    assert "MIRROR" in refused.value.hint


def test_interrupted_fetch_keeps_what_arrived_and_leaves_no_scraps(repositories):
    """The next try must neither start anew nor trip over the last one."""
    repositories.remote[KAFKA] = None
    with pytest.raises(FetchError, match=r"such as org\.apache\.kafka:kafka:1: a long story"):
        repositories.fetch()
    assert OTHER.path(repositories.local).exists()
    assert not list(repositories.local.glob(".cbrn-download-*"))


def test_repository_that_cannot_be_written_is_said_so(repositories):
    """A read-only home is common in containers."""
    repositories.local.write_text("a file where a folder should be")
    with pytest.raises(FetchError) as refused:
        repositories.fetch()
    assert str(repositories.local) in refused.value.hint


def test_lock_file_names_no_registry_and_pins_every_jar():
    """Where jars come from is the machine's business; which ones, the lock file's."""
    package = resources.files("cbrn_deploy.kafka")
    lock = (package / "jgo.lock.toml").read_text(encoding="utf-8")
    assert "://" not in lock
    assert lock.count("[[dependencies]]") == len(re.findall(r'^sha256 = "[0-9a-f]{64}"$', lock, re.MULTILINE)) > 40
    wanted = tomllib.loads((package / "jgo.toml").read_text(encoding="utf-8"))["dependencies"]["coordinates"]
    assert all(coordinate.endswith("!") for coordinate in wanted)


def test_taken_port_is_refused_with_a_remedy():
    """The most common failure of a second start."""
    with socket.socket() as holder:
        holder.bind((HOST, 0))
        holder.listen()
        port = holder.getsockname()[1]
        with pytest.raises(PortInUseError, match=f"port {port} ") as refused:
            require_free(port)
    assert "--port" in refused.value.hint
    assert "--port" in "".join(refused.value.__notes__)


def test_free_ports_are_all_different():
    """Six are needed for three brokers."""
    assert len(set(free_ports(20))) == 20


def test_brokers_listen_on_loopback_only(tmp_path):
    """Nobody else's machine may reach it, least of all one in the clear, where everybody may do everything."""
    for authority in (None, Authority.at(tmp_path / "authority")):
        cluster = plan_cluster(replace(WANTED, brokers=3, port=9092), tmp_path, authority)
        for node in cluster.nodes:
            properties = cluster.properties(node)
            listeners = properties["listeners"].split(",") + properties["advertised.listeners"].split(",")
            assert all("://127.0.0.1:" in listener for listener in listeners)
        assert cluster.bootstrap_servers == "127.0.0.1:9092,127.0.0.1:9093,127.0.0.1:9094"


def test_nothing_is_allowed_without_a_rule_and_nothing_is_said_in_the_clear(tmp_path):
    """Each listener asks who is there; brokers know each other by their own certificates."""
    cluster = plan_cluster(WANTED, tmp_path, Authority.at(tmp_path / "authority"))
    properties = cluster.properties(cluster.nodes[0])
    assert "PLAINTEXT" not in " ".join(properties.values())
    assert properties["allow.everyone.if.no.acl.found"] == "false"
    assert properties["super.users"] == "User:broker-1;User:admin"
    assert properties["ssl.client.auth"] == "required"
    assert properties["ssl.enabled.protocols"] == "TLSv1.3"
    rule, _, _ = properties["ssl.principal.mapping.rules"].removeprefix("RULE:").partition("/$1/")
    name = "CN=bus.watch~2,OU=user,O=CBRN Alert Bus"
    assert re.fullmatch(rule, name).group(1) == "bus.watch~2"
    cluster.write()
    for path in (cluster.nodes[0].certificate, cluster.nodes[0].trusted):
        assert path.stat().st_mode & 0o777 == 0o600
    assert "PRIVATE KEY" not in cluster.nodes[0].properties.read_text()


def test_what_a_stranger_may_make_a_broker_hold_is_bounded(tmp_path):
    """Kafka's own numbers let five connections of whoever was revoked, or some hundred of anybody, fill the memory."""
    cluster = plan_cluster(WANTED, tmp_path, Authority.at(tmp_path / "authority"))
    properties = cluster.properties(cluster.nodes[0])
    heap = HEAP_MIB * 1024 * 1024
    connections = int(properties["listener.name.client.max.connections"])
    assert connections * int(properties["sasl.server.max.receive.size"]) < heap / 10
    assert 8 * int(properties["socket.request.max.bytes"]) <= heap
    for listener in ("mtls", "internal", "controller"):
        assert int(properties[f"listener.name.{listener}.max.connections"]) <= connections
    assert int(properties["producer.id.expiration.ms"]) <= 3_600_000


def test_certificates_are_asked_for_at_the_next_port_unless_somebody_has_it(tmp_path):
    """Credentials that were issued go on to work after a restart."""
    with socket.socket() as holder:
        holder.bind((HOST, 0))
        taken = holder.getsockname()[1]
        authority = Authority.at(tmp_path / "authority")
        beside = plan_cluster(replace(WANTED, port=taken - 1), tmp_path, authority).nodes[0].mutual_port
        assert beside != taken
    assert plan_cluster(replace(WANTED, port=taken - 1), tmp_path, authority).nodes[0].mutual_port == taken


def test_three_brokers_keep_three_copies_and_need_two(tmp_path):
    """So that one may be lost without losing or stopping anything."""
    cluster = plan_cluster(replace(WANTED, brokers=3), tmp_path, None)
    properties = cluster.properties(cluster.nodes[0])
    for name in ("default", "offsets.topic", "transaction.state.log"):
        assert properties[f"{name}.replication.factor"] == "3"
    assert properties["transaction.state.log.min.isr"] == properties["min.insync.replicas"] == "2"


def test_own_settings_win(tmp_path):
    """A test may want a broker that is strange in one respect."""
    cluster = plan_cluster(replace(WANTED, settings={"num.io.threads": "1"}), tmp_path, None)
    assert cluster.properties(cluster.nodes[0])["num.io.threads"] == "1"


def test_cluster_keeps_its_id_and_its_number_of_brokers(tmp_path):
    """Data formatted for one cluster must not be opened as another."""
    first = cluster_id(tmp_path, 1)
    assert re.fullmatch(r"[A-Za-z0-9]{21}[AQgw]", first)
    assert cluster_id(tmp_path, 1) == first
    with pytest.raises(DataFolderMismatchError) as refused:
        cluster_id(tmp_path, 3)
    assert "--brokers 1" in refused.value.hint


def test_folders_with_alerts_are_closed_to_others(tmp_path):
    """Alerts marked TLP:RED lay open to every account of the machine, and those of an earlier release still do."""
    old, new = tmp_path / "old", tmp_path / "new" / "kafka"
    (old / "broker-1").mkdir(parents=True)
    (old / "broker-1").chmod(0o755)
    umask = os.umask(0)
    try:
        for folder in (old, new):
            cluster_id(folder, 1)
            plan_cluster(WANTED, folder, None).write()
            private_folder(folder / "logs")
        (tmp_path / "theirs").mkdir(mode=0o755)
        private_folder(tmp_path / "theirs", ours=False)
    finally:
        os.umask(umask)
    for path in (new, *old.iterdir(), *new.iterdir()):
        assert not path.is_dir() or path.stat().st_mode & 0o077 == 0, path
    assert (tmp_path / "theirs").stat().st_mode & 0o777 == 0o755, "somebody's home may be given as the data folder"


def test_stale_cache_is_not_given_to_the_jvm(tmp_path, monkeypatch):
    """It belongs to one JRE and one class path; only the file of that name is used."""
    monkeypatch.setattr(launch, "cache_path", lambda _: tmp_path / "kafka-new.aot")
    (tmp_path / "kafka-old.aot").touch()
    cluster = plan_cluster(WANTED, tmp_path, None)
    plan = supervisor_plan(WANTED, cluster, tmp_path, [], access=None, temporary=True, detached=False)
    assert "AOTCache" not in json.dumps(plan)


@pytest.mark.parametrize("secured", [True, False])
def test_port_of_the_last_run_is_found_again(tmp_path, secured):
    """Of all listeners the first is meant: what stands behind it is other programs' way, and changes with it."""
    assert last_port(tmp_path) is None
    authority = LocalAccess(tmp_path / "access").authority.renewed() if secured else None
    plan_cluster(replace(WANTED, port=19_092), tmp_path, authority).write()
    assert last_port(tmp_path) == 19_092


def test_broker_answers_when_the_last_of_its_ports_does(tmp_path):
    """It opens one after the other: a program that came to the second too early was refused."""
    cluster = plan_cluster(WANTED, tmp_path, None)
    plan = supervisor_plan(WANTED, cluster, tmp_path, [], access=None, temporary=True, detached=False)
    supervisor = Supervisor(plan)
    ports = plan["nodes"][0]["ports"]
    assert ports == list(cluster.nodes[0].ports)
    with contextlib.ExitStack() as opened:
        for port in ports:
            assert not supervisor.answers(1), "one of them is still shut"
            opened.enter_context(socket.create_server(("127.0.0.1", port)))
        assert supervisor.answers(1)
    assert len(ports) > 1


def test_broker_that_outlives_the_program_needs_a_folder():
    """Nobody would find a temporary one again."""
    with pytest.raises(EmbeddedKafkaError, match="temporary"):
        EmbeddedKafka(plaintext=True).start_detached()


def test_process_id_with_another_start_time_is_another_process():
    """Process ids are reused; a stop must never hit a stranger."""
    me = psutil.Process()
    assert ProcessId(me.pid, me.create_time()).process() == me
    assert ProcessId(me.pid, me.create_time() - 60).process() is None


def write_record(folder, started):
    me = psutil.Process()
    process = {"pid": me.pid, "started": started}
    record = {"bootstrap_servers": "127.0.0.1:1", "kafka": "4.3.0", "owner": me.pid, "supervisor": process}
    (folder / "run.json").write_text(json.dumps(record | {"brokers": [{"node": 1, "port": 1, **process}]}))


def test_record_of_a_crashed_run_is_told_apart_and_removed(tmp_path):
    """A stale file must not keep a broker from starting, nor stop a stranger with the same process id."""
    write_record(tmp_path, started=1.0)
    assert control.status(tmp_path).crashed
    assert control.stop(tmp_path) is False
    assert read_record(tmp_path) is None


def test_broker_of_a_running_program_is_not_stopped_from_outside(tmp_path):
    """It would pull the broker from under `cbrn up`."""
    write_record(tmp_path, started=psutil.Process().create_time())
    with pytest.raises(EmbeddedKafkaError, match="belongs to"):
        control.stop(tmp_path)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"supervisor": 1}'])
def test_unreadable_record_counts_as_none(tmp_path, content):
    """A disk that was full must not need a person to clean up."""
    (tmp_path / "run.json").write_text(content)
    assert read_record(tmp_path) is None
    end_leftovers(tmp_path)


def test_unreachable_registry_is_one_sentence(repositories, monkeypatch):
    """The HTTP library's half page for each of 46 jars would bury the remedy."""

    def fail(_jar, _folder, _counter):
        raise requests.exceptions.ProxyError("HTTPSConnectionPool(host='example.org', port=443): Max retries " * 9)

    monkeypatch.setattr(jars, "_download", fail)
    with pytest.raises(FetchError) as refused:
        repositories.fetch()
    assert str(refused.value).endswith("such as org.apache.kafka:kafka:1: ProxyError")
    assert refused.value.log == "ProxyError: org.apache.kafka:kafka:1, org.example:other:2"
