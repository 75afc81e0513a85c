"""The events: one module a family of kinds, one discriminated union over all of them."""
