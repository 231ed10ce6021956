"""The live page without a browser: what a lane says of each record, who is let in, and that what is seen is stored."""

import asyncio
import http.client
import signal
import time
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest

from barcore import protocol
from barhold.errors import InputError, StoreError
from barhold.live import server, token
from barhold.live.app import LiveApp
from barhold.live.broadcaster import OWN_VIEWERS, Broadcaster
from barhold.live.sensor_panel import CONNECTED, FORGET_S, LOST, ConnectedSensor, SensorPanel
from barhold.model import Lifter, Wearer
from barhold.plans import plan
from barhold.recordings import reader, replay
from barhold.store import People, Store
from barhold.sync import SensorQuery
from barhold.training import history
from browserkit import asked, serving
from fake_room import FakeRoom
from fake_sensor import FakeLog, ModernSensor, make
from hostkit import DATA, barhold, raw, rep

BAR_1 = ConnectedSensor("00112233aabbccdd", "bar-1", 3900)


def live(kind, t_ms=0, number=1, hold_ms=0, set_number=1):
    return raw(kind, t_ms, (set_number, number, 300, hold_ms), seq=protocol.NO_SEQ)


def connected_panel(speed=1):
    panel = SensorPanel(plan.DEFAULT, "looking", speed)
    panel.connected(BAR_1)
    return panel


def test_a_set_runs_through_a_panel():
    panel = connected_panel()
    assert (panel.state(0.0)["phase"], panel.state(0.0)["rest_ms"]) == ("waiting", None)
    for number in range(1, 4):
        at_s = 10.0 * number
        panel.hear(live(protocol.RISE, 1000 * int(at_s), number), at_s)
        panel.hear(live(protocol.TOP, 1000 * int(at_s + 1), number), at_s + 1)
        assert panel.state(at_s + 2.5)["hold_ms"] == 1500
        panel.hear(live(protocol.TARGET, 1000 * int(at_s + 3), number, 2000), at_s + 3)
        assert (panel.state(at_s + 3)["targets"], panel.state(at_s + 3)["rep"]) == (number, number)
        panel.hear(live(protocol.HOLD_END, 1000 * int(at_s + 3), number, 2400), at_s + 3.4)
        assert panel.state(at_s + 4)["hold_ms"] == 2400
        panel.hear(rep(1000 * int(at_s), number=number, hold_ms=2410), at_s + 5)
    assert not panel.stored(1)
    panel.hear(raw(protocol.SET_END, 34_000, (1, 3, 300, 24_000)), 50.0)
    state = panel.state(50.0)
    assert (state["sets_ended"], state["rep"], state["phase"]) == (1, 0, "waiting")
    assert state["rest_ms"] == pytest.approx(16_000, abs=100)  # since the last rep's end, which SET_END tells
    assert [(r["rep"], r["verdict"]) for r in state["reps"]] == [(1, "ok"), (2, "ok"), (3, "ok")]
    assert panel.stored(1)
    assert panel.state(50.0)["sets_stored"] == 1
    panel.hear(raw(protocol.SET_START, 90_000, (2, 2, 2000)), 95.0)
    assert panel.state(95.0)["rest_ms"] is None


def test_a_final_rep_does_not_stop_the_next_one_under_way():
    panel = connected_panel()
    panel.hear(live(protocol.TOP, 1000, 1), 1.0)
    panel.hear(live(protocol.HOLD_END, 3000, 1, 2000), 3.0)
    panel.hear(live(protocol.RISE, 4000, 2), 4.0)
    panel.hear(live(protocol.TOP, 5000, 2), 5.0)
    panel.hear(rep(0, number=1, hold_ms=2010), 5.1)
    state = panel.state(6.0)
    assert (state["phase"], state["rep"], state["hold_ms"]) == ("holding", 2, 1000)
    assert [r["hold_ms"] for r in state["reps"]] == [2010]
    panel.hear(raw(protocol.SET_END, 0, (1, 1, 300, 0), flags=protocol.LONE), 6.1)
    assert panel.state(6.5)["phase"] == "holding"


def test_a_correction_takes_its_rep_off_the_page():
    panel = connected_panel()
    for number in (1, 2, 3):
        panel.hear(rep(number * 5000, number=number), number * 5.0)
    panel.hear(raw(protocol.CORRECTION, 10_000, (1, 2, protocol.DROP_REP, 0)), 40.0)
    assert [r["rep"] for r in panel.state(41.0)["reps"]] == [1, 3]


def test_a_lone_lift_starts_no_rest():
    panel = connected_panel()
    panel.hear(rep(1000), 5.0)
    panel.hear(raw(protocol.SET_END, 6000, (1, 1, 300, 0), flags=protocol.LONE), 20.0)
    assert (panel.state(21.0)["rest_ms"], panel.state(21.0)["sets_ended"]) == (None, 0)


def test_a_hold_that_is_not_heard_of_again_ends_and_so_does_one_whose_link_broke():
    panel = connected_panel()
    panel.hear(rep(0, number=1), 1.0)
    panel.hear(live(protocol.TOP, 10_000, 2), 10.0)
    assert panel.state(10.0 + FORGET_S)["phase"] == "holding"
    assert (panel.state(10.1 + FORGET_S)["phase"], panel.state(11.0)["rep"]) == ("waiting", 1)
    panel.hear(live(protocol.TOP, 50_000, 2), 50.0)
    panel.disconnected("the link broke; trying again")
    assert (panel.state(51.0)["phase"], panel.state(51.0)["link"]) == ("waiting", LOST)
    assert panel.connected(BAR_1)
    assert not panel.connected(BAR_1)
    assert panel.state(52.0)["link"] == CONNECTED


def test_a_virtual_sensors_time_runs_as_fast_as_it_lives():
    panel = connected_panel(speed=4)
    panel.hear(live(protocol.TOP, 4000), 1.0)
    assert panel.state(1.5)["hold_ms"] == 2000


def test_unsure_and_short_holds_are_said():
    panel = connected_panel()
    for number, hold_ms, err_ms in ((1, 1500, 100), (2, 2050, 100), (3, 3500, 100)):
        panel.hear(rep(number * 5000, number=number, hold_ms=hold_ms, hold_err_ms=err_ms), number * 5.0)
    assert [r["verdict"] for r in panel.state(20.0)["reps"]] == ["short", "unsure", "long"]


def test_what_is_seen_live_is_stored_and_the_same_as_replay(tmp_path):
    db = tmp_path / "b.db"
    args = ("--virtual", DATA / "six-reps.csv", "--speed", 20, "--port", 0, "--seconds", 8)
    done = barhold("serve", *args, "--db", db)
    assert (done.exit_code, done.stdout[:17]) == (0, "http://127.0.0.1:"), done.stderr
    replayed = [(item.number, item.reps) for item in replay.training_sets(reader.read(DATA / "six-reps.csv"))]
    with Store.open(db) as store:
        found = [(item.number, item.reps) for item in history.load(store, datetime.now(UTC))]
    assert [len(reps) for _, reps in found] == [6]
    assert [r.hold_ms for _, reps in found for r in reps] == [r.hold_ms for _, reps in replayed for r in reps]


def test_what_is_tried_out_stays_out_of_the_users_database(tmp_path):
    db = tmp_path / "b.db"
    done = barhold("serve", "--seed", 1, "--port", 0, "--seconds", 0.2)
    assert done.exit_code == 0
    assert "is not kept" in done.stderr
    assert not db.exists()


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["bar-1", "--seed", "1"], "not both"),
        (["--speed", "2"], "--speed is for virtual sensors"),
        (["bar-1", "bar-2", "--usb"], "several sensors are for the radio"),
        (["--virtual", "no-such-file.csv"], "no-such-file.csv"),
    ],
)
def test_what_does_not_fit_is_one_line(args, words, tmp_path):
    done = barhold("serve", *args, "--port", 0, db=tmp_path / "b.db")
    assert (done.exit_code, len(done.stderr.splitlines())) == (2, 1)
    assert words in done.stderr


def test_a_taken_port_is_one_line(tmp_path):
    with server.listen(0, False) as bound:
        done = barhold("serve", "--port", bound.getsockname()[1], db=tmp_path / "b.db")
    assert done.exit_code == 2
    assert "choose another one with --port" in done.stderr


def test_the_token_is_kept_private_and_lasts_until_a_new_one_is_wanted(tmp_path):
    first = token.load_or_create(tmp_path)
    assert (token.load_or_create(tmp_path), len(first)) == (first, 22)
    assert (tmp_path / "web-token").stat().st_mode & 0o777 == 0o600
    assert token.load_or_create(tmp_path, create_anew=True) != first
    (tmp_path / "web-token").write_text("rubbish")
    assert len(token.load_or_create(tmp_path)) == 22
    with pytest.raises(InputError, match="the token is kept there"):
        token.load_or_create(tmp_path / "web-token")
    assert len(token.load_or_create(tmp_path / "made" / "by it")) == 22


def test_a_real_sensor_is_followed_and_stored(tmp_path, monkeypatch):
    room = FakeRoom(monkeypatch)
    room.add("AA:1", ModernSensor(FakeLog({seq: make(seq) for seq in range(5)}), device=b"\1" * 8, name="bar-1"))
    done = barhold("serve", "bar-1", "--port", 0, "--seconds", 2, db=tmp_path / "b.db")
    assert done.exit_code == 0
    assert "looking for sensor bar-1 by radio" in done.stderr
    with Store.open(tmp_path / "b.db") as store:
        assert [(one.name, one.device_id) for one in store.devices()] == [("bar-1", "01" * 8)]
        assert len(list(store.records())) == 5


def test_what_a_sensor_says_of_itself_is_on_its_panel(tmp_path, monkeypatch):
    room = FakeRoom(monkeypatch)
    room.add("AA:1", ModernSensor(FakeLog({0: make(0)}), device=b"\1" * 8, name="bar-1"))
    with Store.open(tmp_path / "b.db") as store:
        People(store).add_lifter(Lifter("Mia", "glute-bridge"))
        People(store).wear(Wearer("01" * 8, 0, "Mia"))
        app = LiveApp(store, "", lambda _: None)
        app.follow(SensorQuery("bar-1"), "looking for bar-1")
        assert app.broadcaster.state(0.0)["sensors"][0]["link"] == "looking"
        with server.listen(0, False) as bound:
            asyncio.run(app.run(bound, frozenset(), "", "", 2))
        (shown,) = app.broadcaster.state(0.0)["sensors"]
    assert (shown["link"], shown["name"], shown["lifter"]) == ("connected", "bar-1", "Mia")
    assert shown["plan"]["name"] == "glute-bridge"


def test_a_store_that_fails_ends_it_with_the_stores_own_words():
    async def failing():
        raise StoreError("database b.db: the disk is full: free some space and repeat")

    async def nothing(scope, receive, send):
        """Answer nobody."""

    with server.listen(0, False) as bound, pytest.raises(StoreError, match="the disk is full"):
        asyncio.run(server.run(nothing, Broadcaster(), bound, [failing], 20))


def test_ctrl_c_ends_it_at_once_though_pages_look_on():
    with serving("--seed", 1, "--port", 0) as address:
        place = urlsplit(address)
        looker = http.client.HTTPConnection(place.hostname, place.port, timeout=20)
        looker.request("GET", "/events")
        assert looker.getresponse().readline() == b"retry: 1000\n"
        address.process.send_signal(signal.SIGINT)
        assert address.process.wait(timeout=15) == 0
        looker.close()


# --- who is let in -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def local():
    with serving("--seed", 1, "--port", 0) as address:
        yield address


@pytest.fixture(scope="module")
def lan(tmp_path_factory):
    folder = tmp_path_factory.mktemp("config")
    with serving("--seed", 1, "--port", 0, "--lan", env={"BARHOLD_CONFIG": str(folder)}) as address:
        yield address


PATHS = ("/", "/events", "/training", "/report", "/phone", "/phone.svg", "/static/live.js")


@pytest.mark.parametrize("path", PATHS)
def test_a_foreign_host_is_refused(local, path):
    for host in (
        "evil.example",
        "evil.example:8717",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "",
        "192.0.2.7",
    ):
        assert asked(local, path, {"Host": host})[0] == 421, host


def test_its_own_names_are_not(local):
    for host in ("127.0.0.1", "localhost", "LOCALHOST:8717"):
        assert asked(local, "/", {"Host": host})[0] == 200


@pytest.mark.parametrize("path", PATHS)
def test_another_sites_page_gets_nothing(local, path):
    port = urlsplit(local).port
    for origin in ("http://evil.example", "null", f"https://127.0.0.1:{port}", "http://127.0.0.1:1"):
        assert asked(local, path, {"Origin": origin})[0] == 403, origin
    assert asked(local, path, {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"})[0] == 403
    framed = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"}
    assert asked(local, path, framed)[0] == 403


def test_a_link_from_elsewhere_may_be_followed(local):
    linked = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    assert asked(local, "/", linked)[0] == 200


def test_private_answers_are_not_kept_by_a_browser_and_run_nothing_foreign(local):
    for path in ("/", "/training", "/report"):
        _, headers, _ = asked(local, path)
        assert headers["cache-control"] == "no-store"
        assert headers["content-security-policy"].startswith("default-src 'none'")
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert "server" not in headers


def test_no_path_leads_out_of_the_static_folder(local):
    for path in ("/static/../routes.py", "/static/%2e%2e/routes.py", "/static/..%2fsite.py", "/static//etc/passwd"):
        assert asked(local, path)[0] == 404, path


def test_so_many_pages_may_look_on_and_no_more(local):
    place = urlsplit(local)
    lookers = []
    for _ in range(OWN_VIEWERS):
        looker = http.client.HTTPConnection(place.hostname, place.port, timeout=20)
        looker.request("GET", "/events")
        assert looker.getresponse().status == 200
        lookers.append(looker)
    status, headers, text = asked(local, "/events")
    assert (status, headers["retry-after"]) == (503, "5")
    assert "close one" in text
    assert asked(local, "/")[0] == 200  # everything else goes on
    for looker in lookers:
        looker.close()
    end = time.monotonic() + 30
    while asked_once(place) == 503:  # who has gone makes room, at the next beat at the latest
        assert time.monotonic() < end
        time.sleep(0.5)


def asked_once(place):
    looker = http.client.HTTPConnection(place.hostname, place.port, timeout=20)
    looker.request("GET", "/events")
    status = looker.getresponse().status
    looker.close()
    return status


def base(address):
    place = urlsplit(address)
    return f"http://{place.hostname}:{place.port}", place.fragment


@pytest.mark.parametrize("path", [*PATHS[1:]])
def test_without_the_token_nothing_is_shown(lan, path):
    address, key = base(lan)
    for cookie in ("", "barhold=", "barhold=wrong", f"other={key}", f"barhold={key[:-1]}", 'barhold="\\'):
        status, _, text = asked(address, path, {"Cookie": cookie})
        assert (status, "token is missing" in text) == (401, True), cookie


def test_the_page_itself_then_leads_to_the_door(lan):
    address, _ = base(lan)
    status, headers, _ = asked(address, "/")
    assert (status, headers["location"]) == (303, "/enter")
    assert asked(address, "/enter")[0] == 200


def test_the_door_opens_by_the_token_alone(lan):
    address, key = base(lan)
    for wrong in ("", "wrong", key[:-1], key + "x", key * 100, "\u00e9"):
        status, headers, _ = asked(address, "/enter", method="POST", body=wrong.encode())
        assert (status, "set-cookie" in headers) == (401, False)
    assert asked(address, "/enter", {"Origin": "http://evil.example"}, "POST", key)[0] == 403
    status, headers, _ = asked(address, "/enter", method="POST", body=key)
    assert status == 204
    cookie = headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    for path in ("/", "/training", "/report", "/phone.svg"):
        assert asked(address, path, {"Cookie": cookie.partition(";")[0]})[0] == 200
    assert asked(address, "/phone", {"Cookie": cookie.partition(";")[0]})[2] == lan


def test_a_foreign_host_gets_nothing_even_with_the_token(lan):
    address, key = base(lan)
    assert asked(address, "/training", {"Host": "evil.example", "Cookie": f"barhold={key}"})[0] == 421
