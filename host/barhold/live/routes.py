"""The server's routes: the pages, their events, the training, the report, changes, and the login for phones."""

import io
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from importlib.resources import files
from typing import TYPE_CHECKING, Any
from uuid import UUID

import segno
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

from barhold.errors import BarholdError, InputError
from barhold.live.access import COOKIE, ENTER_PATH, AccessGuard, is_own_address
from barhold.live.broadcaster import Broadcaster
from barhold.live.training_service import TrainingService

if TYPE_CHECKING:
    from barhold.live.app import LiveApp

BEAT_S = 4.0
"""A page hears from the server at least this often, which is how it knows that the server is there."""
_COOKIE_S = 90 * 24 * 3600
_TOKEN_MOST = 100
_CHANGE_MOST = 4096
_NO_ROOM = "too many pages are open already: close one\n"
Change = Callable[[TrainingService, dict[str, Any]], set[str]]


class Routes:
    """The pages of one server. `invitation` is the address with the token in it, "" without one."""

    def __init__(self, broadcaster: Broadcaster, live: "LiveApp", invitation: str) -> None:
        self._broadcaster = broadcaster
        self._live = live
        self._invitation = invitation

    def app(self, names: frozenset[str], token: str) -> AccessGuard:
        """Return the whole application, behind its guard."""
        static = str(files("barhold.live") / "static")
        changes: dict[str, Change] = {
            "/turn": self._take_turn,
            "/next-set": self._plan_next_set,
            "/edit": _edit,
            "/undo": _undo,
            "/lifter": _add_lifter,
        }
        routes = [
            Route("/", _page("live.html")),
            Route("/board", _page("board.html")),
            Route("/events", self._events),
            Route("/training", self._show_training),
            *(Route(path, partial(self._change, change), methods=["POST"]) for path, change in changes.items()),
            Route("/report", self._show_report),
            Route("/manifest.webmanifest", _manifest),
            Route("/phone", self._phone),
            Route("/phone.svg", self._phone_code),
            Route(ENTER_PATH, _page("enter.html")),
            Route(ENTER_PATH, self._enter, methods=["POST"]),
            Mount("/static", StaticFiles(directory=static)),
        ]
        handlers = {InputError: _refuse, BarholdError: _fail, ClientDisconnect: _gone}
        self._guard = AccessGuard(Starlette(routes=routes, exception_handlers=handlers), names, token)
        return self._guard

    async def _events(self, _: Request) -> Response:
        return _EventStream(self._broadcaster)

    async def _show_training(self, _: Request) -> Response:
        return JSONResponse(await self._live.call_service(lambda service: service.shown))

    async def _change(self, change: Change, request: Request) -> Response:
        asked = await _asked(request)
        await self._live.change(lambda service: change(service, asked))
        return Response(status_code=204)

    def _take_turn(self, service: TrainingService, asked: dict[str, Any]) -> set[str]:
        device_id, lifter = _text(asked, "sensor"), _text(asked, "lifter")
        return service.take_turn(device_id, lifter, _whole(asked, "since_seen_ms"), self._now_utc_ms(device_id))

    def _plan_next_set(self, service: TrainingService, asked: dict[str, Any]) -> set[str]:
        device_id = _text(asked, "sensor")
        return service.plan_next_set(device_id, _words(asked), _request_id(asked), self._now_utc_ms(device_id))

    def _now_utc_ms(self, device_id: str) -> int:
        now_utc_ms = self._live.now_utc_ms(device_id)
        if now_utc_ms is None:
            raise InputError("this sensor has not connected yet: wait until it has")
        return now_utc_ms

    async def _show_report(self, request: Request) -> Response:
        owner = request.query_params.get("lifter", "")
        page, policy = await self._live.call_service(lambda service: service.report(owner))
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
        token = (await _body(request, _TOKEN_MOST)).decode("utf-8", "replace").strip()
        if not self._guard.is_token(token):
            return PlainTextResponse("this is not the token: scan the code again\n", 401)
        answer = PlainTextResponse("", 204)
        answer.set_cookie(COOKIE, token, max_age=_COOKIE_S, httponly=True, samesite="strict")
        return answer


class _EventStream(Response):
    """The states as server-sent events; 503 where there is no room for one more page."""

    def __init__(self, broadcaster: Broadcaster) -> None:
        super().__init__()
        self._broadcaster = broadcaster

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._broadcaster.admit_viewer(scope["client"][0], is_own_address(scope)) as admitted:
            answer: Response = PlainTextResponse(_NO_ROOM, 503, {"Retry-After": "5"})
            if admitted:
                answer = StreamingResponse(self._states(), media_type="text/event-stream")
            await answer(scope, receive, send)

    async def _states(self) -> AsyncIterator[str]:
        broadcaster, number = self._broadcaster, -1
        yield "retry: 1000\n\n"
        while not broadcaster.closed:
            await broadcaster.wait_for_newer(number, BEAT_S)
            number = broadcaster.number
            state = json.dumps(broadcaster.state(time.monotonic()), allow_nan=False)
            yield f"id: {broadcaster.run}-{number}\ndata: {state}\n\n"


def _page(name: str) -> Callable[[Request], Awaitable[Response]]:
    text = (files("barhold.live") / "static" / name).read_text(encoding="utf-8")

    async def page(_: Request) -> Response:
        return HTMLResponse(text)

    return page


async def _manifest(_: Request) -> Response:
    text = (files("barhold.live") / "static" / "manifest.webmanifest").read_text(encoding="utf-8")
    return Response(text, media_type="application/manifest+json")


def _edit(service: TrainingService, asked: dict[str, Any]) -> set[str]:
    return service.edit(_text(asked, "set"), _words(asked), _request_id(asked))


def _undo(service: TrainingService, asked: dict[str, Any]) -> set[str]:
    return service.undo(_words(asked, "edits"))


def _add_lifter(service: TrainingService, asked: dict[str, Any]) -> set[str]:
    return service.add_lifter(_text(asked, "name").strip())


async def _asked(request: Request) -> dict[str, Any]:
    """Return the JSON object of a request. Another site's form cannot send this content type."""
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise InputError("a change is asked for in JSON")
    try:
        asked = json.loads(await _body(request, _CHANGE_MOST))
    except (ValueError, RecursionError):
        raise InputError("a change is asked for in JSON") from None
    if not isinstance(asked, dict):
        raise InputError("a change is asked for as a JSON object")
    return asked


async def _body(request: Request, most: int) -> bytes:
    """Return a request's body, cut off soon after `most` bytes."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > most:
            break
    return body


def _text(asked: dict[str, Any], name: str) -> str:
    value = asked.get(name)
    if not isinstance(value, str):
        raise InputError(f"{name} must be a text")
    return value


def _whole(asked: dict[str, Any], name: str) -> int:
    value = asked.get(name)
    if not isinstance(value, int) or isinstance(value, bool):
        raise InputError(f"{name} must be a whole number")
    return value


def _words(asked: dict[str, Any], name: str = "words") -> list[str]:
    value = asked.get(name)
    if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
        raise InputError(f"{name} must be a list of texts")
    return value


def _request_id(asked: dict[str, Any]) -> UUID:
    try:
        return UUID(hex=_text(asked, "id"))
    except ValueError:
        raise InputError("id must be 32 hex digits") from None


async def _refuse(_: Request, error: Exception) -> Response:
    return PlainTextResponse(f"{error}\n", 400)


async def _fail(_: Request, error: Exception) -> Response:
    return PlainTextResponse(f"{error}\n", 500)


async def _gone(_: Request, __: Exception) -> Response:
    return Response(status_code=400)  # nobody reads it: the other end has closed the connection
