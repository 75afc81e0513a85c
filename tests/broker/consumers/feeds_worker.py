"""A `cbrn run feeds` that kills itself as a machine without power would: around what it writes, and around a post."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from functools import partial
from pathlib import Path
from typing import Any

from cbrn_consumers.feeds.deliveries import Deliveries
from cbrn_consumers.feeds.endpoints import Endpoint
from cbrn_consumers.feeds.sending import Sending
from cbrn_consumers.feeds.store import Store
from cbrn_deploy.processes import feeds as room
from cbrn_deploy.processes.feeds import EXPOSED, Asked, FeedsServer
from cbrn_deploy.processes.listening import listener_at
from cbrn_schemas.settings import Settings
from cbrn_schemas.topics import Realm

STEPS = {"now": 0, "last": 0}


def passed() -> None:
    """Count a step, and end at the last."""
    STEPS["now"] += 1
    if STEPS["now"] == STEPS["last"]:
        os.kill(os.getpid(), signal.SIGKILL)


def mortal(owner: type, name: str) -> None:
    """Make a method one before and after which the process may end."""
    whole = getattr(owner, name)

    def around(*args: Any, **named: Any) -> Any:
        passed()
        found = whole(*args, **named)
        passed()
        return found

    setattr(owner, name, around)


async def serve(told: dict[str, Any]) -> None:
    """Serve feeds until killed."""
    named = {name: told[name] for name in ("bootstrap_servers", "credentials") if told.get(name)}
    settings = Settings(realm=Realm(told["realm"]), data_dir=Path(told["folder"]), **named)
    asked = Asked(files=Path(told["folder"]) / "www", endpoints=(Endpoint.model_validate(told["endpoint"]),))
    with listener_at("127.0.0.1:0", room.LISTEN, exposed=EXPOSED) as listener:
        await FeedsServer(settings, asked, listener).run()


if __name__ == "__main__":
    given = json.loads(sys.argv[1])
    STEPS["last"] = given["dies_at"]
    room.Sending = partial(Sending, plain=True)  # type: ignore[misc,assignment] # to this machine in the clear
    mortal(Store, "take")
    mortal(Deliveries, "note")
    asyncio.run(serve(given))
