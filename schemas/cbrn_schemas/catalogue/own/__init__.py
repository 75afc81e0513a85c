"""What an installation adds to the catalogue: a folder of tables that its own engineers write, `CBRN_CATALOGUE`.

It is taken as a whole or not at all: what is wrong in one line is named with a remedy, and the former catalogue stays.
Nothing here knows Kafka; who takes a changed folder, and when, is the business of `cbrn_deploy.processes`.
"""

from cbrn_schemas.catalogue.own.columns import KEYS
from cbrn_schemas.catalogue.own.faults import Fault
from cbrn_schemas.catalogue.own.folder import FILES, VARIABLE, folder_named, last_good_file
from cbrn_schemas.catalogue.own.taken import (
    WITHOUT_TOPICS,
    Contact,
    Own,
    contacts,
    kept,
    last_good_text,
    merged,
    own,
    read_folder,
)

__all__ = [
    "FILES",
    "KEYS",
    "VARIABLE",
    "WITHOUT_TOPICS",
    "Contact",
    "Fault",
    "Own",
    "contacts",
    "folder_named",
    "kept",
    "last_good_file",
    "last_good_text",
    "merged",
    "own",
    "read_folder",
]
