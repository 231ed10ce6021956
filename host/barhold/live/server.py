"""The HTTP server: its socket, its addresses, its limits on connections, and its shutdown.

Whoever reaches the port may open connections before any token is asked for. So a request must be complete within
REQUEST_S, one address holds at most CONNECTIONS_PER_ADDRESS of them, all others together OTHER_CONNECTIONS, and this
computer has OWN_CONNECTIONS that nobody else can use up.
"""

import asyncio
import socket
from collections.abc import Callable, Coroutine, Sequence
from types import FrameType
from typing import Any

import h11
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from barhold.errors import BarholdError, InputError
from barhold.live.broadcaster import Broadcaster
from barhold.live.quota import Quota

Task = Callable[[], Coroutine[Any, Any, None]]
REQUEST_S = 5.0
OTHER_CONNECTIONS, CONNECTIONS_PER_ADDRESS, OWN_CONNECTIONS = 200, 24, 64
_ELSEWHERE = ("192.0.2.1", 9)  # nobody's, by RFC 5737; connecting a datagram socket sends nothing
_FULL = b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 5\r\nContent-Length: 0\r\n\r\n"


class _Config(uvicorn.Config):
    """The settings, and the connections that each address holds."""

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(
            app,
            http=_LimitedProtocol,
            log_level="error",
            access_log=False,
            server_header=False,
            lifespan="off",
            ws="none",
            timeout_graceful_shutdown=2,
        )
        self.connections = Quota(OTHER_CONNECTIONS, CONNECTIONS_PER_ADDRESS, OWN_CONNECTIONS)


class _LimitedProtocol(H11Protocol):
    """One connection: refused where its address holds enough, closed where a request does not come to its end."""

    config: _Config
    _holder: tuple[str, bool] | None = None
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        address = self.client[0] if self.client else ""
        is_own = self.server is not None and address == self.server[0]
        if not self.config.connections.acquire(address, is_own):
            transport.write(_FULL)
            transport.close()
            return
        self._holder = (address, is_own)
        self._await_request()

    def data_received(self, data: bytes) -> None:
        if self._holder is None:
            return
        super().data_received(data)
        if self.conn.their_state not in (h11.IDLE, h11.SEND_BODY):
            self._stop_waiting()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.conn.their_state is h11.IDLE:
            self._await_request()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        if self._holder is not None:
            self.config.connections.release(*self._holder)
            self._holder = None
        super().connection_lost(exc)

    def _await_request(self) -> None:
        self._stop_waiting()
        self._deadline = self.loop.call_later(REQUEST_S, self.transport.abort)

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


class _Server(uvicorn.Server):
    """Ends the streams of events before it waits for connections to end."""

    def __init__(self, config: uvicorn.Config, broadcaster: Broadcaster) -> None:
        super().__init__(config)
        self._broadcaster = broadcaster

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._broadcaster.close()
        super().handle_exit(sig, frame)


def listen(port: int, lan: bool) -> socket.socket:
    """Return a listening socket, of this computer alone or of its network; port 0 is any free one."""
    place = "0.0.0.0" if lan else "127.0.0.1"  # noqa: S104 - asked for by --lan, and then a token is needed
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((place, port))
        bound.listen()  # a client that connects before the server runs waits for it
    except OSError as error:
        bound.close()
        raise InputError(f"port {port}: {error.strerror}: choose another one with --port") from error
    return bound


def lan_address() -> str:
    """Return this computer's address in its network; its name where no route leads out, as on a phone's hotspot."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        try:
            asking.connect(_ELSEWHERE)
        except OSError:
            return f"{socket.gethostname().lower()}.local"
        return str(asking.getsockname()[0])


def own_names(lan: bool) -> frozenset[str]:
    """Return the names by which this computer may be asked."""
    host = socket.gethostname().lower()
    return frozenset({"localhost", host, f"{host}.local"} if lan else {"localhost"})


async def run(
    app: ASGIApp, broadcaster: Broadcaster, bound: socket.socket, tasks: Sequence[Task], seconds: float | None
) -> None:
    """Serve until interrupted or for `seconds`, and run `tasks` meanwhile; a task that fails ends it."""
    server = _Server(_Config(app), broadcaster)

    async def serve() -> None:
        await server.serve(sockets=[bound])
        for task in running:
            task.cancel()

    async def end() -> None:
        await asyncio.sleep(seconds or 0)
        server.should_exit = True
        broadcaster.close()

    failures: list[BaseException] = []
    try:
        async with asyncio.TaskGroup() as group:
            running = [group.create_task(task()) for task in tasks]
            if seconds is not None:
                running.append(group.create_task(end()))
            group.create_task(serve())
    except* BarholdError as failed:
        failures.extend(failed.exceptions)  # Python 3.11.2 would wrap what is raised in here
    if failures:
        raise failures[0]
