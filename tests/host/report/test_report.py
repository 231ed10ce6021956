"""The report: every rep of the last session is on it, in a chart and in a table; nothing in it is fetched or run."""

import base64
import hashlib
import html
import json
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest

from barcore import protocol
from barhold import report
from barhold.check import team_week, verdicts
from barhold.model import Anchor, Load
from barhold.plans import plan
from barhold.report import svg, week_trend
from barhold.report.set_charts import figures
from barhold.report.svg import Scale
from barhold.store import Store
from barhold.training import sets
from hostkit import DATA, DEVICE, barhold, rep, reps, stored

NOW = datetime(2026, 11, 4, 12, tzinfo=UTC)
HOUR_MS = 3_600_000


def training(rest_h=(0, 30, 30, 90), sets_each=3, count=7, hold_ms=2500):
    """Sessions with that rest before each, as the store would give them."""
    raws, anchors, at_ms = [], [], round(NOW.timestamp() * 1000) - round(sum(rest_h) * HOUR_MS) - HOUR_MS
    for boot, hours in enumerate(rest_h, start=1):
        at_ms += round(hours * HOUR_MS)
        anchors.append(Anchor(DEVICE, 1, boot, 0, at_ms, 10))
        for number in range(1, sets_each + 1):
            some = {"count": count, "start_ms": number * 200_000, "set_number": number, "boot": boot}
            raws += reps(**some, hold_ms=hold_ms)
    return sets.training_sets(stored(raws), anchors, NOW)


def made(items, names=None, by=plan.DEFAULT):
    return paged(items, lambda _: by, names or {DEVICE: "bar-1"})


def paged(items, plan_of, names, lifters=()):
    """Return the page of these sets, with the week of these lifters and of whoever trained."""
    week = team_week.rows(items, lifters, plan_of, team_week.monday_of(NOW.date()), NOW)
    return report.page(items, plan_of, NOW, names, week)


def rows_of(page, title):
    """Return the rows of the table under a chart or a heading, without its heads, as lists of texts."""
    table = re.search(rf"{re.escape(title)}.*?<tbody>(.*?)</tbody>", page, re.DOTALL)[1]
    rows = re.findall(r"<tr[^>]*>(.*?)</tr>", table, re.DOTALL)
    texts = [[re.sub(r"<[^>]*>", "", cell) for cell in re.findall(r"<td[^>]*>(.*?)</td>", row)] for row in rows]
    return [[html.unescape(text) for text in row] for row in texts]


def test_every_rep_of_the_last_session_is_in_chart_and_table():
    items = training()
    page = made(items)
    drawn = re.search(r'<div class="wide">(.*?)</div>', page, re.DOTALL)[1]
    assert drawn.count('class="mark ok"') == 21
    assert len(re.findall(r'class="error"', drawn)) == 3 * 21  # a bar and two caps each
    rows = rows_of(page, "<h3>Hold per rep")
    assert len(rows) == 21
    assert rows[0] == ["1", "1", "2.50", "0.05", "\u2713 ok", "30", "0.70", ""]


def test_a_verdict_is_told_by_shape_and_word_and_not_by_colour_alone():
    raws = [rep(10_000 + 6000 * i, number=i + 1, hold_ms=h, hold_err_ms=e) for i, (h, e) in enumerate(
        [(2500, 50), (1500, 50), (3500, 50), (2000, 60)])]  # fmt: skip
    page = made(sets.training_sets(stored(raws), [], NOW))
    drawn = re.search(r'<div class="wide">(.*?)</div>', page, re.DOTALL)[1]
    shapes = {
        word: re.search(rf'<(\w+) [^>]*class="mark {word}"', drawn)[1] for word in ("ok", "short", "long", "unsure")
    }
    assert shapes == {"ok": "circle", "short": "path", "long": "path", "unsure": "path"}
    paths = re.findall(r'd="M[\d.]+ [\d.]+([^"]*)" class="mark', drawn)
    assert len(set(paths)) == 3
    assert [row[4] for row in rows_of(page, "<h3>Hold per rep")] == [
        "\u2713 ok",
        "\u2193 short",
        "\u2191 long",
        "? unsure",
    ]


def test_the_check_the_advice_and_the_safety_words_are_on_it():
    page = made(training())
    assert "\u2717 Plan not met" in page  # 90 h of rest
    assert "Rule: " in page
    assert "Stop on pain" in page
    assert "\u2717 plan 24\u201348 h" in page
    met = made(training(rest_h=(0, 30)))
    assert "\u2713 Plan met" in met


def test_the_calendar_tells_what_the_rest_was():
    page = made(training(rest_h=(0, 30, 12, 90)))
    assert "1 rest kept, 1 came too soon, 1 came late, 1 first" in page
    rows = rows_of(page, "<h3>Calendar")
    assert [row[2] for row in rows] == ["came late", "came too soon", "rest kept", "first"]


def test_the_trend_has_every_week_and_breaks_where_none_was():
    week_h = 7 * 24
    page = made(training(rest_h=(0, week_h, 3 * week_h, week_h)))
    rows = rows_of(page, "<h3>Holds over weeks")
    assert [(row[1], row[3], row[5]) for row in rows] == [("1", "21", "2.50")] * 4
    drawn = re.findall(r'<div class="wide">(.*?)</div>', page, re.DOTALL)[1]
    assert drawn.count('class="course mean"') == 2


def loaded(items, amounts, unit="kg"):
    """Give the sets of each session in turn the next of `amounts`."""
    amount_of = dict(zip(sorted({item.boot for item in items}), amounts, strict=True))
    return [replace(item, load=Load(amount_of[item.boot], unit)) for item in items]


def test_a_month_that_begins_in_the_last_week_is_named_within_the_drawing():
    for last in (date(2026, 11, 2), date(2026, 11, 30), date(2026, 12, 28)):
        for width in (svg.WIDE, svg.NARROW):
            first = last - timedelta(weeks=1)
            named = "".join(week_trend.dates(first, last, Scale(0, 1, 50, width - 20), width, 10, 200))
            places = [float(x) for x in re.findall(r'<text x="([\d.]+)"', named)]
            assert places
            assert max(places) <= width


def test_load_and_volume_are_shown_by_the_week():
    week_h = 7 * 24
    page = made(loaded(training(rest_h=(0, week_h, week_h)), (60, 60, 65)))
    assert "heaviest set 65 kg, +5 kg since the first week; 1365 kg moved in the last week" in page
    rows = rows_of(page, "<h3>Load and volume over weeks")
    assert [row[1:] for row in rows] == [
        ["65", "1365", "21", "0"],
        ["60", "1260", "21", "0"],
        ["60", "1260", "21", "0"],
    ]
    mixed = [*loaded(training(rest_h=(0, 30))[:3], (100,), "lb"), *loaded(training(rest_h=(0, 30))[3:], (50,))]
    (row,) = rows_of(made(mixed), "<h3>Load and volume over weeks")
    assert row[1:3] == ["50", "2003"]  # in the unit that was named last: 21 reps of 50 kg, and 21 of 100 lb
    unnamed = made(training(rest_h=(0, 30)))
    assert "<h3>Volume over weeks" in unnamed
    assert [row[1:] for row in rows_of(unnamed, "<h3>Volume over weeks")] == [["", "42", "42", "6"]]


def test_personal_bests_name_value_and_day_and_mark_what_is_new():
    items = loaded(training(rest_h=(0, 30, 30)), (60, 70, 65))
    rows = rows_of(made(items), "<h3>Personal bests since")
    assert [row[:2] for row in rows] == [
        ["Heaviest set", "70 kg for 7 reps"],
        ["Most reps in a set", "7 reps with 60 kg"],
        ["Most volume in a session", "1470 kg"],
        ["Most holds in the window", "21 of 21"],
        ["Most sessions in a week", "2 sessions"],
    ]
    assert not any("new" in row[2] for row in rows[:4])
    grown = rows_of(made(loaded(training(rest_h=(0, 30, 30)), (60, 65, 70))), "<h3>Personal bests since")
    assert [row[0] for row in grown if row[2].endswith("new")] == [
        "Heaviest set",
        "Most volume in a session",
        "Most sessions in a week",
    ]
    few = [replace(item, reps=item.reps[:5]) if item.boot == 3 else item for item in items]
    assert rows_of(made(few), "<h3>Personal bests since")[0][1] == "70 kg for 7 reps"


def test_a_first_session_shows_no_empty_year():
    page = made(training(rest_h=(0,)))
    assert "Trends and the calendar begin with the second session" in page
    assert 'class="day' not in page
    second = made(training(rest_h=(0, 30)))
    drawn = re.search(r"<h3>Calendar.*?<svg(.*?)</svg>", second, re.DOTALL)[1]
    assert drawn.count('class="day') <= 7
    assert made(training(rest_h=(0, 24 * 7 * 20))).count('class="day') > 2 * 7 * 15


def test_the_page_opens_with_the_week_of_every_lifter():
    items = [replace(item, lifter="Mia") for item in loaded(training(rest_h=(0, 30)), (60, 62.5))]
    page = paged(items, lambda _: plan.DEFAULT, {}, ["Ada", "Mia"])
    assert page.index("<nav") < page.index("<main")
    assert [row[:7] for row in rows_of(page, "<nav")] == [
        ["Ada", "new", "0 of 3", "0", "0", "\u2013", "\u2013"],
        ["Mia", "resting", "2 of 3", "6", "42", "100 %", "62.5 kg"],
    ]
    assert re.findall(r'<a href="#(owner-\d)">', page) == ["owner-1"]  # Ada has no part to go to


def test_the_reps_of_the_last_session_are_open_and_so_in_print():
    page = made(training())
    assert page.count("<details open>") == 1
    assert page.index("<details open>") == page.index("<details", page.index("Last sessions, rep by rep"))


def test_warm_up_sets_and_loads_are_named_and_do_not_count():
    items = training(rest_h=(0,))
    items = [
        replace(items[0], warm_up=True, load=Load(20, "kg")),
        *(replace(i, load=Load(60, "kg")) for i in items[1:]),
    ]
    page = made(items)
    assert "Set 1, 20 kg, warm-up" in page
    assert "14 of 14" in page
    only_warm = made([replace(items[0], warm_up=True)])
    assert "No training yet" in only_warm


def test_each_lifter_has_a_part_by_the_own_plan():
    items = training(rest_h=(0, 30))
    items = [replace(one, lifter=name) for one, name in zip(items, ["Ada"] * 3 + ["Mia"] * 3, strict=True)]
    strict = replace(plan.DEFAULT, name="strict", reps=plan.Bounds(10, 12))
    page = paged(items, lambda whose: strict if whose == "Mia" else plan.DEFAULT, {})
    assert re.findall(r"<h1>(.*?)</h1>", page) == ["Ada", "Mia"]
    assert "plan strict" in page.partition("<h1>Mia")[2]
    assert "plan strict" not in page.partition("<h1>Mia")[0].partition("<h1>Ada")[2]
    links = re.findall(r'<a href="#(owner-\d)">(\w+)</a>', page)
    assert links == [("owner-1", "Ada"), ("owner-2", "Mia")]


def test_sensors_of_one_name_are_told_apart_and_a_doubt_is_said_once():
    items = [
        replace(one, device_id=id_)
        for one, id_ in zip(training(rest_h=(0,)), ["01" * 8, "02" * 8, "03" * 8], strict=True)
    ]
    page = made(items, {"01" * 8: "bar", "02" * 8: "bar", "03" * 8: "bar-3"})
    assert re.findall(r"<h1>(.*?)</h1>", page) == ["bar 0101", "bar 0202", "bar-3"]
    assert "not calibrated" not in page
    page = made(sets.training_sets(stored(reps(3, flags=protocol.UNCALIBRATED | protocol.PARTIAL)), [], NOW))
    assert page.count("not calibrated") == 1
    assert [row[7] for row in rows_of(page, "<h3>Hold per rep")] == ["partial"] * 3


def test_what_people_wrote_stays_text():
    evil = "<script>alert(1)</script>\"'&"
    items = [replace(one, lifter=evil, note=evil) for one in training(rest_h=(0,))]
    page = made(items)
    assert "<script" not in page
    assert page.count("&lt;script&gt;alert(1)&lt;/script&gt;&#34;&#39;&amp;") >= 2
    page = made(training(rest_h=(0,)), {DEVICE: evil}, replace(plan.DEFAULT, name=evil))
    assert "<script" not in page


def test_the_page_may_load_and_run_nothing():
    page = made(training())
    policy = html.unescape(re.search(r'http-equiv="Content-Security-Policy" content="(.*?)"', page)[1])
    assert policy == report.policy()
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)[1]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy.startswith(f"default-src 'none'; style-src 'sha256-{digest}'")
    links = set(re.findall(r'(?:href|src)="([^"]*)"', page)) | set(
        re.findall(r"url\(|@import|https?://[^\s\"'<)]*", page)
    )
    assert {link for link in links if not link.startswith("#")} == {"http://www.w3.org/2000/svg"}
    assert " style=" not in page
    assert not re.findall(r"\son\w+=", page)


def test_every_chart_has_a_name_and_a_table():
    page = made(training())
    charts = re.findall(r"<figure.*?</figure>", page, re.DOTALL)
    assert len(charts) == 7
    for chart in charts:
        assert rows_of(chart, "<h3>")
        named = re.findall(r'<svg [^>]*role="img" aria-label="([^"]*)"', chart.partition("<ul")[0])
        assert named
        assert all(len(label) > 10 for label in named)


def test_one_set_of_two_reps_is_enough_without_a_message():
    assert "Hold per rep" in made(sets.training_sets(stored(reps(2)), [], NOW))
    assert "No training yet" in made([])


def test_lines_of_many_sets_have_names_that_do_not_meet():
    items = training(rest_h=(0,), sets_each=6)
    drawn = figures(verdicts.check_session(items, None, plan.DEFAULT), plan.DEFAULT)[0].drawings["always"]
    tops = sorted(float(y) for y in re.findall(r'y="([\d.]+)" class="name', drawn))
    assert len(tops) == 6
    assert min(b - a for a, b in pairwise(tops)) >= 12.9
    assert tops[-1] <= 210


@pytest.mark.parametrize("value", [0.0, 1e-9, 1e9])
def test_a_scale_of_no_length_is_no_division_by_zero(value):
    assert Scale(value, value, 0, 100)(value) == 50


def test_values_and_texts_are_escaped_in_drawings():
    drawn = svg.el("text", "<b>&", title='"<')
    assert drawn == '<text title="&#34;&lt;">&lt;b&gt;&amp;</text>'


def test_ten_years_stay_one_readable_file():
    once = made(training(rest_h=(0, *(42,) * 199), count=7))
    often = made(training(rest_h=(0, *(42,) * 1499), count=7))
    assert len(often) < 500_000
    assert len(often) < 3 * len(once)
    assert "1492 older sessions" in often


# --- the command ------------------------------------------------------------------------------------------------


def test_the_command_writes_the_page_in_one_piece_or_not_at_all(tmp_path):
    db = tmp_path / "b.db"
    barhold("sync", "--virtual", DATA / "six-reps.csv", db=db)
    out = tmp_path / "r.html"
    done = barhold("report", "--out", out, db=db)
    assert (done.exit_code, done.stdout, done.stderr) == (0, f"{out}\n", "barhold: 1 session, 1 set\n")
    assert out.read_text().startswith("<!doctype html>")
    assert sorted(path.name for path in tmp_path.iterdir() if path.suffix in (".html", ".part")) == ["r.html"]
    first = out.read_text()
    refused = barhold("report", "--out", out, db=db)
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert f"{out} exists: name another file, or replace it with --overwrite" in refused.stderr
    assert out.read_text() == first
    assert barhold("report", "--out", out, "--overwrite", db=db).exit_code == 0
    assert len(out.read_text()) == len(first)
    piped = barhold("report", "--out", "-", db=db)
    assert piped.stdout.startswith("<!doctype html>")


def test_the_command_as_json_says_where_the_page_is_and_what_is_on_it(tmp_path):
    db, out = tmp_path / "b.db", tmp_path / "r.html"
    barhold("sync", "--virtual", DATA / "six-reps.csv", db=db)
    done = barhold("report", "--out", out, "--json", db=db)
    assert json.loads(done.stdout) == {"type": "report", "schema": 1, "file": str(out), "sessions": 1, "sets": 1}
    assert out.read_text().startswith("<!doctype html>")
    both = barhold("report", "--out", "-", "--json", db=db)
    assert (both.exit_code, both.stdout, len(both.stderr.splitlines())) == (2, "", 1)


def test_what_it_cannot_do_is_one_line(tmp_path):
    db = tmp_path / "b.db"
    for args in ((), ("--lifter", "nobody")):
        done = barhold("report", *args, "--out", tmp_path / "r.html", db=db)
        assert (done.exit_code, len(done.stderr.splitlines())) == (2, 1)
        barhold("sync", "--virtual", DATA / "six-reps.csv", db=db)
    done = barhold("report", "--out", tmp_path / "none" / "r.html", db=db)
    assert (done.exit_code, len(done.stderr.splitlines())) == (2, 1)
    assert "name another file" in done.stderr
    (tmp_path / "folder.html").mkdir()
    assert barhold("report", "--out", tmp_path / "folder.html", db=db).exit_code == 2
    assert not list(tmp_path.glob("*.part"))


def weekly(db, count):
    """Store one session a week, the last one at NOW; return the database."""
    now_ms = round(NOW.timestamp() * 1000)
    with Store.open(db) as store:
        for boot in range(1, count + 1):
            store.add_anchor(Anchor(DEVICE, 1, boot, 0, now_ms - (count - boot) * 7 * 24 * HOUR_MS, 10))
        raws = [raw for boot in range(1, count + 1) for raw in reps(count=2, start_ms=1000, set_number=1, boot=boot)]
        store.add_records(DEVICE, 1, [one.raw for one in stored(raws)], now_ms)
    return db


def test_since_and_until_choose_what_a_report_shows(tmp_path):
    db, out = weekly(tmp_path / "b.db", 120), tmp_path / "r.html"

    def shown(*args):
        assert barhold("report", "--overwrite", "--out", out, *args, db=db).exit_code == 0
        bests = re.search(r"Personal bests since ([^<]*)<", out.read_text())[1]
        return bests, len(rows_of(out.read_text(), "<h3>Holds over weeks"))

    assert shown() == shown("--lifter", DEVICE) == ("Wed 6 Nov 2024", 105)
    assert shown("--since", "2020-01-01")[1] == 120
    assert shown("--since", "2026-10-20") == ("Wed 21 Oct 2026", 3)
    assert shown("--until", "2026-10-20") == ("Wed 16 Oct 2024", 105)
    done = barhold("report", "--since", "2030-01-01", "--out", out, "--overwrite", db=db)
    assert (done.exit_code, done.stdout) == (2, "")
    assert "no set is stored in this time" in done.stderr


def test_each_lifter_gets_a_file_on_request(tmp_path):
    db, folder = tmp_path / "b.db", tmp_path / "reports"
    for name in ("six-reps", "mixed-set"):
        barhold("sync", "--virtual", DATA / f"{name}.csv", db=db)
    with Store.open(db) as store:
        first, second = (device.device_id for device in store.devices())
    for name, device_id in (("Mia/../x", first), ("mia   x", second)):
        assert barhold("lifter", "add", name, db=db).exit_code == 0
        assert barhold("lifter", "wear", name, "--sensor", device_id, "--always", db=db).exit_code == 0
    done = barhold("report", "--each", folder, db=db)
    assert done.exit_code == 0
    assert sorted(path.name for path in folder.iterdir()) == ["Mia-..-x.html", "mia-x.html"]
    assert sorted(done.stdout.split()) == sorted(str(path) for path in folder.iterdir())
    for path in folder.iterdir():
        assert path.read_text().count("<h1>") == 1
    refused = barhold("report", "--each", folder, db=db)
    assert "exists: name another file, or replace it with --overwrite" in refused.stderr
    assert barhold("report", "--each", folder, "--overwrite", db=db).exit_code == 0
    both = barhold("report", "--each", folder, "--out", "-", db=db)
    assert (both.exit_code, both.stdout, len(both.stderr.splitlines())) == (2, "", 1)
    (tmp_path / "file").write_text("")
    assert barhold("report", "--each", tmp_path / "file", db=db).exit_code == 2


def test_one_sensor_alone_can_be_reported(tmp_path):
    db = tmp_path / "b.db"
    for name in ("six-reps", "mixed-set"):
        barhold("sync", "--virtual", DATA / f"{name}.csv", db=db)
    assert barhold("report", "--out", "-", db=db).stdout.count("<h1>") == 2
    with Store.open(db) as store:
        device_id = store.devices()[0].device_id
    assert barhold("report", "--out", "-", "--lifter", device_id, db=db).stdout.count("<h1>") == 1
