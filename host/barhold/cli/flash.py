"""`barhold flash`: a bare board becomes a sensor."""

from pathlib import Path
from typing import Annotated, Any

import typer

from barhold.cli import _console
from barhold.cli._options import AsJson, Database
from barhold.cli._progress_bar import Bar
from barhold.device.pairing import check_name
from barhold.errors import InputError
from barhold.flash import boards, run
from barhold.flash.board_info import Asked
from barhold.flash.install import Step
from barhold.flash.run import Flashed
from barhold.image import signing_keys
from barhold.store import Device, Store
from barhold.sync.one_sensor import utc_clock


def flash(  # noqa: PLR0913, PLR0917 - one per option
    port: Annotated[str, typer.Argument(metavar="[PORT]", help="Where the board is; by default the only one.")] = "",
    board: Annotated[
        str, typer.Option("--board", metavar="NAME", help="Which board it is: xiao_s3 or m5stickc_plus2.")
    ] = "",
    name: Annotated[str, typer.Option("--name", metavar="NAME", help="What the sensor is to call itself.")] = "",
    key: Annotated[
        Path | None, typer.Option("--key", metavar="FILE", help="The key whose signature it is to trust in updates.")
    ] = None,
    image: Annotated[
        Path | None, typer.Option("--image", metavar="FILE", help="Install this MicroPython image first.")
    ] = None,
    erase: Annotated[
        bool, typer.Option("--erase", help="With --image: erase the whole board first, its records too.")
    ] = False,
    py: Annotated[
        bool, typer.Option("--py", help="Source instead of bytecode: larger, readable on the board.")
    ] = False,
    db: Database = None,
    as_json: AsJson = False,
) -> None:
    """Make a sensor of a board that MicroPython 1.26 or newer is on: copy the firmware, name it, test it, start it.

    What is there already is not copied again, so that it may be interrupted and repeated at any time. Records,
    settings and calibration on the board stay. Lay it still meanwhile, for the self-test. The exit status is 2 when
    the self-test fails. The sensor is paired with this computer and then answers only its owner; see `barhold pair`.

    \b
    Examples:
      barhold flash --board xiao_s3
      barhold flash --board xiao_s3 --name bar-2
    """

    if not board:
        raise InputError(f"which board is it? Say --board NAME: {boards.known()}")
    if erase and not image:
        raise InputError("--erase takes MicroPython away too: name the image to install by --image FILE")
    wish = run.Wish(boards.named(board), _checked(name), _modulus(key), image, erase, py)
    where = run.find_port(port)
    _console.step(f"opening {where}")
    with Store.open(db) as store:  # first: a key that could not be kept would lock this computer out
        with _Shown(as_json) as shown:
            result = run.flash(where, wish, shown.meet, shown.step)
        _keep_key(store, result, name)
    _tell(result, wish.kind.name, as_json)
    if result.fault:
        raise typer.Exit(2)


class _Shown:
    """The board and the files, as lines of JSON or as a bar."""

    def __init__(self, as_json: bool) -> None:

        self._as_json = as_json
        self._bar = Bar("kB")

    def __enter__(self) -> "_Shown":
        self._bar.__enter__()
        return self

    def __exit__(self, *of: Any) -> None:
        self._bar.__exit__(*of)

    def meet(self, asked: Asked) -> None:
        if self._as_json:
            line = {"machine": asked.machine, "micropython": asked.version_text, "unique_id": asked.unique_id}
            _console.json_result("board", **line, board=asked.board or None)
        else:
            _console.note(f"{asked.machine} with MicroPython {asked.version_text}, id {asked.unique_id}")

    def step(self, step: Step) -> None:
        if step.state == "writing":
            self._bar.update(step.path, step.done_bytes / 1000, step.total_bytes / 1000)
        elif self._as_json:
            _console.json_result("file", path=step.path, state=step.state)


def _keep_key(store: Store, result: Flashed, name: str) -> None:
    now_ms = utc_clock()()
    known = {device.device_id: device.name for device in store.devices()}
    shown = name or known.get(result.device_id, "Barhold")
    store.add_device(Device(result.device_id, shown, result.version, now_ms))
    store.keep_key(result.device_id, result.owner_key, now_ms)


def _tell(result: Flashed, board: str, as_json: bool) -> None:
    done = result.done
    if as_json:
        counts = {"copied": done.copied, "equal": done.equal, "removed": done.removed, "bytes": done.copied_bytes}
        found = {"chip": result.chip or None, "fault": result.fault, "device": result.device_id, "paired": True}
        _console.json_result("flashed", board=board, version=result.version, **counts, **found)
        return
    _console.line(f"{done.copied} files copied ({done.copied_bytes / 1000:.0f} kB), {done.equal} were there already")
    _console.line(f"{board} runs Barhold {result.version}; it starts to count in a moment")
    _console.line(
        "it is paired with this computer and answers only its owner (`barhold pair --show` for another computer)"
    )
    if result.fault:
        chip = result.chip or "the motion sensor"
        _console.note(f"the self-test of {chip} failed: {result.fault}: check its wires, lay it still, and flash again")
    else:
        _console.line(f"self-test of its {result.chip}: passed")


def _checked(name: str) -> str:

    return check_name(name) if name else ""


def _modulus(key: Path | None) -> bytes:
    if key is None:
        return b""

    return signing_keys.read(key).modulus
