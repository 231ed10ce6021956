"""Writes the pages and tables that are made from the code: run it with `poe docs`.

`commands.md` is made from every command's `--help`, and the tables in `protocol.md` from `barcore.protocol`.
A test fails when a page is not what this would write.
"""

import ast
import re
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from typer.main import get_command
from typer.testing import CliRunner

from barcore import protocol
from barhold.cli import app
from barhold.cli._command_list import COMMANDS

HERE = Path(__file__).parent
SIZES = {"B": "u8", "H": "u16", "I": "u32", "Q": "u64"}
HEADER_BYTES = 12


def main() -> None:
    """Write every generated page."""
    for name, text in pages().items():
        (HERE / name).write_text(text, encoding="utf-8", newline="\n")


def pages() -> dict[str, str]:
    """Return the file name and the text of each page that is generated, in whole or in part."""
    written = (HERE / "protocol.md").read_text(encoding="utf-8")
    for title, table in tables().items():
        between = re.compile(rf"(<!-- {title} -->\n).*?(<!-- /{title} -->)", re.DOTALL)
        written = between.sub(lambda match, table=table: f"{match[1]}{table}\n{match[2]}", written)
    return {"commands.md": commands(), "protocol.md": written}


def commands() -> str:
    """Return the page of all commands, by the headings of `barhold --help`."""
    lines = ["# Commands", "", "Made from `--help`. Every example on this page is run by a test.", ""]
    root: Any = get_command(app)
    for heading, section in COMMANDS.items():
        lines += [f"## {heading}", ""]
        for name, summary in section.items():
            lines += [f"### barhold {name}", "", summary, ""]
            for words in (name, *(f"{name} {below}" for below in _below(root.get_command(None, name)))):
                lines += ["```text", _help(words.split()), "```", ""]
    return "\n".join(lines).rstrip() + "\n"


def tables() -> dict[str, str]:
    """Return each generated table of `protocol.md` by the marker around it."""
    return {
        "record types": _table(("number", "type", "payload", "meaning"), _records()),
        "frame types": _table(("number", "frame", "direction", "meaning"), _frames()),
        "status codes": _table(("code", "meaning"), sorted(protocol.STATUS_TEXT.items())),
        "update reasons": _table(("code", "meaning"), sorted(protocol.UPDATE_REASON_TEXT.items())),
    }


def _below(command: Any) -> list[str]:
    return list(getattr(command, "commands", {}))


def _help(words: list[str]) -> str:
    shown = CliRunner().invoke(app, [*words, "--help"], prog_name="barhold", env={"COLUMNS": "80", "NO_COLOR": "1"})
    return "\n".join(line.rstrip() for line in shown.stdout.rstrip().splitlines())


def _records() -> Iterator[tuple[object, ...]]:
    comments = _comments()
    for number, form in protocol.PAYLOAD_FORMATS.items():
        name = next(key for key in comments if getattr(protocol, key) == number)
        yield number, f"`{name}`", _layout(form), comments[name]


def _frames() -> Iterator[tuple[object, ...]]:
    comments = _comments()
    source = Path(protocol.__file__).read_text(encoding="utf-8")
    for node in ast.parse(source[source.index("# Frame types.") :].partition("EVERY_MAJOR")[0]).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id in comments:
            name, number = node.targets[0].id, ast.literal_eval(node.value)
            direction = "to the sensor" if number < protocol.FIRST_FROM_SENSOR else "to the computer"
            yield number, f"`{name}`", direction, comments[name]


def _comments() -> dict[str, str]:
    """Return what `barcore.protocol` says behind each number, with the fields of a format in the place of its name."""
    source = Path(protocol.__file__).read_text(encoding="utf-8")
    formats = dict(re.findall(r'^([A-Z_]+_FORMAT) = "<.*"  # (.*)$', source, re.MULTILINE))
    comments = dict(re.findall(r"^([A-Z_]+) = \d+  # (.*)$", source, re.MULTILINE))
    return {
        name: re.sub(r"[A-Z_]+_FORMAT", lambda match: formats.get(match[0], match[0]), text)
        for name, text in comments.items()
    }


def _layout(form: str) -> str:
    """Return a payload's fields with the byte at which each begins in the record."""
    fields, at = [], HEADER_BYTES
    for count, code in re.findall(r"(\d*)([a-zA-Z])", form):
        if code == "s":
            fields.append(f"{at}: {count} bytes")
            at += int(count)
            continue
        for _ in range(int(count or 1)):
            fields.append(f"{at}: {SIZES[code]}")
            at += struct.calcsize(f"<{code}")
    return ", ".join(fields)


def _table(head: tuple[str, ...], rows: Any) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |" for line in lines)


if __name__ == "__main__":
    main()
