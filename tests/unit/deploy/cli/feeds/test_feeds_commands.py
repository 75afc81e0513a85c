"""`cbrn feeds ...` and `cbrn run feeds` as whoever keeps them types it. No Kafka."""

import json

import pytest
from tests.builders.feeds import NOW, WHOSE, cap, put, released

from cbrn_consumers.feeds.deliveries import Deliveries
from cbrn_consumers.feeds.endpoints import Endpoint
from cbrn_consumers.feeds.readers import Readers
from cbrn_consumers.feeds.store import Store


@pytest.fixture
def reader(cbrn):
    return lambda *arguments: cbrn("feeds", "reader", *arguments)


def test_a_reader_is_added_listed_and_removed(reader, tmp_path):
    said = reader("add", "kz-duty", "--feed", "kz", "--network", "192.0.2.0/24", "--reason", "letter 12")
    assert said.exit_code == 0, said.output
    token = said.output.strip().rpartition(": ")[2]
    (path,) = tmp_path.rglob("feed-readers.json")
    assert Readers(path).of(token).name == "kz-duty"
    listed = reader("list")
    assert "kz-duty: kz from 192.0.2.0/24" in listed.output
    assert token not in listed.output
    assert reader("remove", "kz-duty").exit_code == 0
    assert "no reader" in reader("list").output


def test_a_reader_in_json_has_its_token_once(reader):
    said = json.loads(reader("add", "kz-duty", "--feed", "Казахстан", "--reason", "letter 12", "--json").output)
    assert said["feeds"] == ["kz"]
    assert said["token"].startswith("cbrn_feed_")
    (listed,) = json.loads(reader("list", "--json").output)
    assert "token" not in listed


@pytest.mark.parametrize(
    "arguments",
    [
        ("add", "kz-duty", "--feed", "nowhere", "--reason", "x"),
        ("add", "kz-duty", "--feed", "kz", "--reason", " "),
        ("add", "KZ duty", "--feed", "kz", "--reason", "x"),
        ("add", "kz-duty", "--feed", "kz", "--network", "x", "--reason", "x"),
        ("remove", "nobody"),
    ],
)
def test_what_cannot_be_is_told_at_once(reader, arguments):
    said = reader(*arguments)
    assert said.exit_code == 2
    assert said.stderr.count("\n") >= 2, "a sentence and a remedy"


@pytest.fixture
def store(tmp_path):
    made = Store(tmp_path / ".cbrn" / "feeds-cbrn.sqlite3", WHOSE)
    yield made
    made.close()


def test_the_status_says_what_is_in_force_and_which_endpoint_is_dead(cbrn, store):
    put(store, released(cap(1), 0), released(cap(2), 1, partner="uz"))
    store.note_complete(NOW)
    given = {"feed": "kz", "address": "https://x.example/", "secrets": ["s" * 30], "networks": ["10.0.0.0/8"]}
    deliveries = Deliveries(store)
    deliveries.register([Endpoint.model_validate({"name": name} | given) for name in ("kz-ops", "kz-other")])
    assert cbrn("feeds", "status").exit_code == 0
    for _ in range(4):
        deliveries.attempt("kz-ops", "no connection: ConnectError", NOW)
    said = cbrn("feeds", "status")
    assert said.exit_code == 1
    assert "kz: 1 in force, 1 kept" in said.output
    assert "kz-ops (kz): 0 sent, 1 waiting; FAILS since" in said.output
    assert "4 attempts" in said.output
    found = json.loads(cbrn("feeds", "status", "--json").output)
    assert [(one["endpoint"], one["failures"]) for one in found["endpoints"]] == [("kz-ops", 4), ("kz-other", 0)]


def test_where_no_feeds_were_served_it_says_so(cbrn):
    said = cbrn("feeds", "status")
    assert said.exit_code == 1
    assert "cbrn run feeds" in said.stderr


@pytest.mark.parametrize(
    "options",
    [
        ("--restricted",),
        ("--behind-tls", "http://x.example"),
        ("--proxy", "x"),
        ("--webhooks", "nowhere.yaml"),
        ("--listen", "0.0.0.0:8470"),
        ("--body", "nowhere"),
    ],
)
def test_a_process_that_cannot_be_run_as_it_is_asked_for_says_why(cbrn, options):
    said = cbrn("run", "feeds", *options)
    assert said.exit_code == 2, said.output
    assert said.stderr.count("\n") >= 2
