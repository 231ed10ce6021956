"""Checks every request to the page: who may ask, and what a browser may do with the answer.

- Host must be the address that the connection came to, or a name of this computer. A foreign name that resolves to this
computer (DNS rebinding) is refused.
- Origin, where a browser sends one, must be this server. Another site may at most link here, never embed or fetch.
- If there is a token, every request except the login needs its cookie.
- Nothing but HTTP is answered: a websocket is closed before it opens.
"""

import hmac
import ipaddress
from http.cookies import CookieError, SimpleCookie

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

COOKIE = "barhold"
ENTER_PATH = "/enter"
_OPEN_WITH_TOKEN = (
    ENTER_PATH,
    "/static/enter.js",
    "/static/page.css",
    "/manifest.webmanifest",  # a browser fetches it and the icons without the cookie
    "/static/icon.svg",
    "/static/icon-192.png",
    "/static/icon-512.png",
)
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


class AccessGuard:
    """An ASGI application in front of `app`; `names` are this computer's, `token` is "" where none is asked for."""

    def __init__(self, app: ASGIApp, names: frozenset[str], token: str) -> None:
        self._app = app
        self._names = names
        self._token = token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or refuse."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] == "http":
            headers = Headers(scope=scope)
            refused = self._refusal(scope, headers)
            if refused:
                await refused(scope, receive, _with_headers(send))
                return
        await self._app(scope, receive, _with_headers(send))

    def _refusal(self, scope: Scope, headers: Headers) -> PlainTextResponse | None:
        if not self.is_this_computer(headers.get("host", ""), scope["server"][0]):
            return PlainTextResponse("this is not this server's address: use the one that barhold serve shows\n", 421)
        if not _is_own_page(scope, headers):
            return PlainTextResponse("other sites may not ask this server\n", 403)
        if self._token and scope["path"] not in _OPEN_WITH_TOKEN and not self.has_cookie(headers):
            if scope["path"] in ("/", "/board"):
                return PlainTextResponse("", 303, {"Location": ENTER_PATH})
            return PlainTextResponse("the token is missing: open the address that barhold serve shows\n", 401)
        return None

    def is_this_computer(self, host: str, own_address: str) -> bool:
        """Return whether a Host header means this computer; `own_address` is the connection's own end."""
        name = _host_name(host)
        if name.lower() in self._names:
            return True
        try:
            return ipaddress.ip_address(name) == ipaddress.ip_address(own_address)
        except ValueError:
            return False

    def is_token(self, text: str) -> bool:
        """Compare a text with the token in constant time."""
        return bool(self._token) and hmac.compare_digest(text.encode(), self._token.encode())

    def has_cookie(self, headers: Headers) -> bool:
        """Return whether the request carries the token's cookie; a malformed cookie is none."""
        try:
            cookie = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
        except CookieError:
            return False
        return cookie is not None and self.is_token(cookie.value)


def is_own_address(scope: Scope) -> bool:
    """Return whether a request comes from this very computer: both ends of its connection have one address."""
    return bool(scope["client"][0] == scope["server"][0])


def _host_name(host: str) -> str:
    """Return a Host header without its port; an IPv6 address without its brackets."""
    if not host.startswith("["):
        return host.partition(":")[0]
    address, closed, rest = host[1:].partition("]")
    return address if closed and (not rest or rest.startswith(":")) else ""


def _is_own_page(scope: Scope, headers: Headers) -> bool:
    """Return whether the asking page is this server's own, or the user followed a link."""
    origin = headers.get("origin")
    if origin is not None and origin != f"http://{headers.get('host')}":
        return False
    if headers.get("sec-fetch-site", "none") in ("none", "same-origin"):
        return True
    follows_link = headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest") == "document"
    return follows_link and scope["method"] == "GET"


def _with_headers(send: Send) -> Send:
    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return send_with_headers
