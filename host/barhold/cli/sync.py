"""`barhold sync`: records from sensors into the database."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from barhold import generate
from barhold.cli import _console, _sensor_options
from barhold.cli._options import WAIT_S, AsJson, Database, Port, Sensors, Usb, Wait, is_demo
from barhold.cli._sync_progress import SyncProgress
from barhold.cli.record import keep_recording
from barhold.connection import SyncResult
from barhold.errors import InputError, LinkError
from barhold.link.ble import SCAN_S
from barhold.link.virtual import VirtualSensor
from barhold.output.words import count
from barhold.recordings import reader as recordings
from barhold.recordings.reader import Recording
from barhold.store import Store
from barhold.sync import Reconnector, SensorQuery, many_sensors
from barhold.sync.one_sensor import sync as catch_up_with
from barhold.sync.one_sensor import utc_clock
from barhold.training import sensor_names, wall_time


def sync(  # noqa: PLR0913, PLR0917 - one per option
    context: typer.Context,
    names: Sensors = None,
    every: Annotated[bool, typer.Option("--all", help="Sync every sensor nearby, up to four at once.")] = False,
    usb: Usb = False,
    port: Port = "",
    wait: Wait = WAIT_S,
    virtual: Annotated[
        Path | None,
        typer.Option("--virtual", metavar="RECORDING", help="Sync a virtual sensor that plays this CSV."),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(
            "--seed", metavar="NUMBER", min=0, help="Sync a virtual sensor that plays the generated session NUMBER."
        ),
    ] = None,
    keep: Annotated[
        bool, typer.Option("--keep", help="Keep what the virtual sensor plays, to replay it later.")
    ] = False,
    db: Database = None,
    as_json: AsJson = False,
) -> None:
    """Fetch the training that the sensor holds and the database lacks. Syncing twice adds nothing.

    If the connection drops, syncing resumes where it was. It gives up after --wait seconds without progress. The sensor
    may forget a record only once it is in the database.

    \b
    Examples:
      barhold sync
      barhold sync bar-1 bar-2
      barhold sync --all --wait 120 --json
      barhold sync --usb
      barhold sync --virtual session.csv
      barhold sync --seed 2 --keep
    """

    _refuse_both(names or [], every, usb or bool(port), virtual, seed)
    if is_demo(context) and virtual is None and seed is None:
        raise InputError("--demo is for virtual sensors: add --seed NUMBER, or leave it out for your own training")
    if virtual is not None or seed is not None:
        taken = recordings.read(virtual) if virtual else generated_recording(seed or 0)
        with Store.open(db) as store:
            result = sync_virtual(taken, store)
            kept = None
            if keep:
                kept = keep_recording(store, recordings.to_csv(taken.samples), taken.name, result.device_id)
        print_result(result, as_json, kept)
        return
    if keep:
        raise InputError("--keep is for a virtual sensor: for a real one use `barhold record FILE --keep`")
    if usb and every:
        raise InputError("--all is for the radio: name the sensor's port with --serial-port")
    with Store.open(db) as store:
        if every or len(names or []) > 1:
            _sync_many(names or [], wait, store, as_json)
        else:
            _sync_one(SensorQuery(next(iter(names or []), ""), usb, port), wait, store, as_json)


def _refuse_both(names: list[str], every: bool, cable: bool, virtual: Path | None, seed: int | None) -> None:

    said = [bool(names), every, cable, virtual is not None, seed is not None]
    if sum(said) > 1:
        raise InputError("sync takes one of: sensors, --all, --usb or --serial-port, --virtual, --seed")


def _sync_one(wanted: SensorQuery, wait_s: float, store: Store, as_json: bool) -> None:

    with SyncProgress() as progress:
        progress.wait_for(f"looking for {_sensor_options.describe_query(wanted)}", wait_s)
        keeper = Reconnector(wanted, store, progress.note, wait_s)
        try:
            result = _sensor_options.run(keeper.catch_up(utc_clock(), progress.show))
        except LinkError as error:
            if keeper.result.received:
                progress.note(f"so far: {summary(keeper.result)}")
            if as_json:
                if keeper.result.device_id:
                    print_result(keeper.result, True)
                _tell_failed(wanted.sensor or wanted.port or keeper.result.name, str(error))
            raise
    print_result(result, as_json)


def _sync_many(names: list[str], wait_s: float, store: Store, as_json: bool) -> None:

    with SyncProgress() as progress:
        progress.wait_for(f"looking for {', '.join(names)}" if names else "looking for sensors", SCAN_S)
        done = _sensor_options.run(
            many_sensors.sync_all(names, store, utc_clock(), wait_s, progress.note, progress.show)
        )
    for result in done.results:
        print_result(result, as_json)
    for failure in done.failures:
        if as_json:
            _tell_failed(failure.sensor, failure.reason)
        _console.note(str(failure))
    if done.failures:
        raise typer.Exit(2)


def generated_recording(seed: int, sets: int = 3, reps: int = 8) -> Recording:
    """Return a generated session as a recording."""

    made = generate.session(seed, sets, reps)
    return Recording(f"generated-{seed}", 0.0, made.rate_hz, made.samples)


def sync_virtual(taken: Recording, store: Store) -> SyncResult:
    """Play `taken` on the virtual sensor, then sync the sensor into `store`."""

    async def run() -> SyncResult:
        sensor = VirtualSensor(taken.samples)
        await sensor.play()
        return await catch_up_with(sensor, store, utc_clock())

    return asyncio.run(run())


def print_result(result: SyncResult, as_json: bool, kept: str | None = None) -> None:
    """Print what a sync did, and under which id the recording was kept."""
    if result.clock_ahead_ms:
        _console.note(clock_warning(result.clock_ahead_ms, result.name or result.device_id))
    if result.turns_refused:
        told = count(result.turns_refused, "turn")
        _console.note(f"{told} by the button of {result.name}: this computer may not name that lifter in the database")
    if not as_json:
        _console.line(summary(result))
        return
    counts = ("received", "new", "already_stored", "quarantined", "lost", "damaged", "not_held", "turns")
    figures = {count: getattr(result, count) for count in (*counts, "clock_ahead_ms")}
    _console.json_result("sync", device=result.device_id, name=result.name or None, **figures, recording=kept)


def clock_warning(ahead_ms: int, sensor: str) -> str:
    """Return what a user is told when this computer's clock contradicts the one that synced the sensor before."""
    return (
        f"this computer's clock differs by {wall_time.duration_words(ahead_ms)} from the one that synced {sensor} "
        "before; stored times stay. If this computer is right: `barhold time --accept`"
    )


def _tell_failed(sensor: str, reason: str) -> None:
    _console.json_result("sync_failed", sensor=sensor or None, reason=reason)


def summary(result: SyncResult) -> str:
    """Summarise a sync in one line."""
    name = sensor_names.sensor_name(result.device_id, result.name)
    counts = [f"{result.new} new", f"{result.already_stored} already stored"]
    if result.quarantined:
        counts.append(f"{result.quarantined} damaged and set aside")
    if result.lost:
        counts.append(f"{result.lost} lost on the sensor before this sync")
    if result.damaged:
        counts.append(f"{result.damaged} unreadable on the sensor: damaged on its flash")
    if result.not_held:
        counts.append(f"{result.not_held} older ones on neither this computer nor the sensor")
    if result.turns:
        counts.append(f"{count(result.turns, 'turn')} by its button")
    return f"{name}: {count(result.received, 'record')}, {', '.join(counts)}"
