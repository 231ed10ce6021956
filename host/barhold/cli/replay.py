"""`barhold replay`: recordings through the sensor's own detector."""

from pathlib import Path
from typing import Annotated

import typer

from barhold.cli import screen


def replay(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Recordings (CSV).")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON Lines, one per rep.")] = False,
) -> None:
    """Find the reps and holds in recordings with the sensor's own detector.

    A recording is a CSV with the columns t_s,ax_g,ay_g,az_g,gx_dps,gy_dps,gz_dps. A file that cannot be used is
    named on stderr, the others are still replayed, and the exit status is 2.

    \b
    Examples:
      barhold replay session.csv
      barhold replay session.csv --json
    """
    from barhold import jsonlines, recording, text
    from barhold import replay as player
    from barhold.errors import InputError

    failed = 0
    for path in files:
        try:
            taken = recording.read(path)
        except InputError as error:
            failed = error.exit_status
            screen.note(str(error))
            continue
        found = player.training_sets(taken)
        if as_json:
            for line in jsonlines.replayed(taken.name, taken.start_s, found):
                screen.json_line(line)
        else:
            screen.show(*text.replayed(taken.name, found))
    if failed:
        raise typer.Exit(failed)
