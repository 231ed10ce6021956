"""Syncs many sensors into one store, in turns on one adapter."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from barhold.connection import Connection, SyncResult
from barhold.errors import LinkError
from barhold.link.endpoint import Endpoint
from barhold.store import Store
from barhold.sync import SensorQuery, connect, list_endpoints, run_in_turns
from barhold.sync.scheduler import AT_ONCE, TURN_S
from barhold.training import sensor_names

FRESH_S = 20.0
"""BlueZ forgets a device that it has not heard for 30 s."""
NEVER_S = -1e9
Now = Callable[[], int]
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a sensor failed, which is known by the name that was asked for or that it advertises."""

    sensor: str
    reason: str

    def __str__(self) -> str:
        return f"{self.sensor}: {self.reason}"


@dataclass(slots=True)
class SyncSummary:
    """A result for each sensor that answered, and a failure for each that did not finish."""

    by_id: dict[str, SyncResult] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)

    @property
    def results(self) -> list[SyncResult]:
        """In the order of their first answer."""
        return list(self.by_id.values())


async def sync_all(
    names: list[str],
    store: Store,
    now: Now,
    wait_s: float,
    tell: Tell,
    on_progress: Callable[[Connection], None] = lambda _: None,
) -> SyncSummary:
    """Sync the named sensors, or every sensor nearby; LinkError if there is none."""
    found = await _meant(names, store)
    done = SyncSummary()
    missing = [name for name, one in found.items() if one is None]
    done.failures += [Failure(name, "not found nearby: switch it on and bring it closer") for name in missing]
    there = [one for one in found.values() if one is not None]
    tell(f"{len(there)} sensors, up to {AT_ONCE} at once")
    await sync_found(there, store, now, wait_s, tell, on_progress, done)
    return done


async def sync_found(
    found: list[Endpoint],
    store: Store,
    now: Now,
    wait_s: float,
    tell: Tell,
    on_progress: Callable[[Connection], None],
    done: SyncSummary,
    turn_s: float = TURN_S,
) -> None:
    """Catch up with each place in turn, and note in `done` what became of it."""

    places = {one.address: (one, time.monotonic()) for one in found}

    async def work(one: Endpoint) -> None:
        place, seen_s = places[one.address]
        if time.monotonic() - seen_s > FRESH_S:
            place = await _seen_again(one)
        places[one.address] = (place, NEVER_S)  # unless it works, the next turn looks for it anew
        transport = await connect(place)
        places[one.address] = (place, time.monotonic())
        connection = Connection(transport, store, now, None, on_progress)
        try:
            await connection.run()
        finally:
            await transport.close()
            result = connection.result
            if result.device_id:
                done.by_id[result.device_id] = done.by_id.get(result.device_id, SyncResult()).plus(result)

    for turn in await run_in_turns(found, work, wait_s, turn_s=turn_s):
        done.failures.append(Failure(turn.target.shown, str(turn.error)))
        tell(str(done.failures[-1]))


async def _seen_again(one: Endpoint) -> Endpoint:
    """Scan until the sensor at this address shows: systems forget what they have not seen for a while."""
    for other in await list_endpoints(SensorQuery(), enough=lambda other: other.address == one.address):
        if other.address == one.address:
            return other
    raise LinkError(f"{one.shown} is out of range: bring it closer")


async def _meant(names: list[str], store: Store) -> dict[str, Endpoint | None]:
    """Return the place of each sensor meant, by its name or its address."""
    found = await list_endpoints(SensorQuery())
    if not found:
        raise LinkError("no sensor found nearby: switch them on and bring them closer")
    if not names:
        return {one.address: one for one in found}
    known = {one.device_id: one.name for one in store.devices()}
    meant: dict[str, Endpoint | None] = {}
    for name in names:
        ids = sensor_names.matching_ids(name, known)
        shown = sensor_names.sensor_name(ids[0], known[ids[0]]) if len(ids) == 1 else name
        alike = [one for one in found if one.name.casefold() == shown.casefold()]
        if len(alike) > 1:
            raise LinkError(f"{len(alike)} sensors are named {shown}: sync them with --all, or rename one by cable")
        meant[name] = alike[0] if alike else None
    return meant
