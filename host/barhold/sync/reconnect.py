"""Finds one sensor, connects and does the work, and reconnects to the same sensor when the link breaks."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

from barhold.connection import Connection, Control, Info, SyncResult
from barhold.errors import LinkError, NotPluggedInError, RefusedError
from barhold.link.transport import Transport
from barhold.store import Store
from barhold.sync.discovery import SensorQuery, connect, find_sensor
from barhold.sync.retry import Backoff, retry_on_link_error

Result = TypeVar("Result")
Tell = Callable[[str], None]
Now = Callable[[], int]


class Reconnector:
    """One sensor, however often its link breaks; `wait_s` is how long to try without progress, None for ever."""

    def __init__(self, wanted: SensorQuery, store: Store, tell: Tell, wait_s: float | None) -> None:
        self._wanted = wanted
        self._store = store
        self._tell_user = tell
        self._told: set[str] = set()
        self._backoff = Backoff(wait_s, time.monotonic())
        self._gives_up = wait_s is not None
        self._name = ""
        self.device_id = ""
        self.result = SyncResult()

    async def catch_up(self, now: Now, on_progress: Callable[[Connection], None] = lambda _: None) -> SyncResult:
        """Fetch all that the sensor has; return the sum over all connections."""

        async def attempt() -> None:
            async with self._link() as transport:
                connection = Connection(
                    transport, self._store, now, None, self._noting(on_progress), False, self.device_id
                )
                await self._run(connection)

        await retry_on_link_error(attempt, self._backoff, self._tell)
        return self.result

    async def follow(
        self, now: Now, on_live: Callable[[bytes], None], on_progress: Callable[[Connection], None] = lambda _: None
    ) -> None:
        """Hand on what happens live and store what lasts, until cancelled."""

        async def attempt() -> None:
            async with self._link() as transport:
                connection = Connection(
                    transport, self._store, now, on_live, self._noting(on_progress), True, self.device_id
                )
                await self._run(connection)

        await retry_on_link_error(attempt, self._backoff, self._tell)

    async def control(self, work: Callable[[Control], Awaitable[Result]], check_key: bool = True) -> Result:
        """Do `work` in one connection; after a break, start it again in a new one."""

        async def attempt() -> Result:
            keys = self._store.key_of if check_key else (lambda _: None)
            async with self._link() as transport:
                control = await Control.open(transport, keys, self.device_id)
                self._met(control.info)
                try:
                    return await work(control)
                finally:
                    await control.close()

        return await retry_on_link_error(attempt, self._backoff, self._tell)

    def progress(self) -> None:
        """Note that something was achieved: the time to give up begins anew."""
        self._backoff.progress(time.monotonic())
        self._told.clear()

    def _tell(self, text: str) -> None:
        """Report a reason once until there is progress: a sensor that is away for an hour must not fill the screen."""
        if text not in self._told:
            self._told.add(text)
            self._tell_user(text)

    @asynccontextmanager
    async def _link(self) -> AsyncIterator[Transport]:
        wanted, known = self._wanted, {one.device_id: one.name for one in self._store.devices()}
        if self.device_id and not wanted.by_cable:
            wanted = SensorQuery(self.device_id)
            known[self.device_id] = self._name or known.get(self.device_id, "")
        try:
            found, expected = await find_sensor(wanted, known)
            if expected and not self.device_id:
                self.device_id = expected
            self._tell(f"connecting to {found.shown}")
            transport = await connect(found)
        except NotPluggedInError as error:
            # A board that was there comes back after a reset. Where none was, waiting would only hide the reason,
            # unless the command waits for ever.
            raise (RefusedError if self._gives_up and not self._name else LinkError)(str(error)) from error
        try:
            yield transport
        finally:
            await transport.close()

    def _met(self, info: Info) -> None:
        self.device_id, self._name = info.device_id, info.name

    async def _run(self, connection: Connection) -> None:
        try:
            await connection.run()
        finally:
            self.result = self.result.plus(connection.result)

    def _noting(self, on_progress: Callable[[Connection], None]) -> Callable[[Connection], None]:
        new = 0

        def note(connection: Connection) -> None:
            nonlocal new
            self._met(connection.info)
            if connection.result.new > new:  # a peer that answers and gives nothing must not be retried for ever
                new = connection.result.new
                self.progress()
            on_progress(connection)

        return note
