"""Both databases of the desk: SQLite in a file, and a PostgreSQL that is started once a process of tests."""

import pytest
from tests.builders.databases import postgresql


@pytest.fixture(scope="session")
def postgres():
    """The session's server: `postgres.empty()` is the address of an empty database."""
    with postgresql() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request, tmp_path):
    """The address of an empty database, of each sort in turn."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'desk.sqlite3'}"
    return request.getfixturevalue("postgres").empty()
