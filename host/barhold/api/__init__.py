"""What `import barhold` offers to scripts and notebooks; see the package's docstring for an example."""

import asyncio
import os
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from barhold.check import verdicts
from barhold.check.verdicts import SessionCheck
from barhold.connection import SyncResult
from barhold.exports import rows
from barhold.link.virtual import VirtualSensor
from barhold.model import TrainingSet
from barhold.plans import library
from barhold.plans.plan import Plan
from barhold.recordings import reader, replay
from barhold.store import Store
from barhold.sync import Reconnector, SensorQuery
from barhold.sync.one_sensor import sync, utc_clock
from barhold.training import sets

WAIT_S = 30.0
_REP_FIGURES = ("hold_s", "hold_err_s", "rise_s", "fall_s", "bottom_s", "rom_m", "peak_m_s")
REP_DTYPE = np.dtype(
    [("session", "i4"), ("set", "i4"), ("rep", "i4"), ("start_utc", "M8[ms]"), *((name, "f8") for name in _REP_FIGURES)]
)
"""One rep in `rep_array`: sessions and sets count from 1, `start_utc` is when its set began, names end in the unit."""


def open_store(path_or_url: str | os.PathLike[str] | None = None) -> Store:
    """Open a database, or create it; without an argument that of BARHOLD_DB or of the user's data folder.

    Use it in a `with` statement. StoreError or InputError says in one line what is wrong with it.
    """
    return Store.open(path_or_url)


def training_sets(
    store: Store, lifter: str = "", since: datetime | None = None, until: datetime | None = None
) -> list[TrainingSet]:
    """Return the sets as they count today, in order of time: of one lifter or of all, from `since` to before `until`.

    As long as nobody was named, `lifter` is the id of the sensor.
    """
    return list(store.sets.stream(lifter, since, until))


def rep_rows(training_sets: Iterable[TrainingSet]) -> list[dict[str, Any]]:
    """Return a dict per rep, with the columns of `barhold export csv`."""
    return list(rows.per_rep(training_sets))


def set_rows(training_sets: Iterable[TrainingSet]) -> list[dict[str, Any]]:
    """Return a dict per set, with the columns of `barhold export csv --per-set`."""
    return list(rows.per_set(training_sets))


def rep_array(training_sets: Iterable[TrainingSet]) -> NDArray[np.void]:
    """Return a structured array of shape (reps,) and dtype REP_DTYPE; durations in s, ranges in m, speeds in m/s."""
    values = []
    for session_number, session in enumerate(sets.sessions(training_sets), start=1):
        for set_number, training_set in enumerate(session, start=1):
            start = np.datetime64(round(training_set.start_utc.timestamp() * 1000), "ms")
            for row in rows.per_rep([training_set]):
                figures = (row[name] for name in _REP_FIGURES)
                values.append((session_number, set_number, row["rep"], start, *figures))
    return np.array(values, REP_DTYPE)


def find_plan(name_or_file: str | None = None) -> Plan:
    """Return a plan by its name or its TOML file; without an argument the one that was chosen."""
    return library.find(name_or_file)


def check_sessions(training_sets: Iterable[TrainingSet], plan: Plan | None = None) -> list[SessionCheck]:
    """Check every session in these sets against a plan, by default the chosen one; in order of time.

    Each result says whether the plan was met, with a verdict for each rep: `ok`, `short`, `long` or `unsure`.
    """
    return verdicts.check_sessions(sets.sessions(training_sets), plan or find_plan())


def replay_recording(path: str | os.PathLike[str]) -> list[TrainingSet]:
    """Return the sets that the sensor's own detector finds in a recording (CSV); they begin in 1970."""
    return replay.training_sets(reader.read(Path(path)))


def sync_sensor(
    store: Store,
    sensor: str = "",
    *,
    usb: bool = False,
    serial_port: str = "",
    wait_s: float = WAIT_S,
    on_message: Callable[[str], None] = lambda _: None,
) -> SyncResult:
    """Fetch what a sensor holds and the store lacks; return how many records there were.

    The sensor is meant by its name or a part of its id; by default the only one nearby, or the one on the cable.
    LinkError after `wait_s` seconds without progress. `on_message` gets what is waited for, in words.
    """
    keeper = Reconnector(SensorQuery(sensor, usb, serial_port), store, on_message, wait_s)
    return asyncio.run(keeper.catch_up(utc_clock()))


def sync_virtual_sensor(store: Store, recording: str | os.PathLike[str]) -> SyncResult:
    """Play a recording (CSV) on a virtual sensor, which is the firmware in this process, and sync it."""
    samples = reader.read(Path(recording)).samples

    async def play_and_sync() -> SyncResult:
        virtual = VirtualSensor(samples)
        await virtual.play()
        return await sync(virtual, store, utc_clock())

    return asyncio.run(play_and_sync())
