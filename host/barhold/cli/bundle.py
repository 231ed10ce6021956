"""`barhold bundle`: the firmware of this install as one file."""

from pathlib import Path
from typing import Annotated

import typer

from barhold import files
from barhold.cli import _console
from barhold.cli._options import AsJson, Overwrite
from barhold.errors import InputError
from barhold.image import bundle as bundles
from barhold.image import signing_keys
from barhold.output import json_lines


def bundle(
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="The file to write; by default barhold-VERSION.bhf.")
    ] = None,
    sign: Annotated[bool, typer.Option("--sign", help="Sign it, as an update by radio requires.")] = False,
    key: Annotated[
        Path | None,
        typer.Option("--key", metavar="FILE", help="Sign with this private key instead of that of `barhold keys`."),
    ] = None,
    py: Annotated[bool, typer.Option("--py", help="Pack source instead of bytecode: larger, but readable.")] = False,
    overwrite: Overwrite = False,
    show: Annotated[bool, typer.Option("--show", help="Check FILE and show what is in it.")] = False,
    as_json: AsJson = False,
) -> None:
    """Write the firmware of this version of Barhold as one file.

    `barhold update --bundle FILE` brings it to a sensor. The same sources always give the same bytes.

    \b
    Examples:
      barhold bundle
      barhold bundle firmware.bhf --py --overwrite
      barhold bundle firmware.bhf --show
    """

    if show:
        if file is None:
            raise InputError("--show needs the FILE to show")
        made = bundles.read(file)
    else:
        made = bundles.make(py, (key or _default_key()) if sign or key else None)
        file = file or Path(f"barhold-{made.version}.bhf")
        files.write_pieces_atomically(file, [made.raw], overwrite)
    file_count = len(made.manifest.files)
    if as_json:
        line = {"file": str(file), "version": made.version, "bytes": len(made.raw), "files": file_count,
                "signed": bool(made.signature), "sha256": made.sha256}  # fmt: skip
        _console.json_line({"type": "bundle", "schema": json_lines.SCHEMA, **line})
    else:
        signed = "signed" if made.signature else "not signed: for the cable only"
        _console.line(f"{file}: firmware {made.version}, {file_count} files, {len(made.raw)} bytes, {signed}")
        _console.line(f"SHA-256 {made.sha256}")


def _default_key() -> Path:

    return signing_keys.default_path()
