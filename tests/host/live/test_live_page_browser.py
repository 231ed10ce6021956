"""The live page in a real Chromium: what a set played by the virtual sensor does to it, and whom it asks."""

import json
import socket
import time
from urllib.parse import urlsplit

import pytest

from browserkit import Page, opened, serving
from hostkit import DATA

SIX = ("--virtual", DATA / "six-reps.csv", "--port")
SPEED = ("--speed", 4)
FILL = "parseFloat(document.getElementById('fill').getAttribute('stroke-dasharray'))"
MOOD = "document.body.dataset.mood"
REP = "document.getElementById('rep').textContent"


@pytest.fixture(scope="module")
def chromium():
    with opened() as browser:
        yield browser


def test_a_set_moves_number_ring_and_sound_on_two_pages_at_once(chromium, tmp_path):
    with serving(*SIX, 0, *SPEED, "--db", tmp_path / "b.db") as address:
        page = Page(chromium, address, viewport={"width": 1280, "height": 800})
        phone = Page(chromium, address, viewport={"width": 360, "height": 740}, color_scheme="dark", has_touch=True)
        page.page.click("#sound")
        page.until("notes.length === 2")  # the tap is answered by a sound
        page.until(f"{MOOD} === 'under holding'")
        first = page.ask(f"[{FILL}, document.getElementById('hold').textContent]")
        time.sleep(0.1)
        later = page.ask(f"[{FILL}, document.getElementById('hold').textContent, {MOOD}]")
        assert later[0] > first[0]  # between two events the hold runs on by itself
        assert later[1] > first[1]
        page.until(f"{MOOD} === 'reached holding' && {FILL} === 100")
        page.until("notes.filter(([wave]) => wave === 'square').length >= 4")  # target reached: heard
        assert page.text("cue") == "Target reached"
        rep = int(page.ask(REP))
        page.until(f"Number({REP}) > {rep}")
        page.until(f"{MOOD} === 'rest'")
        assert page.text("cue") == "Set ended: rest"
        page.until("notes.some(([wave]) => wave === 'sawtooth')")  # another sound: the set ended
        assert page.ask(REP) == "6"
        rested = page.text("hold")
        page.until(f"document.getElementById('hold').textContent > '{rested}'")
        for one in (page, phone):
            one.until("document.querySelectorAll('#past li').length === 1")  # stored, and in the history
            assert one.ask("document.querySelectorAll('#reps li').length") == 6
            assert one.ask("document.documentElement.scrollWidth <= innerWidth")
        assert phone.ask("notes.length") == 0  # nobody tapped there
        for one in (page, phone):
            assert one.errors == []
            assert {urlsplit(url).netloc for url in one.requests} == {urlsplit(address).netloc}
        report = Page(chromium, f"{address}report")
        assert "1 sessions" in report.ask("document.body.textContent") or "only week" in report.ask(
            "document.body.textContent"
        )
        assert report.errors == []
        assert {urlsplit(url).netloc for url in report.requests} == {urlsplit(address).netloc}


def test_the_verdicts_are_words_and_the_last_states_are_the_replays(chromium, tmp_path):
    with serving(*SIX, 0, "--speed", 20, "--db", tmp_path / "b.db") as address:
        page = Page(chromium, address)
        page.until("document.querySelectorAll('#reps li').length === 6")
        shown = page.ask("[...document.querySelectorAll('#reps li .s')].map((one) => parseFloat(one.textContent))")
        words = page.ask("[...document.querySelectorAll('#reps li .v')].map((one) => one.textContent.split(' ')[1])")
    true = [rep["hold_s"] for reps in json.loads((DATA / "six-reps.json").read_text()) for rep in reps]
    assert shown == pytest.approx(true, abs=0.2)
    assert set(words) <= {"ok", "short", "long", "unsure"}


def test_a_page_finds_the_server_again_after_its_restart(chromium):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    page = None
    runs = []
    for _ in range(2):
        with serving(*SIX, port, *SPEED) as address:
            page = page or Page(chromium, address)
            page.until("document.getElementById('link-text').textContent === 'connected'")
            page.ask("window.addEventListener('barhold', (event) => { window.run = event.detail.run; })")
            runs.append(page.until("window.run"))
            page.until(f"{REP} !== '0'")
        page.until("document.getElementById('link-text').textContent === 'no connection to the computer'")
        assert "tries again by itself" in page.text("notice")
        page.ask("window.run = ''")
    assert runs[0] != runs[1]
    assert all("ERR_CONNECTION_REFUSED" in error or "ERR_INCOMPLETE" in error for error in page.errors)


def test_two_sensors_have_a_tab_each(chromium):
    with serving("--seed", 1, "--seed", 2, "--port", 0, *SPEED) as address:
        page = Page(chromium, address)
        page.until("document.querySelectorAll('#lanes button').length === 2")
        page.page.click("#lanes button:nth-child(2)")
        assert page.ask("document.querySelector('#lanes button:nth-child(2)').getAttribute('aria-pressed')") == "true"
        page.until("document.querySelector('#lanes').textContent.includes('(held)')")
        names = page.until(
            "window.names = [...document.querySelectorAll('#lanes button')].map((one) => one.textContent)"
        )
        assert len(set(names)) == 2  # though both sensors are called the same
        assert all(name.startswith("Barhold ") for name in names)
        assert page.errors == []


def test_a_phone_enters_by_the_codes_address_and_finds_in_again(chromium, tmp_path):
    with serving("--seed", 1, "--port", 0, "--lan", env={"BARHOLD_CONFIG": str(tmp_path)}) as address:
        page = Page(chromium, address)
        page.until("location.pathname === '/' && document.getElementById('link-text').textContent === 'connected'", 30)
        assert "#" not in page.page.url
        cookies = page.context.cookies()
        assert [(one["name"], one["httpOnly"], one["sameSite"]) for one in cookies] == [("barhold", True, "Strict")]
        page.page.click("#phone")
        page.until("document.getElementById('phone-code').naturalWidth > 100")
        assert page.text("phone-text") == address
        assert page.errors == []
        stranger = Page(chromium, address.partition("#")[0].replace("/enter", "/"))
        assert stranger.page.url.endswith("/enter")
        stranger.page.fill("#token", "wrong")
        stranger.page.click("#form button")
        stranger.until("document.getElementById('told').textContent.startsWith('This is not the token')")


def test_a_sites_script_cannot_read_the_page(chromium):
    with serving("--seed", 1, "--port", 0) as address:
        page = Page(chromium, address)
        page.page.goto("data:text/html,<title>elsewhere</title>")
        told = page.ask(f"fetch('{address}history').then((a) => a.text(), (error) => 'refused: ' + error)")
        assert told.startswith("refused")
        opened = page.ask(
            f"new Promise((done) => {{ const s = new EventSource('{address}events');"
            " s.onerror = () => done('refused'); s.onmessage = (m) => done(m.data); })"
        )
        assert opened == "refused"
