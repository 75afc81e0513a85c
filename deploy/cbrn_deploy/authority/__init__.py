"""A certificate authority of one installation: it vouches for the brokers, and for whoever has a certificate.

Made at the first start of a local broker. An installation with an authority of its own (a ministry's PKI) needs none of
this: the bus only takes PEM files.
"""

from cbrn_deploy.authority.authority import Authority, AuthorityError
from cbrn_deploy.authority.certificates import LOOPBACK_HOSTS, PRINCIPAL_RULES, REQUEST_BYTES_MAX, Pem, RequestError
from cbrn_deploy.authority.local import ADMIN, LocalAccess, access_folder

__all__ = [
    "ADMIN",
    "LOOPBACK_HOSTS",
    "PRINCIPAL_RULES",
    "REQUEST_BYTES_MAX",
    "Authority",
    "AuthorityError",
    "LocalAccess",
    "Pem",
    "RequestError",
    "access_folder",
]
