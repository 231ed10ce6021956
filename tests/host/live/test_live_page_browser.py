"""The live page in a real Chromium: what a set does to it, what people enter on it, and whom it asks."""

import json
import socket
import time
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest

from barcore.sample import SAMPLE_BYTES
from barhold.recordings import reader
from barhold.recordings.writer import Capture
from barhold.store import People, Store
from browserkit import Page, serving
from hostkit import DATA
from teamkit import HOUR_MS, add_lifter

SIX = ("--virtual", DATA / "six-reps.csv", "--port")
SPEED = ("--speed", 4)
FILL = "parseFloat(document.getElementById('fill').getAttribute('stroke-dasharray'))"
MOOD = "document.body.dataset.mood"
REP = "document.getElementById('rep').textContent"
CONNECTED = "document.getElementById('link-text').textContent === 'connected'"
FITS = "document.documentElement.scrollWidth <= innerWidth"
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True}
SCREEN = {"viewport": {"width": 1280, "height": 800}}
CONTRAST = """(() => {
    const light = (c) => c.match(/[\\d.]+/g).slice(0, 3).map(Number).map((v) => v / 255)
        .map((v) => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
        .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
    const ground = (element) => {
        const color = getComputedStyle(element).backgroundColor;
        return color === 'rgba(0, 0, 0, 0)' ? ground(element.parentElement) : color;
    };
    const texts = [...document.querySelectorAll('main *, header *')].filter((one) => one.checkVisibility()
        && one.getClientRects().length && !one.closest('svg, :disabled, .warm-up')
        && [...one.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim()));
    return Math.min(...texts.map((one) => [light(getComputedStyle(one).color), light(ground(one))])
        .map(([a, b]) => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)));
})()"""
RING = """(() => {
    const words = { over: 'ready for set 12', under: 'hold 2.5-3.5 s', hold: '12:34' };
    const crossing = [];
    for (const mooded of document.querySelectorAll('[data-mood]')) mooded.dataset.mood = 'rest'; // 12:34 is a rest's
    for (const dial of document.querySelectorAll('.dial')) {
        const parts = [...dial.querySelectorAll('.inside > *')];
        for (const part of parts) {
            part.textContent = words[part.className] ?? '172.5 kg, warm-up';
            part.hidden = false;
        }
        const box = dial.getBoundingClientRect();
        const [x, y, most] = [box.x + box.width / 2, box.y + box.height / 2, box.width * 160 / 400];
        for (const part of parts) {
            const range = document.createRange();
            range.selectNodeContents(part);
            for (const line of range.getClientRects()) {
                // The letters of a line stand within the middle 70 % of its box.
                const [top, bottom] = [line.y + 0.15 * line.height, line.bottom - 0.15 * line.height];
                const corners = [line.x, line.right].flatMap((px) => [top, bottom].map((py) => [px, py]));
                if (corners.some(([px, py]) => Math.hypot(px - x, py - y) > most)) crossing.push(part.textContent);
            }
        }
    }
    return crossing;
})()"""
TIGHT = """[...document.querySelectorAll('button, a.button')].filter((one) => one.checkVisibility()).filter((one) => {
    const range = document.createRange();
    range.selectNodeContents(one);
    const [text, box] = [range.getBoundingClientRect(), one.getBoundingClientRect()];
    return text.x < box.x + 4 || text.right > box.right - 4 || text.y < box.y || text.bottom > box.bottom;
}).map((one) => one.textContent)"""

WRAPS = """[...document.querySelectorAll('button:not(.set-row, #undo)')].filter((one) => one.checkVisibility())
    .filter((one) => {
        const range = document.createRange();
        range.selectNodeContents(one);
        return new Set([...range.getClientRects()].map((line) => line.y)).size > 1;
    }).map((one) => one.textContent)"""


@pytest.fixture
def team(tmp_path):
    """Give a database with two lifters who have trained."""
    db, now_ms = tmp_path / "team.db", round(datetime.now(UTC).timestamp() * 1000)
    add_lifter(db, "Mia", "01" * 8, now_ms - 26 * HOUR_MS, sessions=3, load_kg=60)
    add_lifter(db, "Tom", "02" * 8, now_ms - 60 * HOUR_MS, load_kg=80)
    return db


@pytest.fixture(scope="module")
def late_set(tmp_path_factory):
    """Give a recording of six reps with a minute of stillness before them, in which people can enter something."""
    samples = reader.read(DATA / "six-reps.csv").samples
    size, still_ms = SAMPLE_BYTES, 60_000
    times = [int.from_bytes(samples[at : at + 4], "little") for at in range(0, len(samples), size)]
    step_ms = times[1] - times[0]
    still = (t_ms.to_bytes(4, "little") + samples[4:size] for t_ms in range(0, still_ms, step_ms))
    later = (
        (t_ms - times[0] + still_ms).to_bytes(4, "little") + samples[i * size + 4 : (i + 1) * size]
        for i, t_ms in enumerate(times)
    )
    path = tmp_path_factory.mktemp("late") / "late.csv"
    with Capture(path) as capture:
        capture.add(b"".join([*still, *later]))
    return path


def in_sight(page, selector):
    """Return whether an element lies within the window, and nothing covers its middle."""
    return page.ask(
        f"""(() => {{
        const element = document.querySelector({json.dumps(selector)});
        const box = element.getBoundingClientRect();
        const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
        return box.height > 0 && box.y >= 0 && box.bottom <= innerHeight && element.contains(top);
        }})()"""
    )


def test_a_training_with_turns_and_loads_on_a_phone_and_a_screen(chromium, team, late_set):
    with serving("--virtual", late_set, "--port", 0, *SPEED, "--db", team) as address:
        screen = Page(chromium, address, color_scheme="dark", **SCREEN)
        phone = Page(chromium, address, color_scheme="light", **PHONE)
        board = Page(chromium, f"{address}board", color_scheme="dark", **SCREEN)
        enter_turn_and_load(phone, screen)
        follow_the_set(phone, screen, board)
        change_the_finished_set(phone, screen)
        look_at_everything(address, [phone, screen, board])


def enter_turn_and_load(phone, screen):
    phone.until("document.querySelectorAll('#turns button').length === 3")
    phone.until("document.getElementById('phase').textContent === 'ready for set 1'")
    phone.page.tap("#turns button:has-text('Mia')")
    for page in (phone, screen):
        page.until("document.getElementById('who').textContent === 'Mia'")
    assert phone.text("load") == "Last: 65 kg"
    phone.page.tap("#load")
    phone.page.tap("#more-load")
    phone.page.tap("#more-load")
    phone.page.tap("#less")
    screen.until("document.getElementById('bar-load').textContent === '67.5 kg'")
    screen.page.click("#note")
    screen.page.fill("#ask-input", "new shoes")
    screen.page.click("#ask-form button[value=ok]")
    phone.until("document.getElementById('next-note').textContent === 'new shoes'")


def follow_the_set(phone, screen, board):
    screen.page.click("#sound")
    screen.until("notes.length >= 2")  # the tap is answered by a sound
    screen.until(f"{MOOD} === 'under holding'")
    first = screen.ask(f"[{FILL}, document.getElementById('hold').textContent]")
    time.sleep(0.1)
    later = screen.ask(f"[{FILL}, document.getElementById('hold').textContent, {MOOD}]")
    assert later[0] > first[0]  # between two events the hold runs on by itself
    assert later[1] > first[1]
    screen.until(f"{MOOD} === 'reached holding' && {FILL} === 100")
    screen.until("notes.filter(([wave]) => wave === 'square').length >= 4")  # target reached: heard
    phone.ask("scrollTo(0, 0)")
    phone.until("document.getElementById('cue').textContent.startsWith('Target reached')")
    for selector in ("#who", "#newest", "#cue", "#hold", "#rep"):
        assert in_sight(phone, selector), selector  # nothing covers the name, and the newest rep is in sight
    rep = int(screen.ask(REP))
    screen.until(f"Number({REP}) > {rep}")
    board.until("document.querySelector('.panel .newest').textContent.startsWith('Rep ')")
    assert board.ask("document.querySelector('.panel .name').textContent") == "Mia"
    screen.until(f"{MOOD} === 'rest'")
    assert screen.text("cue") == "Set ended: rest"
    screen.until("notes.some(([wave]) => wave === 'sawtooth')")  # another sound: the set ended
    assert screen.ask(REP) == "6"
    assert screen.text("target") == "of 2:00"  # as the plan says
    rested = screen.text("hold")
    screen.until(f"document.getElementById('hold').textContent > '{rested}'")
    assert phone.ask("notes.length") == 0  # nobody tapped there


def change_the_finished_set(phone, screen):
    newest = "document.querySelector('#sets .what').textContent"
    for page in (phone, screen):
        page.until(f"{newest}.startsWith('6 reps')")
        page.until(f"{newest}.includes('67.5 kg, new shoes')")  # what was said of the next set came to this one
        assert page.ask("document.querySelector('#sets strong').textContent") == "Mia"
        page.until("document.getElementById('bar-load').hidden")  # and is not said of the one after it
    phone.page.tap("#sets .set-row")  # moved with two taps
    phone.page.tap("#set-lifters button:has-text('Tom')")
    screen.until("document.querySelector('#sets strong').textContent === 'Tom'")
    phone.page.tap("#set-more")
    screen.until(f"{newest}.includes('70 kg')")
    phone.page.tap("#set-drop")
    phone.until("!document.getElementById('set-box').open")
    screen.until(f"{newest}.startsWith('8 reps')")
    screen.until("document.getElementById('undo').textContent.startsWith('Undo: drop all')")
    screen.page.click("#undo")
    for page in (phone, screen):
        page.until(f"{newest}.includes('70 kg')")
        week = page.ask("document.getElementById('week').textContent")
        assert "Mia" in week
        assert "due" in week


def look_at_everything(address, pages):
    for page in pages:
        for width, height in ((390, 844), (1280, 800)):
            page.page.set_viewport_size({"width": width, "height": height})
            for scheme in ("light", "dark"):
                page.page.emulate_media(color_scheme=scheme)
                assert page.ask(FITS), (page.page.url, width)
                assert page.ask(CONTRAST) >= 4.5, (page.page.url, width, scheme)
            assert page.ask(RING) == [], (page.page.url, width)  # no word runs across the ring
            assert page.ask(TIGHT) == [], (page.page.url, width)  # no word touches the border of its button
            assert page.ask(WRAPS) == [], (page.page.url, width)
        assert page.errors == []
        assert {urlsplit(url).netloc for url in page.requests} == {urlsplit(address).netloc}
    report = Page(chromium_of(pages[0]), f"{address}report")
    assert "Tom" in report.ask("document.querySelector('nav').textContent")
    assert report.errors == []
    assert {urlsplit(url).netloc for url in report.requests} == {urlsplit(address).netloc}


def chromium_of(page):
    return page.context.browser


def test_a_load_is_entered_from_nothing_from_the_last_one_and_again_after_a_slip(chromium, team):
    with serving(*SIX, 0, "--speed", 1, "--db", team) as address:
        phone = Page(chromium, address, color_scheme="light", **PHONE)
        phone.until("document.querySelectorAll('#turns button').length === 3")
        no_load_is_known(phone)
        phone.page.tap("#turns button:has-text('Mia')")
        phone.until("document.getElementById('load').textContent === 'Last: 65 kg'")
        for width, height in ((390, 844), (1280, 800)):
            phone.page.set_viewport_size({"width": width, "height": height})
            assert phone.ask(WRAPS) == phone.ask(TIGHT) == [], width
        slip_and_mend(phone)
        title_of_a_finished_set(phone)
        assert [error for error in phone.errors if "400" not in error] == []


def no_load_is_known(phone):
    """Without a load, - and + have nothing to begin from, and one button alone asks for it."""
    asking = "[...document.querySelectorAll('#next-card button')].filter((one) => one.checkVisibility())"
    assert phone.ask(f"{asking}.map((one) => one.textContent).filter((text) => /load/i.test(text))") == ["Enter load"]
    assert phone.ask("['less', 'more-load'].every((id) => document.getElementById(id).disabled)")
    phone.page.tap("#load")
    assert phone.text("ask-title") == "Load of the next set"
    assert phone.ask("document.getElementById('ask-input').inputMode") == "decimal"
    phone.page.tap("#ask-cancel")


def slip_and_mend(phone):
    phone.page.tap("#type-load")
    for wrong, words in (("6o", "o is not kg or lb"), ("6000", "at most")):
        phone.page.fill("#ask-input", wrong)
        phone.page.tap("#ask-ok")
        phone.until(f"document.getElementById('ask-error').textContent.includes('{words}')")
        assert phone.ask("document.getElementById('ask-box').open && document.getElementById('told').hidden")
    phone.page.fill("#ask-input", "72,5")
    phone.page.tap("#ask-ok")
    phone.until("!document.getElementById('ask-box').open")
    phone.until("document.getElementById('load').textContent === '72.5 kg'")
    assert not phone.page.is_visible("#type-load")  # the button with the load asks now
    phone.page.tap("#note")
    assert phone.ask("document.getElementById('ask-input').inputMode") == "text"
    assert not phone.page.is_visible("#ask-error")
    phone.page.tap("#ask-cancel")


def title_of_a_finished_set(phone):
    when = phone.ask("document.querySelector('#sets .when').textContent")
    phone.page.tap("#sets .set-row")
    phone.page.tap("#set-load")
    assert phone.text("ask-title") == f"Load of the set of {when}"
    assert phone.ask(WRAPS) == []
    phone.page.tap("#ask-cancel")


def test_input_from_two_phones_and_a_restart_in_between_loses_and_doubles_nothing(chromium, team):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    serve = (*SIX, port, "--speed", 1, "--db", team)
    with serving(*serve) as address:
        phones = [Page(chromium, address, **PHONE) for _ in range(2)]
        for phone in phones:
            phone.until(f"{CONNECTED} && document.querySelectorAll('#sets .set-row').length === 12")
        phones[0].ask("window.addEventListener('barhold', (event) => { window.run = event.detail.run; })")
        runs = [phones[0].until("window.run")]
        tap_a_lot(phones, first=0)
    for phone in phones:
        phone.until("document.getElementById('link-text').textContent === 'no connection to the computer'")
        assert "tries again by itself" in phone.text("notice")
    tap_a_lot(phones, first=3)  # nobody is there to take it
    phones[1].until("document.getElementById('told').textContent.includes('sent as soon as it does')")
    phones[0].ask("window.run = ''")
    with serving(*serve):
        for phone in phones:
            phone.until(CONNECTED)
            phone.until("document.getElementById('told').hidden")
        runs.append(phones[0].until("window.run"))
        for phone in phones:
            for i, note in enumerate(f"{n}, phone {n % 2}" for n in range(6)):
                phone.until(f"document.querySelectorAll('#sets .what')[{i}].textContent.endsWith('{note}')")
    assert runs[0] != runs[1]
    with Store.open(team) as store:
        notes = [json.loads(edit.value)["text"] for edit in People(store).edits() if edit.action == "note"]
    assert sorted(notes) == sorted(f"{n}, phone {n % 2}" for n in range(6))
    for phone in phones:
        assert all("ERR_CONNECTION_REFUSED" in error or "ERR_INCOMPLETE" in error for error in phone.errors)


def tap_a_lot(phones, first):
    """Note something of three sets, in turns on both phones; do not wait for an answer in between."""
    for n in range(first, first + 3):
        phone = phones[n % 2]
        phone.page.tap(f"#sets li:nth-child({n + 1}) .set-row")
        phone.page.tap("#set-note")
        phone.page.fill("#ask-input", f"{n}, phone {n % 2}")
        phone.page.tap("#ask-form button[value=ok]")
        phone.page.tap("#set-box button:has-text('Close')")


def test_two_sensors_have_a_tab_and_a_panel_on_the_board_each(chromium, tmp_path):
    with serving(*SIX, 0, "--seed", 2, *SPEED, "--db", tmp_path / "b.db") as address:
        page = Page(chromium, address)
        board = Page(chromium, f"{address}board", **SCREEN)
        page.until("document.querySelectorAll('#sensors button').length === 2")
        page.until(
            "[...document.querySelectorAll('#sensors button')].every((tab) => /^barhold-.{4}/.test(tab.textContent))"
        )
        names = page.ask("[...document.querySelectorAll('#sensors button')].map((tab) => tab.textContent)")
        assert len(set(names)) == 2  # though both sensors are called the same
        page.page.click("#sensors button:nth-child(1)")
        page.until("document.querySelector('#sensors').textContent.includes('(stays)')")
        page.until("document.querySelectorAll('#reps li').length === 6")
        shown = page.ask("[...document.querySelectorAll('#reps li .s')].map((rep) => parseFloat(rep.textContent))")
        words = page.ask("[...document.querySelectorAll('#reps li .v')].map((rep) => rep.textContent.split(' ')[1])")
        board.until("document.querySelectorAll('.panel').length === 2")
        boxes = board.ask("[...document.querySelectorAll('.panel')].map((panel) => panel.getBoundingClientRect().y)")
        assert boxes[0] == boxes[1]  # side by side
        assert page.errors == board.errors == []
        a_sites_script_cannot_read_the_page(page, address)
    true = [rep["hold_s"] for reps in json.loads((DATA / "six-reps.json").read_text()) for rep in reps]
    assert shown[::-1] == pytest.approx(true, abs=0.2)  # the newest rep comes first
    assert set(words) <= {"ok", "short", "long", "unsure"}


def a_sites_script_cannot_read_the_page(page, address):
    page.page.goto("data:text/html,<title>elsewhere</title>")
    answer = page.ask(f"fetch('{address}training').then((a) => a.text(), (error) => 'refused: ' + error)")
    assert answer.startswith("refused")
    changed = page.ask(
        f"fetch('{address}lifter', {{ method: 'POST', body: '{{\"name\": \"Eve\"}}',"
        " headers: { 'Content-Type': 'application/json' } }).then((a) => a.status, (error) => 'refused: ' + error)"
    )
    assert changed.startswith("refused")
    stream = page.ask(
        f"new Promise((done) => {{ const s = new EventSource('{address}events');"
        " s.onerror = () => done('refused'); s.onmessage = (m) => done(m.data); })"
    )
    assert stream == "refused"


def test_a_phone_enters_by_the_codes_address_and_comes_in_again(chromium, tmp_path):
    with serving("--seed", 1, "--port", 0, "--lan", env={"BARHOLD_CONFIG": str(tmp_path)}) as address:
        page = Page(chromium, address, **PHONE)
        page.until(f"location.pathname === '/' && {CONNECTED}", 30)
        assert "#" not in page.page.url
        cookies = page.context.cookies()
        assert [(one["name"], one["httpOnly"], one["sameSite"]) for one in cookies] == [("barhold", True, "Strict")]
        page.page.tap("#phone")
        page.until("document.getElementById('phone-code').naturalWidth > 100")
        assert page.text("phone-text") == address
        page.page.tap("#phone-box button")
        page.page.tap("#turns button:has-text('New lifter')")
        page.page.fill("#ask-input", "Zoe")
        page.page.tap("#ask-form button[value=ok]")
        page.until("document.querySelectorAll('#turns button').length === 2")
        page.page.tap("#turns button:has-text('Zoe')")
        page.until("document.getElementById('who').textContent === 'Zoe'")
        assert page.errors == []
        stranger = Page(chromium, address.partition("#")[0].replace("/enter", "/"))
        assert stranger.page.url.endswith("/enter")
        for width in (390, 1280):
            stranger.page.set_viewport_size({"width": width, "height": 800})
            assert stranger.ask("document.getElementById('told').getBoundingClientRect().width > 200")
            assert stranger.ask(FITS)
        stranger.page.fill("#token", "wrong")
        stranger.page.click("#form button")
        stranger.until("document.getElementById('told').textContent.startsWith('This is not the token')")
