"""`barhold sync`: records from a sensor into the database."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from barhold.cli.options import Database

if TYPE_CHECKING:
    from barhold.recording import Recording
    from barhold.session import SyncResult
    from barhold.store import Store


def sync(
    recording: Annotated[
        Path | None, typer.Argument(metavar="[RECORDING]", help="What the virtual sensor plays (CSV).")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Without RECORDING: which generated session.")] = 1,
    db: Database = None,
) -> None:
    """Fetch what a sensor has and the database has not; doing it twice adds nothing.

    For now the sensor is a virtual one: the firmware itself, playing a recording or a generated session.

    \b
    Examples:
      barhold sync session.csv
      barhold sync --seed 2
    """
    from barhold import recording as recordings
    from barhold.store import Store

    taken = recordings.read(recording) if recording else generated(seed)
    with Store.open(db) as store:
        typer.echo(summary(catch_up(taken, store)))


def generated(seed: int, sets: int = 3, reps: int = 8) -> "Recording":
    """Return a generated session as a recording."""
    from barhold import generate
    from barhold.recording import Recording

    made = generate.session(seed, sets, reps)
    return Recording(f"generated-{seed}", 0.0, made.rate_hz, made.samples)


def catch_up(taken: "Recording", store: "Store") -> "SyncResult":
    """Play `taken` on the virtual sensor, then sync the sensor into `store`."""
    import asyncio

    from barhold.link.virtual import VirtualSensor
    from barhold.sync import sync as catch_up_with
    from barhold.sync import utc_clock

    async def run() -> "SyncResult":
        sensor = VirtualSensor(taken.samples)
        await sensor.play()
        return await catch_up_with(sensor, store, utc_clock())

    return asyncio.run(run())


def summary(result: "SyncResult") -> str:
    """Return what a sync did, in one line."""
    counts = [f"{result.new} new", f"{result.already_stored} already stored"]
    if result.quarantined:
        counts.append(f"{result.quarantined} damaged and set aside")
    if result.lost:
        counts.append(f"{result.lost} lost on the sensor before this sync")
    if result.not_held:
        counts.append(f"{result.not_held} older ones held neither here nor on the sensor")
    return f"sensor {result.device_id}: {result.received} records, {', '.join(counts)}"
