"""The words of a refusal: for each mistake that the validator finds, what is wrong and what to do about it.

`remedy` goes by pydantic's error type; what stands in a field for a code, a place, a number, a time or another field is
looked at by the module of that name.
"""

__all__ = ["mistake", "remedy", "time"]
