"""Formats of partners, read and written without any I/O: one room a standard, over one hardened reader of XML.

    xml         bytes to a tree: no entities, no DTD, no network, bounds on everything
    tree        looking into such a tree
    cutting     documents inside others, with their own bytes
    faults      what is wrong with a document, fault by fault, and what to do about it
    signature   enveloped XML signatures, made and verified
    cap         Common Alerting Protocol 1.1 and 1.2
    edxl        EDXL-DE 1.0 and 2.0: envelopes around alerts and other documents
    irix        IRIX 1.0: reports of radiological and nuclear events
    atom        feeds: Atom written, Atom and RSS read

What comes in is hostile until it has been checked; what goes out is valid, or is not written.
"""

__all__ = ["atom", "cap", "cutting", "edxl", "faults", "irix", "signature", "tree", "xml"]
