"""Documents of other standards, read and written: CAP, EDXL-DE, IRIX, Atom, XML signatures. No I/O; needs `formats`."""

__all__ = ["atom", "signature"]
