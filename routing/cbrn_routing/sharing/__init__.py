"""What may be told abroad: agreements as data, an event reduced to what one names, and who must let it go. Pure."""

from cbrn_routing.sharing.agreement import TLP_ORDER, Agreement
from cbrn_routing.sharing.agreements import Agreements, agreement_schema
from cbrn_routing.sharing.clauses import Cell, FieldClause, Public, Release, Signatures
from cbrn_routing.sharing.errors import AgreementError, AgreementProblem
from cbrn_routing.sharing.reading import Written, read_agreement
from cbrn_routing.sharing.reduction import Passed, Reduced, Withheld, name_abroad, opaque, reduce
from cbrn_routing.sharing.salt import MAKE as MAKE_SALT
from cbrn_routing.sharing.salt import guessable, read_salt
from cbrn_routing.sharing.verdict import Sharing, share

__all__ = [
    "MAKE_SALT",
    "TLP_ORDER",
    "Agreement",
    "AgreementError",
    "AgreementProblem",
    "Agreements",
    "Cell",
    "FieldClause",
    "Passed",
    "Public",
    "Reduced",
    "Release",
    "Sharing",
    "Signatures",
    "Withheld",
    "Written",
    "agreement_schema",
    "guessable",
    "name_abroad",
    "opaque",
    "read_agreement",
    "read_salt",
    "reduce",
    "share",
    "vocabulary",
]
