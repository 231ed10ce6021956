"""`poe bench`: measurements that others can repeat, in a checkout."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from barhold.cli import _console
from barhold.cli._error_handling import BarholdGroup
from barhold.cli._options import AsJson

if TYPE_CHECKING:
    from bench.cases import Case
    from bench.cost import Cost
    from bench.run import Result

bench = typer.Typer(
    name="poe bench", cls=BarholdGroup, no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False
)


@bench.callback()
def _bench() -> None:
    """Measure the detector against truth and other methods, the sync over the radio, and the store with years in it.

    \b
    Example:
      poe bench detect --only normal --seeds 1 --no-peers --no-cost
    """


@bench.command()
def detect(
    folder: Annotated[
        Path | None, typer.Argument(metavar="[FOLDER]", help="Recordings NAME-SEED.csv with truth NAME-SEED.json.")
    ] = None,
    seeds: Annotated[
        int | None, typer.Option("--seeds", min=1, help="Recordings of each scenario; generated ones: 8.")
    ] = None,
    only: Annotated[
        list[str] | None, typer.Option("--only", metavar="NAME", help="This scenario alone; may be repeated.")
    ] = None,
    peers: Annotated[bool, typer.Option(help="Other methods on the same recordings (extra `bench`).")] = True,
    cost: Annotated[bool, typer.Option(help="What a sample costs on MicroPython.")] = True,
    as_json: AsJson = False,
) -> None:
    """Score the detector on recordings with truth, beside its peers, and tell what it costs.

    Without FOLDER the recordings are generated. Peers see a whole recording at once, the detector one sample at a time.
    Figures that fall short of a bound are marked; the exit status is 0 all the same.

    \b
    Examples:
      poe bench detect --only normal --only idle --seeds 2 --no-peers --no-cost
      poe bench detect recordings --no-peers --no-cost --json
    """
    results = _run(_cases(folder, seeds, only or []), peers)
    measured = _cost() if cost else None
    if as_json:
        _print_lines(results, measured)
    else:
        _print_tables(results, measured)


@bench.command()
def cost(
    before: Annotated[
        Path | None, typer.Option("--before", metavar="FOLDER", help="Another checkout's firmware/, counted as well.")
    ] = None,
    reps: Annotated[int, typer.Option("--reps", min=2, help="Of the set that is generated, at 104 Hz.")] = 8,
    as_json: AsJson = False,
) -> None:
    """Count what a sample costs, in instructions under valgrind: mean, median, the worst call and the worst second.

    The unit is a loop of pystone in the same MicroPython, so that a figure means the same on every machine.
    It needs Linux and valgrind (Debian: apt install valgrind), and takes some minutes for each firmware.

    \b
    Examples:
      poe bench cost --reps 3
      poe bench cost --before ../main/firmware
    """
    from barhold import generate
    from bench import instructions, lines, table

    samples = generate.session(1, sets=1, reps=reps).samples
    measured = []
    for word, firmware in (("before", before), ("now", None)):
        if word == "now" or before:
            _console.note(f"counting instructions: {word}")
            measured.append((word, instructions.measure(samples, firmware)))
    if as_json:
        for word, counted in measured:
            _console.json_line(lines.instructions(word, counted))
    else:
        _console.show(*table.instructions(measured))


@bench.command()
def sync(
    records: Annotated[int, typer.Option("--records", min=100, help="How many the sensor holds.")] = 20_000,
    with_key: Annotated[bool, typer.Option("--key", help="Pair the sensor: every frame is authenticated.")] = False,
    as_json: AsJson = False,
) -> None:
    """Sync a year of training over the virtual radio, and tell how late live events are.

    The sync is held against bare notifications of the same size over the same paced link, in the same run.

    \b
    Example:
      poe bench sync --records 2000
    """
    from bench import lines, radio, table

    _console.step(f"syncing {records} records over the virtual radio")
    measured = radio.measure(records, with_key)
    if as_json:
        _console.json_line(lines.radio(measured))
    else:
        _console.show(*table.radio(measured))


@bench.command()
def store(
    years: Annotated[int, typer.Option("--years", min=2, help="Years of training, 150 sessions each.")] = 4,
    db: Annotated[
        str | None, typer.Option("--db", metavar="URL", help="A PostgreSQL server; by default one is started here.")
    ] = None,
    runs: Annotated[int, typer.Option("--runs", min=1, help="Runs of each command; the least counts.")] = 3,
    lifters: Annotated[int, typer.Option("--lifters", min=0, help="Lifters of the gym; 0 leaves it out.")] = 300,
    as_json: AsJson = False,
) -> None:
    """Store years of training in SQLite and PostgreSQL, and tell how long the commands take that read them.

    Then fill a gym's store with a year of many lifters, and hold commands in it against their bounds.

    Where no PostgreSQL can be had, a line says why. On a server named by --db a database is made, and dropped later.

    \b
    Examples:
      poe bench store --years 2 --runs 1
    """
    from barhold.errors import InputError
    from bench import lines, table
    from bench import store as stores

    for kind, place in (("SQLite", stores.sqlite()), ("PostgreSQL", stores.postgresql(db))):
        _console.note(f"{years} years into {kind}")
        try:
            measured = stores.measure(kind, place, years, _reading_commands(), runs)
        except InputError as error:
            if db is not None:
                raise
            _console.note(str(error))
            continue
        if as_json:
            for line in lines.store(measured):
                _console.json_line(line)
        else:
            _console.show(*table.store(measured))
        if lifters:
            _gym(kind, db, lifters, min(runs, 3), as_json)


def _gym(kind: str, db: str | None, lifters: int, runs: int, as_json: bool) -> None:
    """Measure a gym's store in one kind of database."""
    from bench import gym, lines, table

    _console.note(f"a year of {lifters} lifters into {kind}")
    with gym.places(kind, db) as place:
        figures = gym.measure(place, lifters, runs)
    if as_json:
        for line in lines.gym(kind, figures):
            _console.json_line(line)
    else:
        _console.show(*table.gym(kind, figures))


def _reading_commands() -> list[str]:
    """Return those of the command's parts that read the whole history."""
    return ["sets", "check", "report"]


@bench.command()
def live(
    reps: Annotated[
        int, typer.Option("--reps", min=2, max=50, help="How many the virtual sensor plays, in real time.")
    ] = 6,
    as_json: AsJson = False,
) -> None:
    """Tell how late the live page is in a real Chromium: from the moment on the bar to the frame (needs Playwright).

    \b
    Example:
      poe bench live --reps 6
    """
    from bench import lines, page_lag, table

    _console.note(f"playing {reps} reps in real time")
    measured = page_lag.measure(reps)
    if as_json:
        _console.json_line(lines.lag(measured))
    else:
        _console.show(*table.lag(measured))


@bench.command()
def update(
    files: Annotated[
        int | None, typer.Option("--files", min=1, help="Only so many files of the firmware; by default all.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Update a sensor over the virtual radio, as it is and with a break every few blocks.

    Each is held against another time of the same run: bare writes of as many frames over the same paced link, and the
    update without breaks. The time ends when the sensor has checked the whole, before it restarts.

    \b
    Example:
      poe bench update --files 12
    """
    from bench import lines, table, updating

    _console.note("updating over the virtual radio, twice")
    measured = updating.measure(files or updating.ALL_FILES)
    if as_json:
        _console.json_line(lines.updating(measured))
    else:
        _console.show(*table.updating(measured))


def _print_lines(results: "list[Result]", measured: "Cost | None") -> None:
    from bench import bounds, lines

    for line in (*lines.scores(results), *lines.judged(bounds.judge(results[0].scored))):
        _console.json_line(line)
    if measured:
        _console.json_line(lines.cost(measured))


def _print_tables(results: "list[Result]", measured: "Cost | None") -> None:
    from bench import bounds, table
    from bench.peers import PEERS

    _console.show(*table.scores(results[0]), *table.judged(bounds.judge(results[0].scored)))
    if len(results) > 1:
        _console.show(*table.side_by_side(results, [(peer.name, peer.settings) for peer in PEERS]))
    if measured:
        _console.show(*table.cost(measured))


def _cases(folder: Path | None, seeds: int | None, only: list[str]) -> "list[Case]":
    from bench import cases

    if folder:
        return cases.from_folder(folder, seeds, only)
    _console.step("generating recordings")
    return list(cases.generated(seeds or cases.GENERATED_SEEDS, only))


def _run(some: "list[Case]", with_peers: bool) -> "list[Result]":
    from bench import peers, run
    from bench.found import ours

    finders = {"barhold": ours, **(peers.finders() if with_peers else {})}
    _console.step(f"{len(some)} recordings, {', '.join(finders)}")
    return run.run(finders, some)


def _cost() -> "Cost | None":
    """Return the cost, or say in one line why it cannot be had."""
    from barhold import generate
    from barhold.errors import InputError
    from bench import cost

    _console.step("measuring the cost on MicroPython")
    try:
        return cost.measure(generate.session(1, sets=2, reps=8).samples)
    except InputError as error:
        _console.note(str(error))
        return None


if __name__ == "__main__":
    bench()
