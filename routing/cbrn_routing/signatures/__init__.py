"""Signed events: a body's key over the bytes that it publishes; which keys are whose; and who must sign what.

Pure. What lies on `<realm>.bus.keys`, and when a batch is verified, is `cbrn_routing.router`'s business.
"""

__all__ = ["body_key", "errors", "jws", "policy", "register", "registration", "verdict"]
