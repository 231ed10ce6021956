"""What the server answers: the page, its events, the history, the report, the door for phones."""

import asyncio
import io
import json
import time
from collections.abc import AsyncIterator, Callable
from importlib.resources import files
from typing import Any

import segno
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from barhold.errors import BarholdError
from barhold.live.access import COOKIE, DOOR, Guard
from barhold.live.broadcaster import MOST_GUESTS, Hub

BEAT_S = 4.0
"""At least so often a page hears from the server, which is how it knows that the server is there."""
_COOKIE_S = 90 * 24 * 3600
_TOKEN_MOST = 100
Past = Callable[[], list[dict[str, Any]]]
Report = Callable[[], tuple[str, str]]


class Site:
    """The pages of one server; `past` and `report` (page and its CSP) may take a second and run beside the loop.

    `invitation` is the address with the token in it, "" without one.
    """

    def __init__(self, hub: Hub, past: Past, report: Report, invitation: str) -> None:
        self._hub = hub
        self._past = past
        self._report = report
        self._invitation = invitation
        self._known: tuple[tuple[int, ...], list[dict[str, Any]]] | None = None
        self._asking = asyncio.Lock()

    def app(self, names: frozenset[str], token: str) -> Guard:
        """Return the whole, behind its guard."""
        static = str(files("barhold.live") / "static")
        routes = [
            Route("/", self._page("live.html")),
            Route("/events", self._events),
            Route("/history", self._history),
            Route("/report", self._show_report),
            Route("/phone", self._phone),
            Route("/phone.svg", self._phone_code),
            Route(DOOR, self._page("enter.html")),
            Route(DOOR, self._enter, methods=["POST"]),
            Mount("/static", StaticFiles(directory=static)),
        ]
        self._guard = Guard(Starlette(routes=routes, exception_handlers={BarholdError: _told}), names, token)
        return self._guard

    def _page(self, name: str) -> Callable[[Request], Any]:
        text = (files("barhold.live") / "static" / name).read_text(encoding="utf-8")

        async def page(_: Request) -> Response:
            return HTMLResponse(text)

        return page

    async def _events(self, _: Request) -> Response:
        if self._hub.is_full:
            text = f"{MOST_GUESTS} pages look on already, which is the most: close one\n"
            return PlainTextResponse(text, 503, {"Retry-After": "5"})
        return StreamingResponse(self._states(), media_type="text/event-stream")

    async def _states(self) -> AsyncIterator[str]:
        hub, number = self._hub, -1
        with hub.guest():
            yield "retry: 1000\n\n"
            while not hub.closed:
                await hub.newer_than(number, BEAT_S)
                number = hub.number
                state = json.dumps(hub.state(time.monotonic()), allow_nan=False)
                yield f"id: {hub.run}-{number}\ndata: {state}\n\n"

    async def _history(self, _: Request) -> Response:
        kept = tuple(lane.kept for lane in self._hub.lanes)
        async with self._asking:  # one page asks for all of them
            if self._known is None or self._known[0] != kept:
                self._known = (kept, await asyncio.to_thread(self._past))
        return JSONResponse(self._known[1])

    async def _show_report(self, _: Request) -> Response:
        async with self._asking:
            page, policy = await asyncio.to_thread(self._report)
        return HTMLResponse(page, headers={"Content-Security-Policy": policy})

    async def _phone(self, _: Request) -> Response:
        return PlainTextResponse(self._invitation, 200 if self._invitation else 404)

    async def _phone_code(self, _: Request) -> Response:
        if not self._invitation:
            return PlainTextResponse("only with --lan\n", 404)
        drawn = io.BytesIO()
        segno.make(self._invitation, error="m").save(drawn, kind="svg", scale=8, border=3, light="#fff")
        return Response(drawn.getvalue(), media_type="image/svg+xml")

    async def _enter(self, request: Request) -> Response:
        said = b""
        async for chunk in request.stream():
            said += chunk
            if len(said) > _TOKEN_MOST:
                break
        token = said.decode("utf-8", "replace").strip()
        if not self._guard.is_token(token):
            return PlainTextResponse("this is not the token: scan the code again\n", 401)
        answer = PlainTextResponse("", 204)
        answer.set_cookie(COOKIE, token, max_age=_COOKIE_S, httponly=True, samesite="strict")
        return answer


async def _told(_: Request, error: Exception) -> Response:
    return PlainTextResponse(f"{error}\n", 500)
