"""`cbrn run feeds --files` as a user starts it: what is public lies there for a web server, and nothing else does."""

import pytest
from tests.broker.consumers.test_feeds import LATER, NOW, read, until, write
from tests.builders.feeds import cap, released
from tests.builders.users import as_user

from cbrn_deploy.kafka.ports import free_ports
from cbrn_deploy.processes.children import ChildProcess
from cbrn_schemas.formats.cap import writing
from cbrn_schemas.topics import Realm
from cbrn_schemas.users import User

pytestmark = pytest.mark.broker


async def test_the_public_feed_lies_as_files_with_the_bytes_that_were_signed(realm_of, tmp_path):
    """Whoever has no program of ours reads this: a plain web server hands it out."""
    admin = await realm_of("kz")
    user = User(Realm.EXERCISE, None, "feeds")
    settings = (await as_user(admin, user)).model_copy(update={"data_dir": tmp_path})
    (port,) = free_ports(1)
    www = tmp_path / "www"
    where = ["--files", str(www), "--files-address", "https://www.example.kg/alerts"]
    role = ["feeds", "--listen", f"127.0.0.1:{port}", *where]
    child = ChildProcess(settings, tmp_path / "feeds.log", name="the feeds", role=role, user=user)
    public = writing.write(cap(2, expires=LATER, sent=NOW))
    await child.start()
    try:
        await write(
            admin, "kz", released(writing.write(cap(1, expires=LATER, sent=NOW))), released(public, public=True)
        )
        await until(lambda: "Chlorine 2" in read(www / "public" / "feed.atom"))
        await until(lambda: "Chlorine 1" in read(www / "kz" / "feed.atom"))
    finally:
        await child.stop()
    page = read(www / "public" / "feed.atom")
    assert "Chlorine 1" not in page
    address = page.partition("https://www.example.kg/alerts/public/documents/")[2].partition('"')[0]
    assert (www / "public" / "documents" / address).read_bytes() == public
    assert len([*(www / "public" / "documents").iterdir()]) == 1
