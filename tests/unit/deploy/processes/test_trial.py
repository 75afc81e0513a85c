"""What becomes of the program that is tried as a client."""

import asyncio
import os

from cbrn_deploy.processes.trial import run_client
from cbrn_schemas.settings import Settings


async def test_what_a_client_leaves_behind_is_ended(tmp_path):
    """It would look for a broker that is gone, for ever, and hold whoever reads what the command says."""
    held = tmp_path / "held"
    os.mkfifo(held)
    reading = os.open(held, os.O_RDONLY | os.O_NONBLOCK)
    try:
        assert await run_client(["sh", "-c", f"exec 3>{held}; sleep 30 & exit 3"], Settings(), "mes", 10) == 3
        os.set_blocking(reading, True)
        assert await asyncio.wait_for(asyncio.to_thread(os.read, reading, 1), 10) == b""
    finally:
        os.close(reading)
