"""A long table looks as rich's own does, and is not laid out by it."""

import io

import pytest
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from barhold.listing import Listing

ROWS = [("2026-01-02", "10", "2.40"), ("~日本", "9", "été"), ("", "", "")]


def shown(table, rows, width=80, **options):
    for name, justify in (("start", "left"), ("reps", "right"), ("hold s", "right")):
        table.add_column(name, justify=justify, no_wrap=True)
    for row in rows:
        table.add_row(*row, **options)
    console = Console(file=io.StringIO(), width=width, highlight=False, markup=False, emoji=False)
    console.print(table)
    return console.file.getvalue()


@pytest.mark.parametrize("rows", [[], ROWS, [("a\tb", "1", "2"), *ROWS], [(Text("a"), "1", "2")], [("[b]x", "1", "2")]])
@pytest.mark.parametrize("width", [80, 25, 12])
@pytest.mark.parametrize("options", [{}, {"end_section": True}, {"style": "bold"}])
def test_it_looks_as_richs(rows, width, options):
    rich = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    assert shown(Listing(), rows, width, **options) == shown(rich, rows, width, **options)


def test_a_section_is_drawn():
    listing = Listing()
    listing.add_column("a")
    listing.add_row("1")
    listing.add_section()
    listing.add_row("2")
    console = Console(file=io.StringIO(), width=20)
    console.print(listing)
    assert [line.strip() for line in console.file.getvalue().splitlines()] == ["", "a", "─", "1", "", "2", ""]


def test_long_ones_are_not_laid_out_by_rich(monkeypatch):
    def laid_out(*_):
        raise AssertionError("rich lays out every cell")

    monkeypatch.setattr(Table, "_render", laid_out)
    assert shown(Listing(), ROWS * 1000).count("\n") == 3 + 3000 + 1
