"""What a person does about a body's watch: takes it, hands it over, stands in, tries a channel.

Command and page share it: the same statement, the same refusals. `standing_in` and `changing` are pure but for their
last step, which writes; `open_now` and `reaching` ask the bus. Who is on duty tells `cbrn_consumers.rota`.
"""

from cbrn_consumers.shifts.errors import Refusal, RefusedError
from cbrn_consumers.shifts.naming import first_post, officer_of

__all__ = [
    "Refusal",
    "RefusedError",
    "changing",
    "first_post",
    "officer_of",
    "open_now",
    "reaching",
    "standing_in",
]
