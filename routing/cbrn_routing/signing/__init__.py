"""Whose word counts: keys, persons, the trust file, and what is signed."""

__all__ = ["keys", "persons", "releases", "signed", "small_order", "statement", "trust"]
