"""Tables and lines for people, as rich renderables. Pure: takes plain data, prints nothing."""

from rich import box
from rich.table import Table

from barhold import flags
from barhold.model import Rep, TrainingSet


def replayed(name: str, sets: list[TrainingSet]) -> Table | str:
    """Return the reps of one recording; times count from its first row."""
    if not sets:
        return f"{name}: no set found"
    table = _table(name, "set", "rep", "at s", "rise s", "hold s", "+- s", "fall s", "range cm", "flags")
    for number, item in enumerate(sets, start=1):
        for rep in item.reps:
            table.add_row(str(number), str(rep.number), f"{rep.start_ms / 1000:.1f}", *_measures(rep))
    return table


def _table(title: str, *names: str) -> Table:
    table = Table(title=title, box=box.SIMPLE_HEAD, title_justify="left", pad_edge=False)
    for name in names:
        table.add_column(name, justify="left" if name in ("flags", "verdict") else "right")
    return table


def _measures(rep: Rep) -> tuple[str, ...]:
    return (
        f"{rep.rise_ms / 1000:.2f}",
        f"{rep.hold_ms / 1000:.2f}",
        f"{rep.hold_err_ms / 1000:.2f}",
        f"{rep.fall_ms / 1000:.2f}",
        f"{rep.rom_m * 100:.0f}",
        ", ".join(flags.names(rep.flags)),
    )
