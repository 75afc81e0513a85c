"""How a body's officers are reached: e-mail, SMS both ways, webhooks, Telegram and more; what came of it is on record.

`writing`, `flood`, `codes`, `parts` and `composing` are pure. `notifier` decides who is sent what and takes replies,
`pool` sends, `history` keeps, `service` is the process.
"""

from cbrn_consumers.notify.channel import SENT, Channel, Outcome
from cbrn_consumers.notify.servers import Servers, ServersFileError, read_servers
from cbrn_consumers.notify.writing import letter_of, notice_of

__all__ = [
    "SENT",
    "Channel",
    "Outcome",
    "Servers",
    "ServersFileError",
    "channel",
    "history",
    "letter_of",
    "networks",
    "notice_of",
    "pool",
    "read_servers",
    "sendings",
    "service",
    "webhook",
]
