"""Options that several commands share."""

from typing import Annotated

import typer

Database = Annotated[
    str | None,
    typer.Option(
        "--db", metavar="FILE|URL", envvar="BARHOLD_DB", help="The database; by default in the user's data folder."
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON Lines and nothing else.")]
Sensor = Annotated[
    str,
    typer.Option(
        "--sensor", metavar="NAME|ID", help="Which sensor, by its name or the first 4 digits or more of its id."
    ),
]
Usb = Annotated[bool, typer.Option("--usb", help="Over the cable, at the only port with a board.")]
Port = Annotated[str, typer.Option("--port", metavar="PORT", help="Over the cable at this port.")]
Wait = Annotated[
    float, typer.Option("--wait", metavar="SECONDS", min=0, help="How long to try while nothing is achieved.")
]
WAIT_S = 30.0
PlanName = Annotated[
    str, typer.Option("--plan", metavar="NAME|FILE", help="This plan; otherwise the lifter's, then the chosen one.")
]
