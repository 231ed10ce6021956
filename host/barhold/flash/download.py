"""Fetches the MicroPython image that a board needs from MicroPython's download site, and keeps it in a cache."""

import hashlib
import os
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path

from barhold import files
from barhold.errors import InputError, LinkError
from barhold.flash import micropython_image
from barhold.flash.boards import BoardModel

SITE = "https://micropython.org/resources/firmware"
SITE_VARIABLE = "BARHOLD_MICROPYTHON_SITE"
"""Names a mirror in the place of SITE, for a class without access to the internet."""
TIMEOUT_S = 30
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Image:
    """An image on this computer."""

    path: Path
    bytes: int
    sha256: str
    downloaded: bool  # now; False when it came from the cache


def fetch(model: BoardModel, folder: Path | None = None) -> Image:
    """Return the board's image, from the cache or the download site, after checking it.

    LinkError if the site cannot be reached, InputError if it does not deliver that image.
    """
    path = (folder or _cache()) / model.image_file
    if path.is_file():
        try:
            micropython_image.check(path, model)
            return _image(path, False)
        except InputError:
            path.unlink()  # cut short, or changed since: fetch it again
    data = _get(f"{os.environ.get(SITE_VARIABLE) or SITE}/{model.image_file}", model)
    micropython_image.check_data(data, model.image_file, model)
    path.parent.mkdir(parents=True, exist_ok=True)
    files.write_atomically({path: data}, overwrite=True)
    return _image(path, True)


def _cache() -> Path:
    from platformdirs import user_cache_path  # noqa: PLC0415 - not needed when a file is named

    return user_cache_path("barhold") / "micropython"


def _image(path: Path, downloaded: bool) -> Image:
    data = path.read_bytes()
    return Image(path, len(data), hashlib.sha256(data).hexdigest(), downloaded)


def _get(url: str, model: BoardModel) -> bytes:
    """Download `url`. The cases: not there, any other refusal, no network, cut short, too long."""
    by_hand = f"download it on another computer from micropython.org/download/{model.image_page} and use --image FILE"
    request = urllib.request.Request(url, headers={"User-Agent": "barhold"})  # noqa: S310 - SITE is https
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:  # noqa: S310
            if url.startswith("https:") and not answer.url.startswith("https:"):
                raise LinkError(f"{url} leads to {answer.url}, which is not encrypted: {by_hand}")
            data: bytes = answer.read(micropython_image.MOST_BYTES + 1)
            announced = int(answer.headers.get("Content-Length") or len(data))
    except urllib.error.HTTPError as err:
        if err.code == 404:  # noqa: PLR2004
            raise InputError(
                f"{url} does not exist: choose a newer image at micropython.org/download/"
                f"{model.image_page} and name its file with --image FILE"
            ) from None
        raise LinkError(f"{url} answers {err.code} {err.reason}: repeat later, or {by_hand}") from None
    except (OSError, HTTPException, ValueError) as err:
        reason = getattr(err, "reason", None) or str(err) or type(err).__name__
        raise LinkError(f"{url} cannot be read ({reason}): check the network and repeat, or {by_hand}") from None
    if len(data) < announced:
        raise LinkError(f"{url} ended after {len(data)} of {announced} bytes: repeat the command")
    if len(data) > micropython_image.MOST_BYTES:
        raise InputError(f"{url} is longer than any image for this board: {by_hand}")
    return data
