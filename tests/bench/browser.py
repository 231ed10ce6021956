"""A real Chromium for the bench, the tests and the pictures: the machine's own, driven by Playwright."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from barhold.errors import InputError

if TYPE_CHECKING:
    from playwright.sync_api import Browser

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
# Nothing but what the page asks for: no updates, no field trials, no first-run pages.
ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=user-gesture-required",
)


def program() -> str:
    """Return the path of Chromium; InputError where there is none."""
    for name in PROGRAMS:
        if path := shutil.which(name):
            return path
    raise InputError("no Chromium on this machine: install the package chromium")


@contextmanager
def chromium() -> Iterator["Browser"]:
    """Give a running browser; InputError says what is missing."""
    path = program()
    try:
        from playwright.sync_api import sync_playwright  # noqa: PLC0415 - for developers only
    except ImportError as error:
        raise InputError("Chromium is driven by Playwright: pip install playwright") from error
    asked = [sys.executable, "-m", "playwright", "--version"]
    tried = subprocess.run(asked, capture_output=True, text=True, check=False)  # noqa: S603 - our own words
    if tried.returncode:
        reason = (tried.stderr.strip().splitlines() or ["it says nothing"])[-1]
        raise InputError(f"Playwright does not start: {reason}; install what it names (on Debian libatomic1)")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        try:
            yield browser
        finally:
            browser.close()
