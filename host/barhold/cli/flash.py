"""`barhold flash`: turns a bare board into a sensor."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from barhold.cli import _console
from barhold.cli._options import AsJson, Database
from barhold.cli._progress_bar import Bar
from barhold.device.pairing import check_name
from barhold.errors import InputError
from barhold.flash import boards, download, run
from barhold.flash.board_info import BoardInfo
from barhold.flash.boards import BoardModel
from barhold.flash.install import InstallStep
from barhold.flash.run import Flashed
from barhold.image import signing_keys
from barhold.store import Device, Store
from barhold.sync.one_sensor import utc_clock

DOWNLOAD = "download"


def flash(  # noqa: PLR0913, PLR0917 - one per option
    port: Annotated[str, typer.Argument(metavar="[PORT]", help="The board's port; by default the only one.")] = "",
    board: Annotated[
        str,
        typer.Option("--board", metavar="NAME", help="The board's model; if left out, the models that fit are listed."),
    ] = "",
    name: Annotated[str, typer.Option("--name", metavar="NAME", help="What the sensor is to call itself.")] = "",
    key: Annotated[
        Path | None, typer.Option("--key", metavar="FILE", help="The key that signs updates for this sensor.")
    ] = None,
    image: Annotated[
        str,
        typer.Option("--image", metavar="FILE", help="Install this MicroPython image first; `download` gets it."),
    ] = "",
    erase: Annotated[
        bool, typer.Option("--erase", help="With --image: erase the whole board first, its records too.")
    ] = False,
    py: Annotated[
        bool, typer.Option("--py", help="Source instead of bytecode: larger, readable on the board.")
    ] = False,
    db: Database = None,
    as_json: AsJson = False,
) -> None:
    """Turn a board into a sensor: copy the firmware, name it, test it, start it.

    The board needs MicroPython 1.26 or newer; `--image download` installs it. Files that are there already are not
    copied again, so you may interrupt and repeat this at any time. Records, settings and calibration on the board
    stay. Keep the board still for the self-test. The exit status is 2 when the self-test fails.

    The sensor is paired with this computer and then answers only its owner; see `barhold pair`.

    \b
    Examples:
      barhold flash
      barhold flash --board xiao_s3 --image download
      barhold flash --board xiao_s3 --name bar-2
    """

    if erase and not image:
        raise InputError("--erase removes MicroPython too: add --image download, or --image FILE")
    where = run.find_port(port)
    model = boards.find_board(board) if board else _proposed(where, as_json)
    request = run.FlashRequest(model, _checked(name), _modulus(key), _image(image, model, as_json), erase, py)
    _console.step(f"opening {where}")
    with Store.open(db) as store:  # first: a key that could not be kept would lock this computer out
        with _Shown(as_json) as shown:
            result = run.flash(where, request, shown.meet, shown.step)
        _keep_key(store, result, name)
    _tell(result, model.name, as_json)
    if result.fault:
        raise typer.Exit(2)


def _proposed(port: str, as_json: bool) -> BoardModel:
    """Return the board that was flashed before, or the one that the user agrees to; InputError names those that fit."""

    _console.step(f"asking the board at {port} what it is")
    proposal = run.propose(port)
    if proposal.flashed_as in boards.BOARDS:
        _console.step(f"it was flashed as {proposal.flashed_as} before")
        return boards.find_board(proposal.flashed_as)
    if not proposal.models:
        raise InputError(f"Barhold does not run on this chip, only on {boards.name_list(boards.BOARDS.values())}")
    if len(proposal.models) == 1 and sys.stdin.isatty() and not as_json:
        [model] = proposal.models
        if typer.confirm(f"Is it a {model.words}?", err=True):
            return model
    options = " or ".join(f"--board {model.name}" for model in proposal.models)
    raise InputError(f"its chip and USB id fit {boards.name_list(proposal.models)}: if that is right, add {options}")


def _image(image: str, model: BoardModel, as_json: bool) -> Path | None:
    """Return the image's file, fetched first where that was asked for."""
    if image != DOWNLOAD:
        return Path(image) if image else None

    _console.step(f"fetching {model.image_file}")
    fetched = download.fetch(model)
    if as_json:
        told = {"file": str(fetched.path), "bytes": fetched.bytes, "sha256": fetched.sha256}
        _console.json_result("image", **told, downloaded=fetched.downloaded)
    else:
        source = "downloaded" if fetched.downloaded else "from the cache"
        _console.note(f"{fetched.path.name}, {fetched.bytes} bytes, SHA-256 {fetched.sha256} ({source})")
    return fetched.path


class _Shown:
    """Shows the board and the progress of the files, as JSON Lines or as a bar."""

    def __init__(self, as_json: bool) -> None:
        self._as_json = as_json
        self._bar = Bar("kB")

    def __enter__(self) -> "_Shown":
        self._bar.__enter__()
        return self

    def __exit__(self, *of: Any) -> None:
        self._bar.__exit__(*of)

    def meet(self, info: BoardInfo) -> None:
        if self._as_json:
            line = {"machine": info.machine, "micropython": info.version_text, "unique_id": info.unique_id}
            _console.json_result("board", **line, board=info.board or None)
        else:
            _console.note(f"{info.machine} with MicroPython {info.version_text}, id {info.unique_id}")

    def step(self, step: InstallStep) -> None:
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
    installed = result.installed
    if as_json:
        counts = {
            "copied": installed.copied,
            "equal": installed.equal,
            "removed": installed.removed,
            "bytes": installed.copied_bytes,
        }
        found = {"chip": result.chip or None, "fault": result.fault, "device": result.device_id, "paired": True}
        _console.json_result("flashed", board=board, version=result.version, **counts, **found)
        return
    copied_kb = installed.copied_bytes / 1000
    _console.line(f"{installed.copied} files copied ({copied_kb:.0f} kB), {installed.equal} were there already")
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
