"""What is promised to others in writing, made from the models and the catalogue.

A JSON Schema for everything that travels, an AsyncAPI document over all of it, and the rules by which a later version
is held to an earlier one. No files are written here.
"""

from cbrn_schemas.contracts.asyncapi import asyncapi_text
from cbrn_schemas.contracts.compatibility import Finding, incompatibilities, withdrawn
from cbrn_schemas.contracts.documents import (
    Document,
    as_text,
    bus_documents,
    decision_documents,
    document,
    event_documents,
    officers_document,
)
from cbrn_schemas.contracts.rules import Direction, Rule
from cbrn_schemas.decision_record import DecisionRecord

__all__ = [
    "DecisionRecord",
    "Direction",
    "Document",
    "Finding",
    "Rule",
    "as_text",
    "asyncapi_text",
    "bus_documents",
    "decision_documents",
    "document",
    "event_documents",
    "incompatibilities",
    "officers_document",
    "plain",
    "withdrawn",
]
