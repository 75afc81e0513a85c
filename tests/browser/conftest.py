"""One browser for all tests of a process; each page of it has a context, and so cookies, of its own."""

import pytest
from tests.builders.desk_browser import browser


@pytest.fixture(scope="session")
async def chromium():
    async with browser() as made:
        yield made
