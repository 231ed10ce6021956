"""The report in a real Chromium: light, dark, on a phone, in print; it asks nothing of any network."""

import shutil
import subprocess
from dataclasses import replace

import pytest
from test_report import loaded, made, paged, training

from barhold.plans import plan
from bench import browser
from browserkit import Page
from hostkit import barhold_process

GROUND = "getComputedStyle(document.body).backgroundColor"
VISIBLE = "[...document.querySelectorAll('figure > div')].filter((one) => one.offsetParent).map((one) => one.className)"


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(made(training(rest_h=(0, *(30, 30, 44, 80) * 8))), encoding="utf-8")
    return path


@pytest.mark.parametrize(("width", "size"), [(390, "narrow"), (1280, "wide")])
def test_it_fits_shows_the_drawing_of_its_size_and_fetches_nothing(chromium, file, width, size):
    page = Page(chromium, file.as_uri(), viewport={"width": width, "height": 740})
    assert page.ask("document.documentElement.scrollWidth") <= width
    assert page.ask(VISIBLE) == [size, "always", "always", "always", size, size, size]
    assert page.requests == [file.as_uri()]
    assert page.errors == []
    least = page.ask(
        "Math.min(...[...document.querySelectorAll('svg text')].filter((one) => one.getClientRects().length)"
        ".map((one) => one.getBoundingClientRect().height))"
    )
    assert least >= 11  # px: text in charts is not scaled down to nothing


MEETING = """[...document.querySelectorAll('figure svg')].filter((one) => one.getClientRects().length)
.flatMap((drawn) => {
    const frame = drawn.getBoundingClientRect();
    const names = [...drawn.querySelectorAll('text.name')].map((one) => [one.textContent, one.getBoundingClientRect()]);
    const out = names.filter(([, box]) => box.x < frame.x || box.right > frame.right).map(([text]) => text);
    const meets = (a, b) => a.x < b.right + 3 && b.x < a.right + 3 && a.y + 3 < b.bottom - 3 && b.y + 3 < a.bottom - 3;
    const met = names.filter(([, a], i) => names.slice(i + 1).some(([, b]) => meets(a, b))).map(([text]) => text);
    return [...out, ...met];
})"""


@pytest.mark.parametrize(("sets_each", "count"), [(3, 7), (6, 4), (6, 8), (12, 2)])
def test_labels_of_many_loaded_sets_do_not_meet(chromium, tmp_path, sets_each, count):
    path = tmp_path / "loaded.html"
    items = loaded(training(rest_h=(0,), sets_each=sets_each, count=count), [62.5])
    items[0] = replace(items[0], warm_up=True)
    path.write_text(made(items), encoding="utf-8")
    for width in (390, 1280):
        page = Page(chromium, path.as_uri(), viewport={"width": width, "height": 800})
        assert page.ask(MEETING) == [], width
        names = page.ask(
            "[...document.querySelectorAll('.wide text.name, .narrow text.name')]"
            ".filter((one) => one.getClientRects().length).map((one) => one.textContent)"
        )
        assert names[-1].partition(",")[0].endswith(str(sets_each))
    if sets_each < 12:  # where there is room, the load is said, or at least that a set does not count
        assert names[0].endswith("warm-up")
    if count > 6:
        assert names[1] == "Set 2, 62.5 kg"


def test_a_head_stands_over_its_numbers(chromium, file):
    page = Page(chromium, file.as_uri())
    unlike = page.ask(
        """[...document.querySelectorAll('table')].flatMap((table) => {
        const cells = [...(table.tBodies[0].rows[0]?.cells ?? [])];
        const align = (cell) => getComputedStyle(cell).textAlign;
        return [...(table.tHead?.rows[0].cells ?? [])].filter((head, i) => cells[i] && align(head) !== align(cells[i]))
            .map((head) => head.textContent);
        })"""
    )
    assert unlike == []


def test_dark_is_dark_and_light_is_light(chromium, file):
    grounds = {}
    for scheme in ("light", "dark"):
        page = Page(chromium, file.as_uri(), color_scheme=scheme)
        grounds[scheme] = sum(int(one) for one in page.ask(f"{GROUND}.match(/\\d+/g)"))
    assert grounds["light"] > 700
    assert grounds["dark"] < 100


def test_words_have_contrast_in_both(chromium, file):
    """WCAG AA, 4.5 : 1, for every text against its card."""
    for scheme in ("light", "dark"):
        page = Page(chromium, file.as_uri(), color_scheme=scheme)
        least = page.ask(
            """(() => {
            const light = (c) => c.match(/[\\d.]+/g).slice(0, 3).map(Number).map((v) => v / 255)
                .map((v) => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
                .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
            const card = light(getComputedStyle(document.querySelector('.card')).backgroundColor);
            const texts = [...document.querySelectorAll('h1, h3, p, dt, dd, td, summary span, li, .verdict')];
            return Math.min(...texts.map((one) => light(getComputedStyle(one).color))
                .map((one) => (Math.max(one, card) + 0.05) / (Math.min(one, card) + 0.05)));
            })()"""
        )
        assert least >= 4.5, scheme


def test_it_prints(file, tmp_path):
    """Chromium's own print, as a user's."""
    if not shutil.which("chromium"):
        pytest.skip("no Chromium on this machine: install the package chromium")
    out = tmp_path / "report.pdf"
    arguments = [*browser.ARGUMENTS, f"--user-data-dir={tmp_path / 'profile'}", "--no-pdf-header-footer"]
    command = [browser.program(), *arguments, f"--print-to-pdf={out}", file.as_uri()]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    data = out.read_bytes()
    assert data.startswith(b"%PDF-")
    assert 2 <= data.count(b"/Type /Page\n") <= 4
    assert len(data) > 20_000


def test_the_print_is_light_and_wide_whatever_the_screen(chromium, file):
    page = Page(chromium, file.as_uri(), color_scheme="dark", viewport={"width": 700, "height": 900})
    page.page.emulate_media(media="print", color_scheme="dark")
    assert page.ask(GROUND) == "rgb(255, 255, 255)"
    assert "narrow" not in page.ask(VISIBLE)
    printed = page.ask(
        "[...document.querySelectorAll('.sessions tbody tr')].filter((row) => row.checkVisibility()).length"
    )
    assert printed == 21  # every rep of the last session


def test_it_shows_one_lifter_at_a_time_and_prints_them_all(chromium, tmp_path):
    items = [replace(item, lifter=("Ada", "Mia")[item.boot % 2]) for item in training()]
    path = tmp_path / "team.html"
    path.write_text(paged(items, lambda _: plan.DEFAULT, {}, ["Zoe"]), encoding="utf-8")
    shown = "[...document.querySelectorAll('h1')].filter((name) => name.offsetParent).map((name) => name.textContent)"
    for width in (390, 1280):
        page = Page(chromium, path.as_uri(), viewport={"width": width, "height": 800})
        assert page.ask(shown) == ["Ada"]
        page.page.click("nav a:has-text('Mia')")
        assert page.ask(shown) == ["Mia"]
        assert page.ask("document.documentElement.scrollWidth") <= width
        week = page.ask("document.querySelector('nav').innerText")
        assert all(word in week for word in ("Ada", "Mia", "Zoe", "new", "0 of 3"))
    page.page.emulate_media(media="print")
    assert page.ask(shown) == ["Ada", "Mia"]


def test_the_page_of_the_command_is_this_page(chromium, tmp_path):
    db = tmp_path / "b.db"
    for args in (("sync", "--seed", 1), ("report", "--out", tmp_path / "r.html")):
        assert barhold_process(*args, "--db", db).returncode == 0  # Playwright holds this thread's event loop
    page = Page(chromium, (tmp_path / "r.html").as_uri())
    assert page.errors == []
    assert page.ask("document.querySelectorAll('.wide .mark').length") == 24
