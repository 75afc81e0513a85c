"""The way in takes other terms while it works, and none that are wrong."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from structlog.testing import capture_logs
from tests.builders.partner_documents import identity
from tests.builders.partners import write_agreement

from cbrn_deploy.processes.inbound import TermsFollower, read_given
from cbrn_schemas.settings import Settings

NOW = datetime(2026, 5, 1, 6, tzinfo=UTC)
FILE = "partners:\n  kz: {{profile: {}, trusted: kz.pem}}\n"


@pytest.fixture
def file(tmp_path):
    (tmp_path / "kz.pem").write_bytes(identity()[1])
    path = tmp_path / "inbound.yaml"
    path.write_text(FILE.format("lenient"))
    path.chmod(0o600)
    return path


class Following:
    """A follower at work, on a clock of its own."""

    def __init__(self, file, agreements=None):
        self.now = NOW
        settings = Settings(agreements=agreements)
        given = read_given(file, agreements, NOW)
        self.follower = TermsFollower(settings, file, given, lambda: self.now, every_s=0.001)

    async def __aenter__(self):
        self.waiting = asyncio.create_task(self.follower.news())
        return self

    async def __aexit__(self, *_):
        self.waiting.cancel()
        await asyncio.gather(self.waiting, return_exceptions=True)

    async def ends(self):
        """Whether other terms are taken, within a minute."""
        await asyncio.wait_for(asyncio.shield(self.waiting), 60)


def put(file, text):
    """Put a file in the place of another, whole."""
    new = file.with_suffix(".part")
    new.write_text(text)
    new.chmod(0o600)
    new.rename(file)


async def logged(logs, event):
    async with asyncio.timeout(60):
        while not [each for each in logs if event in each["event"]]:  # noqa: ASYNC110 - what is logged has no event
            await asyncio.sleep(0.01)


async def test_a_changed_file_is_taken(file):
    """A partner who signs from today on is believed from today on, not from the next restart."""
    async with Following(file) as at:
        file.write_text(FILE.format("strict"))
        await at.ends()


async def test_a_changed_certificate_is_taken(file):
    """The file that names it has not changed."""
    async with Following(file) as at:
        (file.parent / "kz.pem").write_bytes(identity()[1])
        await at.ends()


async def test_a_mistake_leaves_the_former_in_use_is_told_of_once_and_mended(file):
    """A typing error must not end the way in for all partners."""
    with capture_logs() as logs:
        async with Following(file) as at:
            put(file, FILE.format("lenient").replace("profile", "profil"))
            await logged(logs, "is not taken")
            assert not at.waiting.done()
            put(file, FILE.format("strict"))
            await at.ends()
    told = [each for each in logs if "is not taken" in each["event"]]
    assert [("kz: it has a field" in each["why"], bool(each["hint"])) for each in told] == [(True, True)]


async def test_an_agreement_that_comes_into_force_is_taken_on_its_day(file, tmp_path):
    """Nobody touches a file at midnight."""
    agreements = write_agreement(tmp_path / "agreements", valid_from="2026-05-02")
    async with Following(file, agreements) as at:
        at.now = NOW + timedelta(days=1)
        await at.ends()


def test_terms_that_are_the_same_have_the_same_digest(file):
    """Or the process would begin anew for ever."""
    first = read_given(file, None, NOW)
    file.touch()
    assert read_given(file, None, NOW + timedelta(days=3)).digest == first.digest
