"""The boards, one module each. The file /board, written by `barhold flash`, names the board; it is never guessed."""

from barsensor.boards.known import KNOWN
from barsensor.drivers.fault import ImuError

NAMES = tuple([board.name for board in KNOWN])
FAMILIES = {board.name: board.family for board in KNOWN}
"""What a bundle is made for."""
CHOICE = "/board"


class BoardError(Exception):
    """The board could not be opened; the text is one line with the next step."""


def chosen(path: str = CHOICE) -> str:
    """Return the name that was written when this sensor was flashed."""
    try:
        with open(path) as file:
            return (file.read().split() or [""])[0]
    except OSError:
        raise BoardError("no file %s says which board this is: %s" % (path, _next_step(path))) from None


def open_named(name: str):
    """Return the opened board `name`."""
    if name not in NAMES:
        raise BoardError("board '%s' is not known: %s" % (name, _next_step(CHOICE)))
    module = _module(name)
    try:
        return module.open_board()
    except ImuError as error:
        raise BoardError("board %s: %s; check its wires, and that %s names it" % (name, error, CHOICE)) from None
    except OSError as error:
        raise BoardError("board %s: %s; reset, and if it stays flash the sensor again" % (name, error)) from None


def open_or_say(path: str = CHOICE):
    """Return the opened board, or print the reason in one line and return None."""
    try:
        return open_named(chosen(path))
    except BoardError as error:
        print(error)  # noqa: T201 - the one who reads it sits at the REPL, which stays usable
        return None


def open_lamp(path: str = CHOICE):
    """Return (lamp, clock) of the chosen board, which need no other chip of it; None where no board is chosen."""
    try:
        name = chosen(path)
    except BoardError:
        return None
    return _module(name).open_lamp() if name in NAMES else None


def open_spare(path: str = CHOICE):
    """Return the chosen board as far as it needs no chip beside its own, for safe mode; BoardError says why not."""
    name = chosen(path)
    if name not in NAMES:
        raise BoardError("board '%s' is not known: %s" % (name, _next_step(CHOICE)))
    return _module(name).open_spare()


def _module(name: str):
    # The only import that is not at a file's top: another board's modules would cost heap for nothing.
    return __import__("barsensor.boards." + name, None, None, ("open_board",))


def _next_step(path: str) -> str:
    lines = ["'%s'" % board.file_text().strip() for board in KNOWN]
    return "write one of %s to %s and reset" % (", ".join(lines), path)
