"""Options and arguments that several commands share, each written once."""

from pathlib import Path
from typing import Annotated

import typer
from typer.core import TyperOption

from barhold.errors import InputError

_DEMO = "barhold.demo"
WAIT_S = 30.0
ADAPTER_HELP = "Use this Bluetooth adapter, for example hci1 (Linux)."


def demo_path() -> Path:
    """Return where `barhold demo` keeps its training, apart from the user's own."""
    from platformdirs import user_data_path  # noqa: PLC0415 - only --demo needs it

    return user_data_path("barhold", appauthor=False, ensure_exists=True) / "demo.db"


def is_demo(context: typer.Context) -> bool:
    """Return whether this run of the command has --demo."""
    return bool(context.meta.get(_DEMO))


def add_demo(command: typer.core.TyperCommand) -> None:
    """Add --demo to a command that takes --db, unless it needs a real sensor."""
    names = [param.name for param in command.params]
    if "db" not in names or ("usb" in names and "seed" not in names):
        return
    option = TyperOption(
        param_decls=["--demo"],
        is_flag=True,
        is_eager=True,
        expose_value=False,
        callback=_note_demo,
        help="Use the training that `barhold demo` made.",
    )
    command.params.insert(names.index("db") + 1, option)


def add_adapter(command: typer.core.TyperCommand) -> None:
    """Give a command that may use the radio --adapter, which does the same as before the command's name."""
    names = [param.name for param in command.params]
    if "usb" not in names:
        return
    option = TyperOption(
        param_decls=["--adapter"],
        metavar="NAME",
        expose_value=False,
        callback=_use_adapter,
        help=ADAPTER_HELP,
    )
    command.params.insert(names.index("usb") + (2 if "port" in names else 1), option)


def _use_adapter(context: typer.Context, _param: object, value: str | None) -> None:
    if value and not context.resilient_parsing:
        from barhold.link import ble  # noqa: PLC0415 - only a radio needs it

        ble.use_adapter(value)


def _note_demo(context: typer.Context, _param: object, value: bool) -> None:
    if value:
        context.meta[_DEMO] = True


def _database(context: typer.Context, value: str | None) -> str | None:
    """Return the database to use; --demo chooses the demo's, even if BARHOLD_DB is set."""
    if not is_demo(context) or context.resilient_parsing:
        return value
    if value and context.get_parameter_source("db").name == "COMMANDLINE":  # type: ignore[union-attr]
        raise InputError("--demo and --db name two databases: use one of them")
    path = demo_path()
    if not path.is_file():
        raise InputError("there is no demo yet: run `barhold demo` first")
    return str(path)


Database = Annotated[
    str | None,
    typer.Option(
        "--db",
        metavar="FILE|URL",
        envvar="BARHOLD_DB",
        callback=_database,
        help="The database; by default in the user's data folder.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON Lines and nothing else.")]
Sensor = Annotated[
    str,
    typer.Option(
        "--sensor", metavar="NAME|ID", help="Which sensor: its name, or 4 or more digits that begin or end its id."
    ),
]
Sensors = Annotated[
    list[str] | None,
    typer.Argument(metavar="[SENSOR]...", help="Sensors by name or id; by default the only one nearby."),
]
Usb = Annotated[bool, typer.Option("--usb", help="Use the cable; there must be one port with a board.")]
Port = Annotated[str, typer.Option("--serial-port", metavar="PORT", help="Use the cable at this port.")]
Wait = Annotated[
    float, typer.Option("--wait", metavar="SECONDS", min=0, help="Give up after so long without progress.")
]
PlanName = Annotated[
    str, typer.Option("--plan", metavar="NAME|FILE", help="Use this plan instead of the lifter's or the chosen one.")
]
OneLifter = Annotated[str, typer.Option("--lifter", metavar="NAME|ID", help="Only this lifter, or this sensor.")]
Seconds = Annotated[
    float | None,
    typer.Option("--seconds", metavar="SECONDS", min=0, help="Stop after so long; otherwise Ctrl-C stops it."),
]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace what exists.")]
Speed = Annotated[
    int, typer.Option("--speed", metavar="FACTOR", min=1, max=20, help="How many times faster a virtual sensor plays.")
]
