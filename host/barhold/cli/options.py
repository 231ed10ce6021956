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
