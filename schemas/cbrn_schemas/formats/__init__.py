"""Formats of partners, read and written without any I/O: one room a standard, over one hardened reader of XML.

    xml         bytes to a tree: no entities, no DTD, no network, bounds on everything
    faults      what is wrong with a document, fault by fault, and what to do about it
    cap         Common Alerting Protocol 1.1 and 1.2
    signature   enveloped XML signatures, made and verified
    atom        Atom feeds, written

What comes in is hostile until it has been checked; what goes out is valid, or is not written. Needs the extra `formats`.
"""

__all__ = ["atom", "cap", "faults", "signature", "xml"]
