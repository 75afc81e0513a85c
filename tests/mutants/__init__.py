"""Faults written into a copy of the product, one at a time, that the tests named beside each must notice."""
