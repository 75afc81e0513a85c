"""Documents on their way to readers who know no Kafka: feeds of Atom over HTTP and as files, webhooks to partners.

`document` and `taking` are pure. `store` is a projection of Kafka that can be lost, filled by `following`; `pages` and
`app` hand it out to `readers`, `files` writes it for a web server, `sending` posts it to `endpoints`.
"""

from cbrn_schemas.lazily import found_in

__all__ = [
    "PUBLIC_FEED",
    "app",
    "deliveries",
    "endpoints",
    "files",
    "following",
    "pages",
    "readers",
    "sending",
    "status",
    "store",
    "taking",
]

__getattr__ = found_in(__name__, "cbrn_consumers.feeds.document")
