"""The processes of the bus."""

__all__ = [
    "beginning_anew",
    "children",
    "desk",
    "gateway",
    "inbound",
    "keepers",
    "local_users",
    "notify",
    "router",
    "trial",
    "up",
    "watch",
]
