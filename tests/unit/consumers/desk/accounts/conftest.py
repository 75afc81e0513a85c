"""Accounts in a file of the test's own."""

import pytest
from tests.builders.desk_accounts import CountedPasswords, desk_accounts


@pytest.fixture
def passwords():
    return CountedPasswords()


@pytest.fixture
def accounts(tmp_path, passwords):
    with desk_accounts(tmp_path, passwords=passwords) as opened:
        yield opened
