"""`barhold serve`: the live page."""

import sys
import tempfile
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Annotated

import segno
import typer

from barhold.cli import _console, _sensor_options
from barhold.cli._guarded_streams import unfiltered
from barhold.cli._options import Database, PlanName, Port, Seconds, Sensors, Speed, Usb, is_demo
from barhold.cli.live import DEMO_SEED
from barhold.cli.sync import generated_recording
from barhold.errors import InputError
from barhold.live import server, token
from barhold.live.app import LiveApp
from barhold.plans import library
from barhold.recordings import reader as recordings
from barhold.recordings.reader import Recording
from barhold.store import Store
from barhold.sync import SensorQuery

WEB_PORT = 8717


def serve(  # noqa: PLR0913, PLR0917 - one per option
    context: typer.Context,
    names: Sensors = None,
    usb: Usb = False,
    port: Port = "",
    virtual: Annotated[
        list[Path] | None,
        typer.Option("--virtual", metavar="RECORDING", help="A virtual sensor that plays this CSV; may be repeated."),
    ] = None,
    seed: Annotated[
        list[int] | None,
        typer.Option(
            "--seed",
            metavar="NUMBER",
            min=0,
            help="A virtual sensor that plays this generated session; may be repeated.",
        ),
    ] = None,
    speed: Speed = 1,
    lan: Annotated[
        bool, typer.Option("--lan", help="Let phones in this network open the page; prints a QR code.")
    ] = False,
    new_token: Annotated[
        bool, typer.Option("--new-token", help="Replace the token; phones must scan the new code.")
    ] = False,
    web_port: Annotated[
        int, typer.Option("--port", metavar="PORT", min=0, max=65535, help="The page's TCP port; 0 takes any free one.")
    ] = WEB_PORT,
    plan: PlanName = "",
    seconds: Seconds = None,
    db: Database = None,
) -> None:
    """Show the training on a page in the browser: rep, running hold, rest, history and report. Store the sets.

    Only this computer can open the page. With --lan, phones that have the token can open it too. The page is not
    encrypted, so use --lan only in a network that you trust. The training of a virtual sensor is stored only with --db
    or --demo. Press Ctrl-C to stop.

    \b
    Examples:
      barhold serve --seconds 2
      barhold serve bar-1 bar-2 --seconds 2
      barhold serve --virtual session.csv --seconds 2
      barhold serve --seed 1 --speed 4 --lan --seconds 2
    """

    if is_demo(context) and not (virtual or seed):
        seed = [DEMO_SEED]
    played = [*(virtual or []), *(seed or [])]
    if played and (names or usb or port):
        raise InputError("serve takes real sensors or virtual ones (--virtual, --seed), not both")
    if speed != 1 and not played:
        raise InputError("--speed is for virtual sensors: name one with --virtual or --seed")
    recordings = _recordings(virtual or [], seed or [])
    with ExitStack() as stack, suppress(KeyboardInterrupt):  # the usual way to end it
        bound = stack.enter_context(server.listen(web_port, lan))
        store = stack.enter_context(Store.open(_passing(stack) if played and db is None else db))
        app = LiveApp(store, plan, _console.note, speed)
        if played and db is not None:
            _console.note("a virtual lifter begins a session now, and its sets are stored; Ctrl-C ends it")
        for recording in recordings:
            app.play(recording)
        for wanted in [] if played else _wanted(names or [], usb, port):
            app.follow(wanted, f"looking for {_sensor_options.describe_query(wanted)}")
        address, token = _address(bound.getsockname()[1], lan, new_token)
        _sensor_options.run(app.run(bound, server.own_names(lan), token, address, seconds))
    _console.note("ended")


def _recordings(files: list[Path], seeds: list[int]) -> list[Recording]:

    return [*(recordings.read(file) for file in files), *(generated_recording(seed) for seed in seeds)]


def _wanted(names: list[str], usb: bool, port: str) -> list[SensorQuery]:

    if len(names) > 1 and (usb or port):
        raise InputError("several sensors are for the radio: leave out --usb and --serial-port, or name one")
    return [SensorQuery(name, usb, port) for name in names or [""]]


def _passing(stack: ExitStack) -> Path:
    """Return a temporary database, because what a virtual sensor plays is nobody's training."""

    _console.note("the virtual training is not kept; --db FILE keeps it")
    return Path(stack.enter_context(tempfile.TemporaryDirectory())) / "played.db"


def _address(web_port: int, lan: bool, new_token: bool) -> tuple[str, str]:
    """Print where the page is, for phones as a code; return the address to invite to and the token in it."""

    if not lan:
        _console.line(f"http://127.0.0.1:{web_port}/")
        return "", ""
    drawn = token.load_or_create(library.folder().parent, new_token)
    address = f"http://{server.lan_address()}:{web_port}/enter#{drawn}"
    _show_code(address)
    _console.line(address)
    return address, drawn


def _show_code(address: str) -> None:

    if sys.stderr.isatty():
        segno.make(address, error="l").terminal(out=unfiltered(sys.stderr), compact=True)
    _console.note(
        "scan the code with a phone in this network, or open the address: it lets people watch and change sets"
    )
