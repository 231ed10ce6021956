"""The token of the network: kept from start to start, so that a phone finds its way back by itself."""

import os
import re
import secrets
from pathlib import Path

from barhold.errors import InputError

_BYTES = 16


def kept(folder: Path, anew: bool = False) -> str:
    """Return the token kept in `folder`, drawn first when there is none or a new one is wanted."""
    path = folder / "web-token"
    try:
        if not anew and path.is_file():
            token = path.read_text(encoding="ascii", errors="replace").strip()
            if re.fullmatch(r"[\w-]{22}", token, re.ASCII):
                return token
        token = secrets.token_urlsafe(_BYTES)
        part = path.with_name(path.name + ".part")
        folder.mkdir(parents=True, exist_ok=True)
        part.unlink(missing_ok=True)
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write(token + "\n")
        part.replace(path)
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}: make its folder writable, it keeps the token") from error
    return token
