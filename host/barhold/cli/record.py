"""`barhold record`: the raw motion of a training, to replay and to test with."""

import time
from contextlib import aclosing
from pathlib import Path
from typing import Annotated

import typer

from barhold.cli import _console, _sensor_options
from barhold.cli._options import WAIT_S, AsJson, Database, Port, Sensor, Usb, Wait
from barhold.connection import Control
from barhold.errors import LinkError
from barhold.recordings.writer import Capture
from barhold.store import Recordings, Store, recording_id_of
from barhold.sync.one_sensor import utc_clock

LINE_EVERY_S = 10.0


def record(  # noqa: PLR0913, PLR0917 - one per option
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The recording to write (CSV).")],
    seconds: Annotated[
        float | None, typer.Option("--seconds", min=0.1, help="End after that long; otherwise Ctrl-C ends it.")
    ] = None,
    keep: Annotated[
        bool, typer.Option("--keep", help="Keep it in the database too, for `replay --from-store`.")
    ] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace FILE if it exists.")] = False,
    sensor: Sensor = "",
    usb: Usb = False,
    port: Port = "",
    wait: Wait = WAIT_S,
    db: Database = None,
    as_json: AsJson = False,
) -> None:
    """Write the sensor's raw samples to FILE, in the format that `barhold replay` reads.

    FILE appears at the end, whole; until then it is FILE.part. What came before a break is kept, and so is what came
    before Ctrl-C, which ends it with exit status 0.

    \b
    Examples:
      barhold record training.csv --seconds 1
      barhold record training.csv --seconds 1 --overwrite --sensor bar-1 --keep --json
    """

    error, device_id, kept = None, "", None

    async def work(control: Control) -> None:
        nonlocal device_id
        device_id = control.info.device_id
        await _gather(control, capture, seconds)

    with Store.open(db) as store, Capture(file, overwrite) as capture:
        try:
            _sensor_options.in_session(sensor, usb, port, wait, store, work)
        except LinkError as broke:
            error = broke
        except KeyboardInterrupt:
            _console.note("ended")
        if capture.close() and keep:
            kept = keep_recording(store, file.read_text(encoding="utf-8"), file.name, device_id)
    _tell(capture, file, kept, as_json)
    if error:
        raise error


async def _gather(control: Control, capture: Capture, seconds: float | None) -> None:

    told_s = time.monotonic()
    _console.step(f"recording from {control.info.name}" + ("" if seconds else "; Ctrl-C ends it"))
    async with aclosing(control.stream()) as pieces:
        async for piece in pieces:
            capture.add(piece.packed, piece.lost)
            if seconds is not None and capture.duration_s >= seconds:
                return
            if time.monotonic() - told_s >= LINE_EVERY_S:
                told_s = time.monotonic()
                _console.step(f"{capture.duration_s:.0f} s, {capture.lost} samples lost")


def keep_recording(store: Store, csv: str, name: str, device_id: str) -> str:
    """Keep a recording in the database, and say so; return its id there."""

    new = Recordings(store).keep(csv, name, device_id, utc_clock()())
    _console.note(f"{name} is {'' if new else 'already '}kept: `barhold replay --from-store` judges it again")
    return recording_id_of(csv)


def _tell(capture: Capture, file: Path, kept: str | None, as_json: bool) -> None:
    if capture.samples < 2:
        _console.note(f"no sample came, {file} was not written")
        return
    if as_json:
        figures = {"samples": capture.samples, "seconds": capture.duration_s, "gaps": capture.gaps}
        _console.json_result("record", file=str(file), **figures, lost=capture.lost, recording=kept)
        return
    lost = f", {capture.lost} lost on the way" if capture.lost else ""
    _console.line(f"{file}: {capture.samples} samples, {capture.duration_s:.1f} s{lost}")
