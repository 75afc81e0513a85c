"""IRIX 1.0 (IAEA, EPR-IEComm 2019): reports of radiological and nuclear events, written and read."""

from cbrn_schemas.lazily import found_in

__all__ = [
    "CONTENT_TYPE",
    "HAZARDS",
    "Amount",
    "DoseRate",
    "Location",
    "Report",
    "Sample",
    "model",
    "organisation_of",
    "read",
    "report_of",
    "uuid_of",
    "write",
]
__getattr__ = found_in(
    __name__,
    f"{__name__}.model",
    f"{__name__}.units",
    f"{__name__}.from_event",
    f"{__name__}.reading",
    f"{__name__}.writing",
)
