"""A small OpenID provider on loopback, with real signatures, that can be told to do wrong."""

from __future__ import annotations

import hmac
import json
import threading
from base64 import b64decode, urlsafe_b64encode
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Final, Self
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

if TYPE_CHECKING:
    from datetime import datetime

CLIENT: Final = "cbrn-desk"
SECRET: Final = "a secret of the client's"  # noqa: S105 - of a test's client
KEY: Final = RSAKey.generate_key(2048, {"kid": "first"})
OTHER_KEY: Final = RSAKey.generate_key(2048, {"kid": "first"})


class FakeProvider:
    """Discovery, keys and tokens. `claims` are laid over those of a token, `key` and `alg` sign it."""

    def __init__(self, now: datetime) -> None:
        self.now = int(now.timestamp())
        self.claims: dict[str, Any] = {}
        self.discovery: dict[str, Any] = {}
        self.published = [KEY]
        self.key: RSAKey | bytes = KEY
        self.alg = "RS256"
        self.asked: list[str] = []
        self._codes: dict[str, dict[str, Any]] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def file(self, **more: Any) -> dict[str, Any]:
        """What the file of a desk says of it."""
        known = {"issuer": self.issuer, "client_id": CLIENT, "client_secret": SECRET, "desk": "https://desk.test"}
        return known | more

    def consent(self, url: str, subject: str, **claims: Any) -> dict[str, str]:
        """Let somebody sign in who was sent here, and return what their browser brings back."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        assert asked["client_id"] == CLIENT
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        code = f"code-{len(self._codes)}"
        self._codes[code] = asked | {"claims": {"sub": subject} | claims}
        return {"state": asked["state"], "code": code, "issuer": self.issuer}

    def token(self, form: dict[str, str], authorization: str) -> dict[str, Any] | None:
        given = b64decode(authorization.removeprefix("Basic ")).decode()
        begun = self._codes.pop(form.get("code", ""), None)
        if begun is None or not given.startswith(f"{CLIENT}:"):
            return None
        challenge = _base64(sha256(form["code_verifier"].encode()).digest())
        if challenge != begun["code_challenge"] or form["redirect_uri"] != begun["redirect_uri"]:
            return None
        claims = {
            "iss": self.issuer,
            "aud": CLIENT,
            "iat": self.now,
            "exp": self.now + 300,
            "nonce": begun["nonce"],
            **begun["claims"],
            **self.claims,
        }
        claims = {name: value for name, value in claims.items() if value is not None}
        return {"access_token": "opaque", "token_type": "Bearer", "id_token": self._signed(claims)}

    def _signed(self, claims: dict[str, Any]) -> str:
        if isinstance(
            self.key, bytes
        ):  # by hand, since joserfc makes no such token: without a signature, or by a secret
            parts = (json.dumps(part).encode() for part in ({"alg": self.alg, "kid": "first"}, claims))
            text = ".".join(map(_base64, parts))
            mark = b"" if self.alg == "none" else hmac.digest(self.key, text.encode(), "sha256")
            return f"{text}.{_base64(mark)}"
        return jwt.encode({"alg": self.alg, "kid": self.key.kid}, claims, self.key, algorithms=[self.alg])

    def answer(self, path: str) -> dict[str, Any] | None:
        self.asked.append(path)
        if path == "/.well-known/openid-configuration":
            known = {"authorization_endpoint": "/authorize", "token_endpoint": "/token", "jwks_uri": "/keys"}
            return {"issuer": self.issuer, **{n: f"{self.issuer}{p}" for n, p in known.items()}, **self.discovery}
        if path == "/keys":
            return {"keys": [key.as_dict(private=False) for key in self.published]}
        return None


def _base64(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode()


def _handler(provider: FakeProvider) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Say nothing."""

        def do_GET(self) -> None:
            self._send(provider.answer(self.path))

        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["content-length"])).decode()
            form = {name: values[0] for name, values in parse_qs(content).items()}
            self._send(provider.token(form, self.headers.get("authorization", "")))

        def _send(self, answer: dict[str, Any] | None) -> None:
            content = json.dumps(answer or {"error": "invalid_grant"}).encode()
            self.send_response(400 if answer is None else 200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    return Handler
