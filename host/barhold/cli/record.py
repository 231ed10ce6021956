"""`barhold record`: the raw motion of a training, to replay and to test with."""

import time
from contextlib import aclosing
from pathlib import Path
from typing import Annotated

import typer

from barhold.cli import _console, _sensor_options
from barhold.cli._options import WAIT_S, AsJson, Database, Overwrite, Port, Sensor, Usb, Wait
from barhold.connection import Control
from barhold.errors import LinkError
from barhold.output.words import count
from barhold.recordings.writer import Capture
from barhold.store import Recordings, Store, recording_id_of
from barhold.sync.one_sensor import utc_clock

LINE_EVERY_S = 10.0


def record(  # noqa: PLR0913, PLR0917 - one per option
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The recording to write (CSV).")],
    seconds: Annotated[
        float | None,
        typer.Option("--seconds", metavar="SECONDS", min=0.1, help="Stop after so long; otherwise Ctrl-C stops it."),
    ] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Keep it in the database too, to replay it later.")] = False,
    overwrite: Overwrite = False,
    sensor: Sensor = "",
    usb: Usb = False,
    port: Port = "",
    wait: Wait = WAIT_S,
    db: Database = None,
    as_json: AsJson = False,
) -> None:
    """Record a sensor's raw motion to FILE, in the format that `barhold replay` reads.

    Press Ctrl-C to stop; the exit status is then 0. The recording is FILE.part until it is complete. If the connection
    drops, what was recorded before is kept.

    \b
    Examples:
      barhold record training.csv --seconds 1
      barhold record training.csv --sensor bar-1 --seconds 1 --overwrite
      barhold record new.csv --sensor bar-1 --seconds 1 --keep --json
    """

    error, device_id, kept = None, "", None

    async def work(control: Control) -> None:
        nonlocal device_id
        device_id = control.info.device_id
        await _gather(control, capture, seconds)

    with Store.open(db) as store, Capture(file, overwrite) as capture:
        try:
            _sensor_options.in_connection(sensor, usb, port, wait, store, work)
        except LinkError as broke:
            error = broke
        except KeyboardInterrupt:
            _console.note("stopped")
        if capture.close() and keep:
            kept = keep_recording(store, file.read_text(encoding="utf-8"), file.name, device_id)
    _tell(capture, file, kept, as_json)
    if error:
        raise error


async def _gather(control: Control, capture: Capture, seconds: float | None) -> None:

    told_s = time.monotonic()
    _console.step(f"recording from {control.info.name}" + ("" if seconds else "; press Ctrl-C to stop"))
    async with aclosing(control.stream()) as pieces:
        async for piece in pieces:
            capture.add(piece.packed, piece.lost)
            if seconds is not None and capture.duration_s >= seconds:
                return
            if time.monotonic() - told_s >= LINE_EVERY_S:
                told_s = time.monotonic()
                _console.step(f"{capture.duration_s:.0f} s, {count(capture.lost, 'sample')} lost")


def keep_recording(store: Store, csv: str, name: str, device_id: str) -> str:
    """Keep a recording in the database, and say so; return its id there."""

    new = Recordings(store).keep(csv, name, device_id, utc_clock()())
    _console.note(f"{name} is {'' if new else 'already '}kept: `barhold replay --from-store` replays it")
    return recording_id_of(csv)


def _tell(capture: Capture, file: Path, kept: str | None, as_json: bool) -> None:
    if capture.samples < 2:
        _console.note(f"no samples arrived, so {file} was not written")
        return
    if as_json:
        figures = {"samples": capture.samples, "seconds": capture.duration_s, "gaps": capture.gaps}
        _console.json_result("record", file=str(file), **figures, lost=capture.lost, recording=kept)
        return
    lost = f", {capture.lost} lost on the way" if capture.lost else ""
    _console.line(f"{file}: {count(capture.samples, 'sample')}, {capture.duration_s:.1f} s{lost}")
