"""Many sensors into one store, in turns on one adapter."""

from collections.abc import Callable
from dataclasses import dataclass, field

from barhold.errors import LinkError
from barhold.link.found import Found
from barhold.reach import Wanted, connect, near, rotate
from barhold.reach.turns import AT_ONCE, TURN_S
from barhold.session import Session, SyncResult
from barhold.store import Store

Now = Callable[[], int]
Tell = Callable[[str], None]


@dataclass(slots=True)
class Done:
    """What became of it: a result per sensor that answered, a line per sensor that failed."""

    by_id: dict[str, SyncResult] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)

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
    on_progress: Callable[[Session], None] = lambda _: None,
) -> Done:
    """Catch up with the named sensors, or with every one near; LinkError when none is."""
    found = await _meant(names, store)
    done = Done()
    missing = [name for name, one in found.items() if one is None]
    done.failures += [f"sensor {name} is not near: switch it on and bring it near" for name in missing]
    there = [one for one in found.values() if one is not None]
    tell(f"{len(there)} sensors, up to {AT_ONCE} at once")
    await sync_found(there, store, now, wait_s, tell, on_progress, done)
    return done


async def sync_found(
    found: list[Found],
    store: Store,
    now: Now,
    wait_s: float,
    tell: Tell,
    on_progress: Callable[[Session], None],
    done: Done,
    turn_s: float = TURN_S,
) -> None:
    """Catch up with each place in turn, and note in `done` what became of it."""

    async def work(one: Found) -> None:
        transport = await connect(one)
        session = Session(transport, store, now, None, on_progress)
        try:
            await session.run()
        finally:
            await transport.close()
            result = session.result
            if result.device_id:
                done.by_id[result.device_id] = done.by_id.get(result.device_id, SyncResult()).plus(result)

    for turn in await rotate(found, work, wait_s, turn_s=turn_s):
        done.failures.append(f"{turn.target.shown}: {turn.error}")
        tell(done.failures[-1])


async def _meant(names: list[str], store: Store) -> dict[str, Found | None]:
    """Return the place of each sensor meant, by its name or its address."""
    found = await near(Wanted())
    if not found:
        raise LinkError("no sensor is near: switch them on and bring them near")
    if not names:
        return {one.address: one for one in found}
    known = {one.device_id: one.name for one in store.devices()}
    meant: dict[str, Found | None] = {}
    for name in names:
        ids = [device_id for device_id in known if len(name) >= 4 and device_id.startswith(name.lower())]
        shown = known[ids[0]] if len(ids) == 1 else name
        alike = [one for one in found if one.name.casefold() == shown.casefold()]
        if len(alike) > 1:
            raise LinkError(f"{len(alike)} sensors are named {shown}: sync them with --all, or rename one by cable")
        meant[name] = alike[0] if alike else None
    return meant
