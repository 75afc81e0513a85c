"""Whose word counts: keys, persons, the trust file, and what is signed."""
