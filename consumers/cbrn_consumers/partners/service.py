"""The keeper of partners with what works beside it: acknowledgements of what partners say."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from cbrn_consumers.partners.acknowledging import Acknowledger
from cbrn_consumers.partners.keeper import PartnersKeeper
from cbrn_routing.bus.clock import utc_now

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from cbrn_schemas.settings import Settings


class PartnersService(PartnersKeeper):
    """The keeper, and the `Ack` of each of partners' alerts that somebody here has answered."""

    def __init__(self, settings: Settings, clock: Callable[[], datetime] = utc_now) -> None:
        """Take what the keeper takes."""
        super().__init__(settings, clock)
        self._acknowledger = Acknowledger(settings, clock, self._sign)

    async def run(self) -> None:
        """Do both until stopped; raises as the keeper does."""
        beside = asyncio.create_task(self._acknowledger.run(self._stopping))
        try:
            await super().run()
        finally:
            beside.cancel()
            await asyncio.gather(beside, return_exceptions=True)
