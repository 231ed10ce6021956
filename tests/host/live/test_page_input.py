"""What a page may ask for and how it is answered: turns, loads, notes, moved and dropped sets, undo, foreign sites."""

import json
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from barhold.store import People, Store
from barhold.training import edits
from browserkit import asked, serving
from hostkit import DATA
from teamkit import HOUR_MS, add_lifter

OWN = "01" * 8


@pytest.fixture(scope="module")
def db(tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "team.db"
    now_ms = round(datetime.now(UTC).timestamp() * 1000)
    add_lifter(path, "Mia", OWN, now_ms - 2 * HOUR_MS, load_kg=60)
    add_lifter(path, "Tom", "02" * 8, now_ms - 30 * HOUR_MS)
    return path


@contextmanager
def served(db):
    with serving("--virtual", DATA / "six-reps.csv", "--speed", 1, "--port", 0, "--db", db) as address:
        yield address


@pytest.fixture(scope="module")
def server(db):
    with served(db) as address:
        until(lambda: state(address)["sensors"][0]["link"] == "connected")
        yield address


def until(true, limit_s=30):
    end = time.monotonic() + limit_s
    while not true():
        assert time.monotonic() < end
        time.sleep(0.1)


def state(address):
    """Return the state that a page gets first."""
    import http.client  # noqa: PLC0415 - a stream is read by hand only here

    place = urlsplit(address)
    connection = http.client.HTTPConnection(place.hostname, place.port, timeout=20)
    try:
        connection.request("GET", "/events")
        answer = connection.getresponse()
        while not (line := answer.readline()).startswith(b"data: "):
            pass
        return json.loads(line.removeprefix(b"data: "))
    finally:
        connection.close()


def training(address):
    return json.loads(asked(address, "/training")[2])


def ask(address, path, headers=None, **change):
    """Ask for a change as a page does; return status and text."""
    change.setdefault("id", uuid4().hex)
    sent = {"Content-Type": "application/json", **(headers or {})}
    status, _, text = asked(address, path, sent, "POST", json.dumps(change))
    return status, text


def mias_sets(address):
    return [item for item in training(address)["sets"] if item["lifter"] == "Mia"]


def journal(db):
    with Store.open(db) as store:
        return People(store).edits()


def test_a_finished_set_is_loaded_noted_warmed_up_moved_dropped_and_restored(server):
    first = mias_sets(server)[-1]["id"]

    def the_set():
        return next((item for item in training(server)["sets"] if item["id"] == first), None)

    for words, field, value in (
        (["load", "62.5kg"], "load", {"amount": 62.5, "unit": "kg"}),
        (["note", "left foot slipped"], "note", "left foot slipped"),
        (["warm-up"], "warm_up", True),
        (["working"], "warm_up", False),
        (["lifter", "Tom"], "lifter", "Tom"),
        (["lifter", "Mia"], "lifter", "Mia"),
    ):
        assert ask(server, "/edit", set=first, words=words) == (204, "")
        assert the_set()[field] == value
    request = uuid4().hex
    for _ in range(2):  # asked again, since the first answer was lost
        assert ask(server, "/edit", id=request, set=first, words=["drop", "all"])[0] == 204
    assert the_set() is None
    status, text = ask(server, "/edit", set=first, words=["warm-up"])
    assert (status, text) == (400, "this set no longer counts: somebody else has changed it\n")
    undo = training(server)["undo"]
    assert undo["text"].startswith("drop all")
    for _ in range(2):  # undone on two phones at once
        assert ask(server, "/undo", edits=undo["edits"])[0] == 204
    assert the_set()["load"] == {"amount": 62.5, "unit": "kg"}


def test_a_change_that_is_asked_for_twice_is_made_once(server, db):
    first, request = mias_sets(server)[-1]["id"], uuid4().hex
    before = len(journal(db))
    for _ in range(3):
        assert ask(server, "/edit", id=request, set=first, words=["load", "70kg"])[0] == 204
    assert len(journal(db)) == before + 1


def test_turn_and_next_set_are_on_every_page_at_once(server, db):
    sensor = state(server)["sensors"][0]
    assert (sensor["lifter"], sensor["next"]["load"]) == ("", None)
    assert ask(server, "/turn", sensor=sensor["id"], lifter="Mia", since_seen_ms=sensor["turn_since_ms"])[0] == 204
    now = state(server)["sensors"][0]
    assert (now["lifter"], now["last_load"]["unit"], now["load_step"]) == ("Mia", "kg", 2.5)
    assert now["sets_done"] == 3  # of her session on the other bar
    for words in (["load", "65kg"], ["warm-up"], ["note", "slow"]):
        assert ask(server, "/next-set", sensor=sensor["id"], words=words)[0] == 204
    assert state(server)["sensors"][0]["next"] == {
        "load": {"amount": 65, "unit": "kg"},
        "warm_up": True,
        "note": "slow",
    }
    status, text = ask(server, "/turn", sensor=sensor["id"], lifter="Tom", since_seen_ms=sensor["turn_since_ms"])
    assert (status, text) == (400, "it is Mia's turn now: choose again\n")
    assert [edits.read_value(edit) for edit in journal(db)[-3:-2]] == [{"amount": 65.0, "unit": "kg"}]


def test_a_lifter_can_be_added_and_stays_one(server):
    for _ in range(2):
        assert ask(server, "/lifter", name=" Zoe ")[0] == 204
    assert training(server)["lifters"].count("Zoe") == 1
    assert "Zoe" in [row["name"] for row in training(server)["week"]]
    assert ask(server, "/lifter", name="")[0] == 400


@pytest.mark.parametrize(
    ("path", "change"),
    [
        ("/turn", {"sensor": "ff" * 8, "lifter": "Mia", "since_seen_ms": 0}),
        ("/turn", {"sensor": 1, "lifter": "Mia", "since_seen_ms": 0}),
        ("/turn", {"lifter": "Mia"}),
        ("/next-set", {"sensor": "ff" * 8, "words": ["load", "60kg"]}),
        ("/edit", {"set": "no-such-set", "words": ["warm-up"]}),
        ("/edit", {"set": "x", "words": "warm-up"}),
        ("/edit", {"set": "x", "words": ["warm-up"], "id": "short"}),
        ("/undo", {"edits": [1]}),
    ],
)
def test_what_cannot_be_done_is_refused_in_words(server, db, path, change):
    before = journal(db)
    status, text = ask(server, path, **change)
    assert status == 400
    assert len(text) > 10
    assert journal(db) == before


CHANGES = ("/turn", "/next-set", "/edit", "/undo", "/lifter")


@pytest.mark.parametrize("path", CHANGES)
def test_another_site_changes_nothing(server, db, path):
    before = (journal(db), training(server))
    body = {"name": "Eve", "edits": [edit.edit_id for edit in before[0]]}
    port = urlsplit(server).port
    for headers in (
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": f"https://127.0.0.1:{port}"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"},
        {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "cors"},
    ):
        assert ask(server, path, headers, **body)[0] == 403, headers
    assert ask(server, path, {"Host": "evil.example"}, **body)[0] == 421
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
        assert ask(server, path, {"Content-Type": kind}, **body)[0] == 400, kind  # what a form can send
    assert asked(server, path)[0] == 405
    assert asked(server, path, {"Access-Control-Request-Method": "POST"}, "OPTIONS")[0] in (403, 405)
    assert (journal(db), training(server)) == before


def test_a_body_without_end_is_not_read_to_its_end(server):
    status, _, text = asked(server, "/edit", {"Content-Type": "application/json"}, "POST", b"[" * 1_000_000)
    assert (status, text) == (400, "a change is asked for in JSON\n")


def test_the_page_can_be_added_to_the_home_screen(server):
    status, headers, text = asked(server, "/manifest.webmanifest")
    manifest = json.loads(text)
    assert (status, headers["content-type"]) == (200, "application/manifest+json")
    assert (manifest["display"], manifest["start_url"]) == ("standalone", "/")
    sizes = {icon["sizes"] for icon in manifest["icons"]}
    assert {"192x192", "512x512"} <= sizes
    page = asked(server, "/")[2]
    assert '<link rel="manifest" href="/manifest.webmanifest">' in page
    assert 'rel="apple-touch-icon"' in page
