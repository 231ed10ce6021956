"""The access token for phones, kept between runs, so that a phone needs to log in only once."""

import os
import re
import secrets
from pathlib import Path

from barhold.errors import InputError

_BYTES = 16


def load_or_create(folder: Path, create_anew: bool = False) -> str:
    """Return the token kept in `folder`; it is created when there is none, or when a new one is wanted."""
    path = folder / "web-token"
    try:
        if not create_anew and path.is_file():
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
        raise InputError(f"{path}: {error.strerror}; the token is kept there, so make its folder writable") from error
    return token
