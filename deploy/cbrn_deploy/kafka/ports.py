"""Ports on the loopback interface: a free one, and who has one that is not."""

from __future__ import annotations

import contextlib
import socket

import psutil

from cbrn_deploy.kafka.errors import PortInUseError
from cbrn_deploy.kafka.layout import HOST


def free_ports(count: int) -> list[int]:
    """Find `count` different ports that were free a moment ago; between now and their use somebody may take one."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind((HOST, 0))
        return [int(each.getsockname()[1]) for each in sockets]


def is_free(port: int) -> bool:
    """Tell whether a port can be used just now."""
    try:
        require_free(port)
    except (PortInUseError, OverflowError):  # the latter beyond the last port there is
        return False
    return True


def require_free(port: int) -> None:
    """Refuse a port that is taken with PortInUseError, which names the holder where the system tells."""
    with socket.socket() as probe:
        # As Java does on POSIX: connections of an earlier broker that linger in TIME_WAIT do not matter.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise PortInUseError(
                f"port {port} on {HOST} cannot be used: {_holder(port) or error.strerror}",
                hint="Choose another one with --port, or stop what uses it (`cbrn kafka stop`, if it is ours).",
            ) from error


def _holder(port: int) -> str:
    with contextlib.suppress(psutil.Error, OSError):
        for connection in psutil.net_connections("tcp"):
            taken = connection.status == psutil.CONN_LISTEN and connection.laddr and connection.laddr.port == port
            if taken and connection.pid:
                return f"process {connection.pid} ({psutil.Process(connection.pid).name()}) listens on it"
    return ""
