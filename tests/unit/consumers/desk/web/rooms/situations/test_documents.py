"""A situation as a CAP document, and what came from abroad: marked as such, its original byte for byte, never run."""

import hashlib
from urllib.parse import quote

import pytest
from tests.builders.desk import desk_house, moment
from tests.builders.golden import event, example

from cbrn_consumers.desk.web.bus import is_original
from cbrn_consumers.desk.web.rooms.situations.foreign import SHOWN_MAX, as_text
from cbrn_consumers.situation.document import document_of
from cbrn_routing.bus.errors import NotAuthorizedError

SENT = '<?xml version="1.0" encoding="windows-1251"?><alert><script>alert(1)</script>Авария</alert>'.encode("cp1251")


@pytest.fixture
async def house(tmp_path):
    async with desk_house(tmp_path, "moh") as made:
        yield made


async def tell(house, state="valid", situation="KZ-1", **more):
    """What Kazakhstan warns of; its event and the document of which it was made."""
    original = dict(example("foreign-alert")["original"])
    original |= {"digest": hashlib.sha256(SENT).hexdigest(), "bytes": len(SENT)}
    original["signature"] = original["signature"] | {"state": state}
    known = {"kind": "foreign-alert", "publisher": "kz", "original": original, "situation": situation}
    kept = await house.told.tell("moh", **(known | more))
    house.bus.originals[original["id"]] = SENT
    return dict(kept.headers)["ce_id"].decode()


@pytest.mark.parametrize(("state", "said"), [("valid", "✓ signature valid"), ("absent", "not signed")])
async def test_foreign_information_is_marked_in_list_and_situation(house, state, said):
    """Whose it is, and what its signature was worth; what a ministry says has no such mark."""
    await tell(house, state)
    client = house.client()
    for path in ("/", "/situations/KZ-1"):
        page = (await client.get(path)).text
        assert "⇄ from abroad: Kazakhstan" in page, path
        assert said in page.replace("</span> ", ""), path
    assert "Foreign information: nobody here has seen it" in page
    assert "CN=alerts.emer.example" in page
    await house.told.tell("moh", situation="KG-1")
    assert "from abroad" not in (await client.get("/situations/KG-1")).text


async def test_the_original_is_shown_as_text_and_handed_out_byte_for_byte(house):
    """In its own encoding, and without a browser making anything of it."""
    told = await tell(house)
    client = house.client()
    assert f"/original?name=KZ-1&amp;event={told}" in (await client.get("/situations/KZ-1")).text
    page = await client.get(f"/original?name=KZ-1&event={told}")
    assert "&lt;script&gt;alert(1)&lt;/script&gt;Авария" in page.text
    assert "<script>alert" not in page.text
    assert hashlib.sha256(SENT).hexdigest() in page.text
    file = await client.get(f"/original/file?name=KZ-1&event={told}")
    assert (file.content, file.headers["content-type"]) == (SENT, "application/octet-stream")
    assert file.headers["content-disposition"].startswith("attachment")
    assert "default-src 'none'" in file.headers["content-security-policy"]


async def test_an_original_that_is_gone_or_not_to_be_read_is_said(house):
    told = await tell(house)
    (name,) = house.bus.originals
    client = house.client()
    del house.bus.originals[name]
    page = await client.get(f"/original?name=KZ-1&event={told}")
    assert (page.status_code, "no longer on the bus" in page.text) == (200, True)
    assert (await client.get(f"/original/file?name=KZ-1&event={told}")).status_code == 404
    house.bus.originals[name] = NotAuthorizedError("moh.desk may not read it", "Ask for the right.")
    page = await client.get(f"/original?name=KZ-1&event={told}")
    assert (page.status_code, "cannot be read now" in page.text) == (503, True)
    assert (await client.get(f"/original/file?name=KZ-1&event={told}")).status_code == 503


async def test_a_situation_is_handed_out_as_the_very_cap_document_of_the_command_line(house):
    """`cbrn cap show` asks the same function: an update names what was before it."""
    await house.told.tell("moh", situation="KG-1", at=moment(-5))
    first = house.told.records.events["KG-1"]
    await house.told.tell("moh", situation="KG-1", message_type="Update", references=(first,))
    client = house.client()
    assert 'href="/situations/KG-1/cap.xml"' in (await client.get("/situations/KG-1")).text
    answer = await client.get("/situations/KG-1/cap.xml")
    read = await house.store.read("moh", "KG-1")
    assert answer.content == document_of(read.latest, read)
    assert f",{first},".encode() in answer.content
    assert answer.headers["content-type"] == "application/cap+xml"
    earlier = await client.get(f"/situations/KG-1/cap.xml?event={first}")
    assert b"<msgType>Alert</msgType>" in earlier.content
    assert (await client.get("/situations/KG-1/cap.xml?event=other")).status_code == 404


async def test_a_name_that_no_path_can_hold_has_its_documents_too(house):
    name = "KG/2026/1"
    told = await tell(house, situation=name)
    client = house.client()
    page = (await client.get(f"/situations?name={quote(name, safe='')}")).text
    assert 'href="/cap.xml?name=KG%2F2026%2F1"' in page
    assert (await client.get(f"/cap.xml?name={quote(name, safe='')}")).status_code == 200
    assert (await client.get(f"/original/file?name={quote(name, safe='')}&event={told}")).content == SENT


async def test_a_situation_that_is_not_shown_has_no_documents(house):
    """Neither by address."""
    await house.told.tell("mes", situation="KG-2")
    client = house.client()
    for path in ("/situations/KG-2/cap.xml", "/cap.xml?name=KG-2", "/cap.xml", "/original?name=KG-2&event=e-1"):
        assert (await client.get(path)).status_code == 404, path


async def test_a_cancellation_of_what_nobody_here_was_told_is_no_document(house):
    await house.told.tell("moh", situation="KG-1", message_type="Cancel", references=("x",))
    assert (await house.client().get("/situations/KG-1/cap.xml")).status_code == 404


def test_an_original_is_known_by_its_bytes():
    """Whatever it is called: a partner that writes its own topic calls it as it likes."""
    original = event("foreign-alert").original.model_copy(update={"digest": hashlib.sha256(SENT).hexdigest()})

    class Record:
        headers = ()
        value = SENT

    assert is_original(Record, original)
    Record.value = SENT + b" "
    assert not is_original(Record, original)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("Авария".encode(), "Авария"),
        ("\ufeffАвария".encode(), "Авария"),
        ("Авария".encode("utf-16"), "Авария"),
        (b'<?xml version="1.0" encoding="no-such"?>a', '<?xml version="1.0" encoding="no-such"?>a'),
        (b'<?xml version="1.0" encoding="zip"?>a', '<?xml version="1.0" encoding="zip"?>a'),
        (b'<?xml version="1.0" encoding="idna"?>\xff', '<?xml version="1.0" encoding="idna"?>\ufffd'),
        (b"\xff\x00", "\ufffd\ufffd"),
    ],
)
def test_a_document_is_read_as_text_in_whatever_encoding_it_says(content, text):
    """And no encoding that it names can break the page."""
    assert as_text(content) == (text, True)


def test_of_a_huge_document_the_beginning_is_shown():
    text, whole = as_text(b"a" * (SHOWN_MAX + 1))
    assert (len(text), whole) == (SHOWN_MAX, False)
