"""`barhold replay`: recordings through the sensor's own detector."""

from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from barhold.cli import _console, _replay_settings
from barhold.cli._options import AsJson, Database
from barhold.cli._replay_settings import ReplayOptions
from barhold.errors import InputError
from barhold.model import TrainingSet
from barhold.plans import library
from barhold.recordings import reader, timeline
from barhold.recordings.reader import Recording

_SUFFIXES = (".png", ".svg")


def replay(  # noqa: PLR0913, PLR0917 - one per option
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[FILE]...", help="Recordings (CSV); with --from-store their names or ids."),
    ] = None,
    from_store: Annotated[
        bool, typer.Option("--from-store", help="Replay recordings that the database keeps, by default all.")
    ] = False,
    plan: Annotated[str, typer.Option("--plan", metavar="NAME|FILE", help="Judge the holds by this plan.")] = "",
    rate: Annotated[
        float | None, typer.Option("--rate", metavar="HZ", min=1, help="Replay at this lower sample rate.")
    ] = None,
    calibration: Annotated[
        str,
        typer.Option(
            "--calibration", metavar="X,Y,Z[,X,Y,Z]", help="Subtract offsets in mg, then multiply by factors per axis."
        ),
    ] = "",
    as_json: AsJson = False,
    plot: Annotated[
        Path | None,
        typer.Option(
            "--plot", metavar="FILE|FOLDER", help="Draw a picture: FILE.png, FILE.svg, or one PNG each into FOLDER."
        ),
    ] = None,
    db: Database = None,
) -> None:
    """Find the reps and holds in recordings with the sensor's own detector.

    A recording is a CSV file with the columns t_s,ax_g,ay_g,az_g,gx_dps,gy_dps,gz_dps. If a file cannot be used, the
    others are still replayed and the exit status is 2.

    With --from-store, recordings kept by `record --keep` or `sync --keep` are replayed with the settings given, and
    compared with what the sensor counted at the time.

    A picture shows velocity, height, states, reps and events. If session.json lies beside session.csv and says what
    really happened, reps that were missed, false or off by more than 150 ms are hatched.

    \b
    Examples:
      barhold replay session.csv
      barhold replay session.csv --json
      barhold replay session.csv --plan glute-bridge --rate 52
      barhold replay session.csv --plot session.png
      barhold replay --from-store --calibration 12,-5,8
    """

    options = ReplayOptions(library.find(plan) if plan else None, rate, _replay_settings.settings(calibration))
    if from_store:
        if plot:
            raise InputError("--plot draws files: write the recording to one with `barhold record`")
        from barhold.cli import _stored_recordings  # noqa: PLC0415 - files are replayed without a database

        _stored_recordings.replay_stored(db, [str(path) for path in files or []], options, as_json)
        return
    if not files:
        raise InputError("name a recording (CSV), or take those of the database with --from-store")
    _from_files(files, options, as_json, plot)


def _from_files(files: list[Path], options: ReplayOptions, as_json: bool, plot: Path | None) -> None:

    if plot and options.settings:
        raise InputError("--plot draws what the sensor saw: take --calibration away")
    pictures = _pictures(files, plot) if plot else {}
    failed = 0
    for path in files:
        try:
            taken, found = _replay_settings.find_sets(reader.read(path), options)
            if path in pictures:
                _draw(path, taken, found, pictures[path])
        except InputError as error:
            failed = error.exit_status
            _console.note(str(error))
            continue
        _replay_settings.show(taken, found, options.plan, as_json)
    if failed:
        raise typer.Exit(failed)


def _pictures(files: list[Path], plot: Path) -> dict[Path, Path]:
    """Return where the picture of each file goes; InputError before anything is replayed."""

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


def _draw(path: Path, taken: Recording, found: list[TrainingSet], picture: Path) -> None:
    from barhold.recordings import plot  # noqa: PLC0415 - matplotlib is an extra

    plot.save(plot.draw(timeline.build(path, taken, found)), picture)
