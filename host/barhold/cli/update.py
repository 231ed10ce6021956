"""`barhold update`: brings a sensor to this install's firmware."""

from pathlib import Path
from typing import Annotated

import typer

from barhold.cli import _console, _sensor_options
from barhold.cli._options import AsJson, Database, Port, Usb, Wait
from barhold.cli._progress_bar import Bar
from barhold.connection import Control
from barhold.image import bundle as bundles
from barhold.image import signing_keys
from barhold.image.bundle import Bundle
from barhold.output import json_lines
from barhold.store import Store
from barhold.sync import Reconnector, SensorQuery
from barhold.update.uploader import Offer, Uploader

UPDATE_WAIT_S = 90.0


def update(  # noqa: PLR0913, PLR0917 - one per option
    sensor: Annotated[
        str, typer.Argument(metavar="[SENSOR]", help="The sensor by name or id; by default the only one nearby.")
    ] = "",
    usb: Usb = False,
    port: Port = "",
    wait: Wait = UPDATE_WAIT_S,
    bundle: Annotated[
        Path | None,
        typer.Option("--bundle", metavar="FILE", help="Install this bundle instead of this version's firmware."),
    ] = None,
    key: Annotated[
        Path | None,
        typer.Option("--key", metavar="FILE", help="Sign with this private key instead of that of `barhold keys`."),
    ] = None,
    downgrade: Annotated[
        bool, typer.Option("--downgrade", help="Allow an older version; over the cable only.")
    ] = False,
    db: Database = None,
    as_json: AsJson = False,
) -> None:
    """Bring a sensor to the firmware of this version of Barhold, by cable or by radio.

    The sensor keeps counting during the update, and goes back to the old version by itself if the new one fails. If the
    connection drops, the update resumes. By radio the firmware must be signed (see `barhold keys`), and you must hold
    the sensor's button when you start.

    \b
    Examples:
      barhold update
      barhold update --usb
    """

    by_cable = usb or bool(port)
    made, modulus = _made(bundle, key, by_cable)
    with Store.open(db) as store:
        version, before = _bring(sensor, usb, port, wait, store, Offer(made, by_cable, downgrade, modulus))
    if as_json:
        line = {"version": version, "before": before, "bytes": len(made.raw)}
        _console.json_line({"type": "update", "schema": json_lines.SCHEMA, **line})
    elif version == before:
        _console.line(f"the sensor runs {version} already")
    else:
        _console.line(f"the sensor now runs {version}; before, it ran {before}")


def _made(bundle: Path | None, key: Path | None, by_cable: bool) -> tuple[Bundle, bytes | None]:
    """Return the bundle, and the modulus of the key that signed it where that is known."""

    if bundle:
        return bundles.read(bundle), None
    if not key and by_cable:
        return bundles.make(), None

    path = key or signing_keys.default_path()
    if not key and not path.exists():
        return bundles.make(), None
    return bundles.make(key=path), signing_keys.read(path).modulus


def _bring(sensor: str, usb: bool, port: str, wait_s: float, store: Store, offer: Offer) -> tuple[str, str]:

    wanted = SensorQuery(sensor, usb, port)
    before = ""
    with Bar("kB") as bar:
        bar.wait_for(f"looking for {_sensor_options.describe_query(wanted)}", wait_s)

        def show(done: int, total: int) -> None:
            keeper.progress()
            bar.update("firmware", done / 1000, total / 1000)

        async def work(control: Control) -> str:
            nonlocal before
            bar.arrive()
            before = before or control.info.firmware
            return await uploader.work(control)

        keeper = Reconnector(wanted, store, bar.note, wait_s)
        uploader = Uploader(offer, bar.note, show)
        return _sensor_options.run(keeper.control(work)), before
