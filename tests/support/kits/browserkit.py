"""A real Chromium and a real `barhold serve` for tests."""

import http.client
import os
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

import pytest

try:
    from playwright.sync_api import Error as PageError
except ImportError:  # the tests are then skipped, with the reason
    PageError = Exception

from barhold.errors import InputError
from bench import browser
from hostkit import ROOT

LONG_S = 90
SPY = """
    window.notes = [];
    const start = OscillatorNode.prototype.start;
    OscillatorNode.prototype.start = function (at) {
        window.notes.push([this.type, this.frequency.value]);
        return start.call(this, at);
    };
"""


@contextmanager
def opened():
    """Give Chromium, or skip with the reason."""
    try:
        driven = browser.chromium()
        found = driven.__enter__()
    except InputError as error:
        pytest.skip(str(error))
    try:
        yield found
    finally:
        driven.__exit__(None, None, None)


class Page:
    """One page and what it did: requests, errors on its console."""

    def __init__(self, browser, url, **context):
        self.context = browser.new_context(**context)
        self.requests, self.errors = [], []
        self.page = self.context.new_page()
        self.page.add_init_script(SPY)
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on(
            "console", lambda said: self.errors.append(said.text) if said.type in ("error", "warning") else None
        )
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.goto(url)

    def ask(self, expression):
        return self.page.evaluate(expression)

    def text(self, name):
        return self.ask(f"document.getElementById('{name}').textContent")

    def until(self, expression, limit_s=LONG_S):
        """Wait until an expression is true; the page's own policy forbids Playwright's way to wait."""
        end = time.monotonic() + limit_s
        while time.monotonic() < end:
            with suppress(PageError):  # on its way to another page it can be asked nothing
                if value := self.ask(expression):
                    return value
            time.sleep(0.02)
        raise AssertionError(f"never true within {limit_s} s: {expression}")


@contextmanager
def serving(*args, env=None):
    """Run `barhold serve` as a process of its own; gives its address."""
    path = os.pathsep.join([str(ROOT / "host"), str(ROOT / "firmware")])
    command = [sys.executable, "-m", "barhold", "serve", *map(str, args)]
    told = {**os.environ, "PYTHONPATH": path, "PYTHONUNBUFFERED": "1", **(env or {})}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=told) as process:
        try:
            address = process.stdout.readline().strip()
            assert address, process.stderr.read()
            yield Served(address, process)
        finally:
            process.terminate()
            process.communicate(timeout=20)


class Served(str):
    """A server's address, and its process."""

    process: subprocess.Popen

    def __new__(cls, address, process):
        made = super().__new__(cls, address)
        made.process = process
        return made


def asked(address, path, headers=None, method="GET", body=None):
    """Ask the server once: status, headers and text."""
    place = urlsplit(address)
    connection = http.client.HTTPConnection(place.hostname, place.port, timeout=20)
    try:
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read().decode()
    finally:
        connection.close()
