"""`barhold pair`: who may talk to a sensor."""

import sys
from typing import Annotated

import segno
import typer

from barhold.cli import _console, _sensor_options
from barhold.cli._guarded_streams import unfiltered
from barhold.cli._options import WAIT_S, AsJson, Database, Port, Sensor, Usb, Wait
from barhold.connection import Control, Info
from barhold.device import pairing
from barhold.errors import InputError
from barhold.store import Store
from barhold.sync.one_sensor import utc_clock


def pair(  # noqa: PLR0913, PLR0917 - one per option
    sensor: Sensor = "",
    usb: Usb = False,
    port: Port = "",
    new: Annotated[bool, typer.Option("--new", help="Replace the sensor's key; other computers lose access.")] = False,
    show: Annotated[bool, typer.Option("--show", help="Print the pairing code, as text and as a QR code.")] = False,
    code: Annotated[
        str, typer.Option("--code", metavar="CODE", help="Enter a pairing code; - reads it from standard input.")
    ] = "",
    open_: Annotated[bool, typer.Option("--open", help="Let the sensor answer everybody.")] = False,
    close: Annotated[bool, typer.Option("--close", help="Let it answer only computers that have its key.")] = False,
    forget: Annotated[bool, typer.Option("--forget", help="Remove the key from the sensor and from here.")] = False,
    wait: Wait = WAIT_S,
    db: Database = None,
    as_json: AsJson = False,
) -> None:
    """Choose who may talk to a sensor.

    A paired sensor answers only computers that have its key. The cable gives the key to this computer, or gives the
    sensor its first one. To reach a computer without the cable, show the pairing code here and enter it there. Keep
    the code secret: whoever has it can use the sensor. The key is kept in the database.

    \b
    Examples:
      barhold pair --usb
      barhold pair --show
      barhold pair --usb --open
      barhold pair --usb --close
      barhold pair --usb --new
      barhold pair --usb --forget
    """
    chosen = [flag for flag, is_on in (("--show", show), ("--code", code), ("--open", open_), ("--close", close),
              ("--forget", forget), ("--new", new)) if is_on]  # fmt: skip
    if len(chosen) > 1:
        raise InputError(f"pair takes one of {' and '.join(chosen)}")
    by_cable = usb or bool(port)
    if not by_cable and not (show or code or open_ or close):
        raise InputError("pairing needs the cable: plug the sensor in and run `barhold pair --usb`")
    with Store.open(db) as store:
        if show:
            _show(store, sensor, as_json)
        elif code:
            _enter(store, code, as_json)
        else:
            action = chosen[0] if chosen else ""
            _with_sensor(action, _Place(sensor, usb, port, wait), store, as_json)


class _Place:
    """Where the sensor is."""

    def __init__(self, sensor: str, usb: bool, port: str, wait_s: float) -> None:
        self.options = (sensor, usb, port, wait_s)
        self.by_cable = usb or bool(port)


def _with_sensor(action: str, place: _Place, store: Store, as_json: bool) -> None:
    is_new = False

    async def work(control: Control) -> Info:
        nonlocal is_new
        if action == "--forget":
            await pairing.forget(control, store)
        elif action in ("--open", "--close"):
            await pairing.open_to_all(control, action == "--open")
        else:
            is_new = await pairing.pair(control, store, utc_clock(), action == "--new")
        return control.info

    # Whoever holds the cable owns the sensor: a key that is missing here, or another one, is what pairing mends.
    info = _sensor_options.in_connection(*place.options, store, work, check_key=not place.by_cable)
    key = store.key_of(info.device_id)
    if as_json:
        _console.json_result(
            "pair", device=info.device_id, name=info.name or None, paired=key is not None, open=action == "--open"
        )
    else:
        _console.line(f"{info.name} {_outcome(action, is_new)}")


def _outcome(action: str, is_new: bool) -> str:
    if action == "--forget":
        return "has no key now: it answers everybody"
    if action == "--open":
        return "answers everybody until you run `barhold pair --close`"
    if action == "--close":
        return "answers only computers that have its key"
    if is_new:
        return "has a new key: it answers only this computer and those that you pair"
    return "is paired with this computer: its key is in the database"


def _show(store: Store, sensor: str, as_json: bool) -> None:
    device, key = pairing.find_paired_sensor(store, sensor)
    code = pairing.pairing_code(device.device_id, key)
    if as_json:
        _console.json_result("pairing_code", device=device.device_id, name=device.name or None, code=code)
        return
    _console.line(f"Pairing code of {device.name or device.device_id}. Whoever has it can use the sensor.")
    _console.line(code)
    segno.make(code, error="m", micro=False).terminal(out=unfiltered(sys.stdout), compact=True)
    _console.line("On the other computer: barhold pair --code CODE")


def _enter(store: Store, code: str, as_json: bool) -> None:
    device_id, key = pairing.parse_code(sys.stdin.read() if code == "-" else code)
    store.keep_key(device_id, key, utc_clock()())
    if as_json:
        _console.json_result("pair", device=device_id, name=None, paired=True, open=None)
    else:
        _console.line(f"this computer has the key of sensor {device_id}: run `barhold sync`")
