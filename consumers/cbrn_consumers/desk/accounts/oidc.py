"""Signing in at the state's own provider: OpenID Connect, authorization code with PKCE, state and nonce.

A browser is sent there with a state that it alone has in a cookie; it comes back with a code, which is exchanged over
a connection of our own for a token that the provider has signed. Nothing of it is believed before the signature, the
issuer, the audience, the times and the nonce are right. The messages are authlib's, keys and signatures joserfc's; the
requests are httpx's own (authlib's client for it warns that it goes), without redirects, with bounds.
"""

from __future__ import annotations

import secrets
import ssl
from threading import Lock
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import quote

import httpx
import msgspec
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from cbrn_consumers.desk.accounts.errors import Refusal, SignInError
from cbrn_consumers.desk.accounts.identity import Begun, Identity
from cbrn_consumers.desk.accounts.provider_file import LOOPBACK, Provider, read_provider
from cbrn_consumers.desk.accounts.sessions import hash_of

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from cbrn_consumers.desk.accounts.accounts import Accounts, SignedIn
    from cbrn_schemas.events.base import Language

ALGORITHMS: Final = ("RS256", "PS256", "ES256")
"""Of signatures. Never `none`, and none with a shared secret: whoever knows the client's could sign."""
LEEWAY_S: Final = 60
SECRET_BYTES: Final = 32
TIMEOUT_S: Final = 5.0
ANSWER_BYTES_MAX: Final = 256 * 1024
KEYS_KEPT_S: Final = 3600
KEYS_AGAIN_S: Final = 60
"""Before keys are asked for again because of a token with an unknown one."""
SUBJECT_CHARS_MAX: Final = 255
"""OpenID Connect Core 1.0, section 2."""
TEXT_CHARS_MAX: Final = 2048
"""Of what a browser brings back."""


class Sent(NamedTuple):
    """Where a browser is sent, and the state for its cookie."""

    url: str
    state: str


class Returned(NamedTuple):
    """What a browser brings back in its address, and the state of its cookie."""

    state: str
    code: str
    issuer: str
    cookie: str


class _Known(NamedTuple):
    authorization: str
    token: str
    jwks: str
    keys: KeySet
    at: float


class Oidc:
    """The state's own sign-in, for one desk. For threads: it waits for the provider."""

    def __init__(self, provider: Provider, accounts: Accounts) -> None:
        self.provider = provider
        self._accounts = accounts
        self._lock = Lock()
        self._known: _Known | None = None
        verify = ssl.create_default_context(cafile=provider.ca_file)
        self._client = httpx.Client(timeout=TIMEOUT_S, follow_redirects=False, trust_env=False, verify=verify)

    @classmethod
    def of(cls, path: Path, accounts: Accounts) -> Oidc:
        """Return the sign-in that a file names.

        Raises:
            AccountsFileError: the file cannot be used.
        """
        return cls(read_provider(path), accounts)

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()

    def begin(self, path: str, *, address: str, now: datetime) -> Sent:
        """Begin a sign-in that ends at a page of ours.

        Raises:
            WaitError: too many attempts from this address.
            SignInError: the provider does not answer as it must.
        """
        known = self._discovered(now)
        state, nonce, verifier = (secrets.token_urlsafe(SECRET_BYTES) for _ in range(3))
        self._accounts.keep_begun(state, Begun(verifier, nonce, path), address=address, now=now)
        url = prepare_grant_uri(
            known.authorization,
            self.provider.client_id,
            "code",
            redirect_uri=self.provider.callback,
            scope=self.provider.scope,
            state=state,
            nonce=nonce,
            code_challenge=create_s256_code_challenge(verifier),
            code_challenge_method="S256",
        )
        return Sent(url, state)

    def finish(
        self, returned: Returned, *, lang: Language, address: str, agent: str = "", now: datetime
    ) -> tuple[SignedIn, str]:
        """Sign in whoever comes back, and return also the page of ours where they wanted to go.

        Raises:
            SignInError: refused; the reason stands in the log of accounts.
        """
        try:
            begun, claims = self._claims(returned, now)
            who = self._identity(claims, lang)
        except SignInError as error:
            self._accounts.note_refusal(f"{error.why}: {error.message}", address=address, now=now)
            raise
        return self._accounts.sign_in_as(who, address=address, agent=agent, now=now), begun.next

    def _claims(self, returned: Returned, now: datetime) -> tuple[Begun, dict[str, Any]]:
        if not returned.state or not secrets.compare_digest(hash_of(returned.state), hash_of(returned.cookie)):
            raise _refused("it came back to another browser than it began in")
        if max(map(len, returned)) > TEXT_CHARS_MAX or not returned.code:
            raise _refused("it came back without a code")
        begun = self._accounts.take_begun(returned.state, now)
        if begun is None:
            raise _refused("it was over, or came back a second time")
        if returned.issuer not in {"", self.provider.issuer}:  # RFC 9207: another provider's answer is not sent to ours
            raise _refused("it came back from another issuer")
        known = self._discovered(now)
        answer = self._exchanged(known, returned.code, begun.verifier)
        return begun, self._verified(answer, begun, known, now)

    def _exchanged(self, known: _Known, code: str, verifier: str) -> dict[str, Any]:
        secret = self.provider.client_secret.get_secret_value()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.provider.callback,
            "code_verifier": verifier,
        }
        if self.provider.client_auth == "post":
            return self._asked(known.token, form | {"client_id": self.provider.client_id, "client_secret": secret})
        # RFC 6749, section 2.3.1: both are written as in a form first
        auth = httpx.BasicAuth(quote(self.provider.client_id, safe=""), quote(secret, safe=""))
        return self._asked(known.token, form, auth)

    def _verified(self, answer: dict[str, Any], begun: Begun, known: _Known, now: datetime) -> dict[str, Any]:
        given = answer.get("id_token")
        if not isinstance(given, str):
            raise _refused("the provider gave no token")
        try:
            token = self._decoded(given, known, now)
            claims = CodeIDToken(
                token.claims,
                token.header,
                {
                    "iss": {"essential": True, "value": self.provider.issuer},
                    "aud": {"essential": True, "value": self.provider.client_id},
                },
                {
                    "nonce": begun.nonce,
                    "client_id": self.provider.client_id,
                    "access_token": answer.get("access_token"),
                },
            )
            claims.validate(now=int(now.timestamp()), leeway=LEEWAY_S)
        except (JoseError, ValueError, TypeError) as error:
            raise _refused(f"its token is not right: {type(error).__name__} {error}"[:150]) from None
        return dict(token.claims)

    def _decoded(self, given: str, known: _Known, now: datetime) -> jwt.Token:
        try:
            return jwt.decode(given, known.keys, algorithms=list(ALGORITHMS))
        except (JoseError, ValueError):
            # Its keys may be new; whoever sends wrong tokens does not make us ask without end.
            if now.timestamp() - known.at < KEYS_AGAIN_S:
                raise
            return jwt.decode(given, self._discovered(now, anew=True).keys, algorithms=list(ALGORITHMS))

    def _identity(self, claims: dict[str, Any], lang: Language) -> Identity:
        provider, create = self.provider, self.provider.create
        subject = claims.get("sub")
        if not isinstance(subject, str) or not 0 < len(subject) <= SUBJECT_CHARS_MAX or not subject.isprintable():
            raise _refused("it has no subject")
        name = _text(claims, provider.name_claim)
        who = Identity(issuer=provider.issuer, subject=subject, name=name, lang=lang)
        if create is None:
            return who
        role, body = create.role(claims.get(create.role_claim)), create.body or _text(claims, create.body_claim)
        if role is None or body is None:
            raise _refused("its claims give no role or no body here")
        return Identity(
            issuer=provider.issuer,
            subject=subject,
            name=name,
            shown=_text(claims, create.shown_claim),
            body=body,
            role=role,
            lang=lang,
            creates=True,
        )

    def _discovered(self, now: datetime, *, anew: bool = False) -> _Known:
        """Return the provider's addresses and keys, asked for once an hour."""
        with self._lock:
            known, moment = self._known, now.timestamp()
            if known is not None and not anew and 0 <= moment - known.at < KEYS_KEPT_S:
                return known
            found = self._asked(f"{self.provider.issuer.rstrip('/')}/.well-known/openid-configuration")
            if found.get("issuer") != self.provider.issuer:
                raise _refused("the provider says that it is another issuer")
            addresses = [found.get(each) for each in ("authorization_endpoint", "token_endpoint", "jwks_uri")]
            if not all(_is_safe(each) for each in addresses):
                raise _refused("the provider's addresses are not https")
            try:
                keys = KeySet.import_key_set(self._asked(str(addresses[2])))  # type: ignore[arg-type] # checked there
            except (JoseError, ValueError, TypeError, KeyError):
                raise _refused("the provider's keys cannot be read") from None
            self._known = _Known(str(addresses[0]), str(addresses[1]), str(addresses[2]), keys, moment)
            return self._known

    def _asked(
        self, url: str, form: dict[str, str] | None = None, auth: httpx.BasicAuth | None = None
    ) -> dict[str, Any]:
        try:
            method = "GET" if form is None else "POST"
            headers = {"accept": "application/json"}
            with self._client.stream(method, url, data=form, auth=auth, headers=headers) as answer:
                content = b""
                for part in answer.iter_bytes():
                    content += part
                    if len(content) > ANSWER_BYTES_MAX:
                        raise _refused("the provider's answer is too long")
            if answer.status_code != httpx.codes.OK:
                raise _refused(f"the provider answers {answer.status_code}")
            read = msgspec.json.decode(content)
        except (httpx.HTTPError, msgspec.DecodeError) as error:
            raise _refused(f"the provider is not reached: {type(error).__name__}") from None
        if not isinstance(read, dict):
            raise _refused("the provider's answer cannot be read")
        return read


def _refused(why: str) -> SignInError:
    return SignInError(Refusal.PROVIDER, why)


def _text(claims: dict[str, Any], name: str | None) -> str | None:
    value = None if name is None else claims.get(name)
    return value if isinstance(value, str) and value.strip() else None


def _is_safe(address: object) -> bool:
    if not isinstance(address, str):
        return False
    url = httpx.URL(address)
    return url.scheme == "https" or (url.scheme == "http" and url.host in LOOPBACK)
