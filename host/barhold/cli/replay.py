"""`barhold replay`: recordings through the sensor's own detector."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from barhold.cli import screen

if TYPE_CHECKING:
    from barhold.model import TrainingSet
    from barhold.recording import Recording

_SUFFIXES = (".png", ".svg")


def replay(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Recordings (CSV).")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON Lines, one per rep.")] = False,
    plot: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE|FOLDER", help="Also draw FILE.png or FILE.svg, or a PNG each into an existing folder."
        ),
    ] = None,
) -> None:
    """Find the reps and holds in recordings with the sensor's own detector.

    A recording is a CSV with the columns t_s,ax_g,ay_g,az_g,gx_dps,gy_dps,gz_dps. A file that cannot be used is
    named on stderr, the others are still replayed, and the exit status is 2.

    A picture shows velocity, height, states, reps and events, and what truly happened where session.json lies beside
    session.csv and tells it: reps that were missed, false or off by more than 150 ms are hatched.

    \b
    Examples:
      barhold replay session.csv
      barhold replay session.csv --json
      barhold replay session.csv --plot session.png
    """
    from barhold import jsonlines, recording, text
    from barhold import replay as player
    from barhold.errors import InputError

    pictures = _pictures(files, plot) if plot else {}
    failed = 0
    for path in files:
        try:
            taken = recording.read(path)
            found = player.training_sets(taken)
            if path in pictures:
                _draw(path, taken, found, pictures[path])
        except InputError as error:
            failed = error.exit_status
            screen.note(str(error))
            continue
        if as_json:
            for line in jsonlines.replayed(taken.name, taken.start_s, found):
                screen.json_line(line)
        else:
            screen.show(*text.replayed(taken.name, found))
    if failed:
        raise typer.Exit(failed)


def _pictures(files: list[Path], plot: Path) -> dict[Path, Path]:
    """Return where the picture of each file goes; InputError before anything is replayed."""
    from importlib.util import find_spec

    from barhold.errors import InputError

    if find_spec("matplotlib") is None:
        raise InputError("--plot needs matplotlib: pip install 'barhold[plot]', in a clone pip install '.[plot]'")
    if plot.is_dir():
        if len({path.stem for path in files}) < len(files):
            raise InputError(f"--plot {plot}: two of the files would share a picture; draw them one by one")
        return {path: plot / f"{path.stem}.png" for path in files}
    if len(files) > 1:
        raise InputError(
            f"--plot {plot}: {len(files)} files need a folder that exists; name one or draw them one by one"
        )
    if plot.suffix.lower() not in _SUFFIXES:
        raise InputError(f"--plot {plot}: neither .png nor .svg nor a folder that exists; end it with one of these")
    return {files[0]: plot}


def _draw(path: Path, taken: "Recording", found: "list[TrainingSet]", picture: Path) -> None:
    from barhold import plot, scene

    plot.save(plot.draw(scene.of(path, taken, found)), picture)
