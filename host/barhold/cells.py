"""Text cells of CSV files that a spreadsheet may open: what it would run is defused, and read back as it was. Pure."""

import re

# OWASP's list of how a formula may begin; the ' that a spreadsheet hides may itself stand there already.
_RUNS = re.compile(r"'*[=+\-@\t\r\n]")
_MARK = "'"


def defuse(text: str) -> str:
    """Return the cell's text with a ' before it where a spreadsheet would run it."""
    return _MARK + text if _RUNS.match(text) else text


def restore(cell: str) -> str:
    """Return the text that `defuse` was given."""
    return cell[1:] if cell.startswith(_MARK) and _RUNS.match(cell[1:]) else cell
