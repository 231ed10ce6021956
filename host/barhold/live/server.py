"""The server itself: its socket, its addresses, its end."""

import asyncio
import socket
from collections.abc import Callable, Coroutine, Sequence
from types import FrameType
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from barhold.errors import BarholdError, InputError
from barhold.live.broadcaster import Hub

Source = Callable[[], Coroutine[Any, Any, None]]
MOST_CONNECTIONS = 200
_ELSEWHERE = ("192.0.2.1", 9)  # nobody's, by RFC 5737; connecting a datagram socket sends nothing


class _Server(uvicorn.Server):
    """Ends the streams of events before it waits for connections to end."""

    def __init__(self, config: uvicorn.Config, hub: Hub) -> None:
        super().__init__(config)
        self._hub = hub

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._hub.close()
        super().handle_exit(sig, frame)


def listen(port: int, lan: bool) -> socket.socket:
    """Return a listening socket, of this computer alone or of its network; port 0 is any free one."""
    place = "0.0.0.0" if lan else "127.0.0.1"  # noqa: S104 - asked for by --lan, and then a token is needed
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((place, port))
        bound.listen()  # who comes before the server runs waits for it
    except OSError as error:
        bound.close()
        raise InputError(f"port {port}: {error.strerror}: choose another one with --port") from error
    return bound


def lan_address() -> str:
    """Return this computer's address in its network; its name where no way leads out, as on a phone's hotspot."""
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


async def run(app: ASGIApp, hub: Hub, bound: socket.socket, sources: Sequence[Source], seconds: float | None) -> None:
    """Serve until interrupted or for `seconds`; a source that fails ends it."""
    settings = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        server_header=False,
        lifespan="off",
        limit_concurrency=MOST_CONNECTIONS,
        timeout_graceful_shutdown=2,
    )
    server = _Server(settings, hub)

    async def serve() -> None:
        await server.serve(sockets=[bound])
        for task in tasks:
            task.cancel()

    async def end() -> None:
        await asyncio.sleep(seconds or 0)
        server.should_exit = True
        hub.close()

    failures: list[BaseException] = []
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(source()) for source in sources]
            if seconds is not None:
                tasks.append(group.create_task(end()))
            group.create_task(serve())
    except* BarholdError as failed:
        failures.extend(failed.exceptions)  # Python 3.11.2 would wrap what is raised from in here
    if failures:
        raise failures[0]
