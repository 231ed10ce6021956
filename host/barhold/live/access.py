"""The guard in front of every page: who may ask, and what a browser may do with the answer.

- Host must be the very address that the connection came to, or a name of this computer: a foreign name that was pointed
  here (DNS rebinding) is refused.
- Origin, where a browser sends one, must be this server; another site may at most link here, never embed or fetch.
- With a token, every answer but the door needs its cookie.
"""

import hmac
import ipaddress
from http.cookies import CookieError, SimpleCookie

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

COOKIE = "barhold"
DOOR = "/enter"
_OPEN_WITH_TOKEN = (DOOR, "/static/enter.js", "/static/page.css", "/static/icon.svg")
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


class Guard:
    """An ASGI application in front of `app`; `names` are this computer's, `token` is "" where none is asked for."""

    def __init__(self, app: ASGIApp, names: frozenset[str], token: str) -> None:
        self._app = app
        self._names = names
        self._token = token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or refuse."""
        if scope["type"] == "http":
            headers = Headers(scope=scope)
            refused = self._refusal(scope, headers)
            if refused:
                await refused(scope, receive, _with_headers(send))
                return
        elif scope["type"] != "lifespan":
            return
        await self._app(scope, receive, _with_headers(send))

    def _refusal(self, scope: Scope, headers: Headers) -> PlainTextResponse | None:
        if not self.knows(headers.get("host", ""), scope["server"][0]):
            return PlainTextResponse("this address is not this server's: use the one that barhold serve shows\n", 421)
        if not _is_own(scope, headers):
            return PlainTextResponse("other sites may not ask this server\n", 403)
        if self._token and scope["path"] not in _OPEN_WITH_TOKEN and not self.is_let_in(headers):
            if scope["path"] == "/":
                return PlainTextResponse("", 303, {"Location": DOOR})
            return PlainTextResponse("the token is missing: open the address that barhold serve shows\n", 401)
        return None

    def knows(self, host: str, came_to: str) -> bool:
        """Tell whether a Host header means this computer; `came_to` is the address of the connection's own end."""
        name = host.rpartition("]")[0].lstrip("[") if host.startswith("[") else host.partition(":")[0]
        if name.lower() in self._names:
            return True
        try:
            return ipaddress.ip_address(name) == ipaddress.ip_address(came_to)
        except ValueError:
            return False

    def is_token(self, said: str) -> bool:
        """Compare in a time that does not depend on the difference."""
        return bool(self._token) and hmac.compare_digest(said.encode(), self._token.encode())

    def is_let_in(self, headers: Headers) -> bool:
        """Tell whether the cookie is there."""
        try:
            cookie = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
        except CookieError:
            return False
        return cookie is not None and self.is_token(cookie.value)


def _is_own(scope: Scope, headers: Headers) -> bool:
    """Tell whether the asking page is this server's own, or the user followed a link."""
    origin = headers.get("origin")
    if origin is not None and origin != f"http://{headers.get('host')}":
        return False
    if headers.get("sec-fetch-site", "none") in ("none", "same-origin"):
        return True
    follows_link = headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest") == "document"
    return follows_link and scope["method"] == "GET"


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return sending
