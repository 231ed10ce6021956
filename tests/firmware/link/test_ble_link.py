"""The radio link: a test for every row of its table, and what the radio does to those who trust it."""

import struct

import bluetooth
import pytest
from ether import Ether

from barcore import frame, protocol
from barsensor.access import Access
from barsensor.boards.storage import MemoryStorage
from barsensor.link import ble
from barsensor.link.session_port import SessionPort
from barsensor.link.session_protocol import SessionProtocol
from barsensor.storage.record_log import RecordLog

HELLO = frame.pack(protocol.HELLO, 0, struct.pack(protocol.HELLO_FORMAT, 1, 1, b"host-one"))
BYE = frame.pack(protocol.BYE, 7)
TIME = frame.pack(protocol.TIME, 7, bytes(8))
DEVICE = bytes(range(8))


class Rig:
    """A link on a radio in memory, stepped as an application would."""

    def __init__(self) -> None:
        self.ether = Ether()
        self.link = ble.BleLink(bluetooth, DEVICE, "bar", "sim", "0.1.0")
        self.now_ms = 0
        self.link.start(0)

    def step(self, ms: int = 20):
        self.now_ms += ms
        return self.link.poll(self.now_ms)

    def run(self, ms: int) -> list[int]:
        """Step for so long; return the types of the frames that came."""
        return [got[0] for got in (self.step() for _ in range(ms // 20)) if got]

    def connect(self, mtu: int = 247) -> int:
        conn = self.ether.connect(mtu)
        self.step()
        return conn

    def open(self, mtu: int = 247) -> int:
        conn = self.connect(mtu)
        self.ether.write(conn, HELLO)
        assert self.run(40) == [protocol.HELLO]
        return conn


@pytest.fixture
def rig() -> Rig:
    return Rig()


# --- the rows, in their order ---


def test_off_start_advertises(rig: Rig) -> None:
    assert rig.link.state == ble.ADVERTISING
    assert rig.ether.advertised


def test_any_stop_is_off(rig: Rig) -> None:
    rig.open()
    rig.link.stop()
    assert (rig.link.state, rig.ether.on, rig.link.connected) == (ble.OFF, False, False)
    assert rig.step() is None
    rig.link.start(rig.now_ms)
    rig.open()


def test_advertising_central_connects(rig: Rig) -> None:
    rig.connect()
    assert (rig.link.state, rig.link.connected) == (ble.CONNECTED, True)


def test_advertising_is_begun_anew_by_time_and_by_news(rig: Rig) -> None:
    rig.run(2000)
    before = rig.ether.adverts
    rig.run(9000)
    assert rig.ether.adverts == before + 1
    rig.link.advertise("rack 3", 81, 70_000)
    rig.run(1100)
    assert rig.ether.adverts == before + 2
    assert rig.ether.advertised[1].endswith(struct.pack("<HBH", protocol.ADVERT_COMPANY, 81, 65535))
    assert rig.ether.advertised[2] == b"\x07\x09rack 3"
    assert rig.ether.ble.named == "rack 3"
    rig.link.advertise("rack 3", 81, 70_000)
    rig.run(1100)
    assert rig.ether.adverts == before + 2


def test_connected_hello_opens(rig: Rig) -> None:
    rig.open()
    assert rig.link.state == ble.OPEN


def test_connected_hello_over_a_small_mtu_is_refused_in_words(rig: Rig) -> None:
    conn = rig.connect(mtu=46)
    rig.ether.write(conn, HELLO)
    assert rig.run(60) == []
    assert [frame.parse(raw) for raw in rig.ether.take_notifications()] == [
        (protocol.STATUS, 0, bytes((protocol.HELLO, protocol.SMALL_MTU)))
    ]
    assert rig.link.state == ble.CONNECTED


def test_the_least_mtu_is_enough(rig: Rig) -> None:
    rig.open(mtu=47)
    assert rig.link.state == ble.OPEN


def test_the_refusal_arrives_whole_even_without_an_exchanged_mtu(rig: Rig) -> None:
    conn = rig.connect(mtu=0)
    rig.ether.write(conn, HELLO)
    rig.run(60)
    assert frame.parse(rig.ether.take_notifications()[0])[0] == protocol.STATUS


def test_connected_any_other_frame_stays_connected(rig: Rig) -> None:
    conn = rig.connect()
    rig.ether.write(conn, TIME)
    assert rig.run(40) == [protocol.TIME]
    assert rig.link.state == ble.CONNECTED


def test_connected_without_hello_is_disconnected(rig: Rig) -> None:
    conn = rig.connect()
    rig.ether.deaf_to_disconnect = True
    rig.run(9900)
    assert rig.link.state == ble.CONNECTED
    rig.run(200)
    assert (rig.link.state, rig.link.connected) == (ble.CLOSING, False)
    rig.ether.drop(conn)
    rig.run(40)
    assert rig.link.state == ble.ADVERTISING


@pytest.mark.parametrize("at_ms", [0, 9000])
def test_connected_that_wrote_but_opened_nothing_is_disconnected_after_5_s(rig: Rig, at_ms: int) -> None:
    """Whatever it wrote: here bytes that are no frame, more of them, and in the end a HELLO of a stranger."""
    access = Access(MemoryStorage(None))
    access.set_key(bytes(range(32)))
    log = RecordLog(MemoryStorage(lambda: 1))
    port = SessionPort(rig.link, SessionProtocol(DEVICE, log, "bar", "0.1.0", 236, access=access))
    for _ in range(2):
        conn = rig.ether.connect()
        for ms in range(20, at_ms + 6000, 20):
            if ms > at_ms and ms % 1000 == 20:
                rig.ether.write(conn, HELLO if ms == at_ms + 4020 else b"GET / HTTP/1.1")
            rig.now_ms += 20
            port.serve(rig.now_ms)
            if abs(ms - at_ms - 5020) > 20:
                assert (conn in rig.ether.conns) == (ms < at_ms + 5020), ms
        for _ in range(5):
            rig.now_ms += 20
            port.serve(rig.now_ms)


def test_open_bye_gives_idle_time_for_another_hello(rig: Rig) -> None:
    conn = rig.open()
    rig.run(30_000)
    assert rig.link.state == ble.OPEN
    rig.ether.write(conn, BYE)
    assert rig.run(40) == [protocol.BYE]
    assert rig.link.state == ble.CONNECTED
    rig.run(9900)
    assert conn in rig.ether.conns
    rig.run(200)
    assert rig.ether.conns == []


def test_open_any_other_frame_stays_open(rig: Rig) -> None:
    conn = rig.open()
    rig.ether.write(conn, TIME)
    assert rig.run(40) == [protocol.TIME]
    assert rig.link.state == ble.OPEN


def test_both_quiet_is_probed_by_the_battery(rig: Rig) -> None:
    rig.link.advertise("bar", 64, 0)
    rig.run(1100)
    rig.open()
    rig.run(4900)
    assert rig.ether.waiting == []
    rig.run(200)
    assert rig.ether.waiting == [(rig.ether.handles[2][0], b"\x40")]


def test_both_a_radio_that_takes_nothing_is_given_up(rig: Rig) -> None:
    rig.open()
    rig.ether.room = 0
    rig.link.send(TIME)
    rig.run(5900)
    assert rig.link.state == ble.OPEN
    rig.run(200)
    assert rig.link.state in (ble.ADVERTISING, ble.CLOSING)
    assert rig.ether.conns == []


@pytest.mark.parametrize("opened", [False, True])
def test_both_disconnected_drops_frames_and_advertises(rig: Rig, opened: bool) -> None:
    conn = rig.open() if opened else rig.connect()
    rig.ether.room = 0
    rig.link.send(TIME)
    rig.ether.write(conn, TIME[:9])
    rig.ether.drop(conn)
    rig.step()
    assert (rig.link.state, rig.link.connected, rig.link.busy, rig.link.room) == (ble.ADVERTISING, False, False, 0)
    assert rig.ether.advertised
    rig.ether.room = None
    rig.open()
    assert rig.ether.take_notifications() == []


def test_closing_that_never_was_connected_is_free_at_once(rig: Rig) -> None:
    conn = rig.open()
    rig.ether.conns.remove(conn)  # gone, and nobody said so
    rig.run(12_000)
    assert (rig.link.state, bool(rig.ether.advertised)) == (ble.ADVERTISING, True)
    rig.open()


def test_closing_without_end_restarts_the_radio(rig: Rig) -> None:
    rig.connect()
    rig.ether.deaf_to_disconnect = True
    rig.run(10_100)
    assert (rig.link.state, rig.ether.starts) == (ble.CLOSING, 1)
    rig.run(5_100)
    assert (rig.link.state, rig.ether.starts) == (ble.ADVERTISING, 2)
    rig.open()


@pytest.mark.parametrize("opened", [False, True])
def test_any_but_off_a_stranger_is_turned_away(rig: Rig, opened: bool) -> None:
    first = rig.open() if opened else rig.connect()
    second = rig.ether.connect()
    rig.ether.write(second, TIME)
    assert rig.run(40) == []
    assert rig.ether.conns == [first]
    assert rig.link.connected


def test_any_but_off_the_handler_is_put_back_every_second(rig: Rig) -> None:
    rig.ether.ble.irq(None)
    conn = rig.ether.connect()
    rig.run(40)
    assert rig.link.state == ble.ADVERTISING  # deaf
    rig.run(1100)
    rig.ether.write(conn, HELLO)  # whose connection it never heard of
    rig.run(40)
    assert rig.ether.conns == []
    rig.run(1100)
    assert rig.ether.advertised
    rig.open()


# --- the handler ---


def test_an_exception_in_the_handler_does_not_leave_it(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    conn = rig.open()
    monkeypatch.setattr(rig.ether.ble, "gatts_read", lambda _: 1 / 0)
    rig.ether.write(conn, TIME)
    monkeypatch.undo()
    rig.ether.write(conn, TIME)
    assert rig.run(60) == [protocol.TIME, protocol.TIME]  # the first one had stayed in the port's buffer
    assert rig.link._radio.irq_faults == 1


def test_the_twin_takes_a_handler_away_as_the_port_does() -> None:
    ether = Ether()
    seen = []
    device = bluetooth.BLE()
    device.active(True)
    device.irq(lambda event, _: seen.append(event) or 1 / 0)
    ether.connect()
    ether.connect()
    assert seen == [bluetooth.IRQ_CONNECT]


@pytest.mark.parametrize("missed", ["write", "disconnect"])
def test_what_a_deaf_handler_missed_is_made_up_for(rig: Rig, missed: str) -> None:
    conn = rig.open()
    rig.ether.ble.irq(None)
    if missed == "write":
        rig.ether.write(conn, TIME)
        assert rig.run(1100) == []
        rig.ether.write(conn, TIME)  # the host asks again
        assert rig.run(60) == [protocol.TIME, protocol.TIME]
    else:
        rig.ether.drop(conn)
        rig.run(12_000)
        assert rig.link.state == ble.ADVERTISING
        rig.open()


# --- frames ---


def test_several_hosts_one_after_the_other(rig: Rig) -> None:
    for number in range(20):
        conn = rig.open()
        rig.link.send(frame.pack(protocol.TIME_IS, number, bytes(14)))
        rig.step()
        assert [frame.parse(raw)[1] for raw in rig.ether.take_notifications()] == [number]
        rig.ether.drop(conn)
        rig.step()


def test_a_frame_in_many_writes_and_many_frames_in_one(rig: Rig) -> None:
    conn = rig.open()
    for byte in TIME:
        rig.ether.write(conn, bytes([byte]))
    assert rig.run(60) == [protocol.TIME]
    rig.ether.write(conn, TIME + BYE + HELLO)
    assert rig.run(100) == [protocol.TIME, protocol.BYE, protocol.HELLO]


def test_a_beginning_without_end_is_dropped_in_time_for_the_next_try(rig: Rig) -> None:
    conn = rig.open()
    rig.ether.write(conn, TIME[:-1])
    assert rig.run(700) == []
    rig.ether.write(conn, TIME)
    assert rig.run(60) == [protocol.TIME]


def test_a_header_that_promises_too_much_is_passed_over(rig: Rig) -> None:
    conn = rig.open()
    rig.ether.write(conn, struct.pack(protocol.FRAME_HEADER_FORMAT, 1, protocol.PULL, protocol.MAX_BODY + 1, 0) + TIME)
    assert rig.run(60) == [protocol.TIME]


def test_a_flood_loses_whole_writes_and_then_goes_on(rig: Rig) -> None:
    conn = rig.open()
    for _ in range(300):
        rig.ether.write(conn, TIME)
    assert 0 < rig.link._radio.inbox.lost < 300
    assert len(rig.run(9000)) == 300 - rig.link._radio.inbox.lost


def test_a_full_radio_gets_every_frame_in_order_and_whole(rig: Rig) -> None:
    rig.open()
    rig.ether.room = 3
    sent = [frame.pack(protocol.DATA, 7, bytes([n]) * 224) for n in range(100)]
    got: list[bytes] = []
    waiting = list(sent)
    for _ in range(2000):
        while waiting and rig.link.room >= len(waiting[0]):
            rig.link.send(waiting.pop(0))
        rig.step()
        got += rig.ether.take_notifications(1)
    assert got == sent
    assert rig.link._outbox.refusals > 50


def test_refused_frames_wait_longer_each_time(rig: Rig) -> None:
    rig.open()
    rig.ether.room = 0
    rig.link.send(TIME)
    rig.run(2000)
    assert rig.link._outbox.refusals < 20


def test_nothing_is_ever_cut(rig: Rig) -> None:
    """The port would do so without a word: a frame goes in one notification that it fits, or in several."""
    rig.open(mtu=100)
    fits = frame.pack(protocol.DATA, 7, bytes(97 - protocol.FRAME_OVERHEAD))
    longer = frame.pack(protocol.DATA, 7, bytes(98 - protocol.FRAME_OVERHEAD))
    longest = frame.pack(protocol.DATA, 7, bytes(protocol.MAX_BODY))
    for raw in (fits, longer, longest):
        rig.link.send(raw)
    rig.run(100)
    heard = rig.ether.take_notifications()
    assert heard[:3] == [fits, longer[:97], longer[97:]]
    assert b"".join(heard[3:]) == longest


def test_a_queue_that_is_full_drops_whole_frames_and_counts(rig: Rig) -> None:
    rig.open()
    rig.ether.room = 0
    for _ in range(200):
        rig.link.send(frame.pack(protocol.LIVE, 7, bytes(32)))
    assert rig.link._outbox.unsent_frames > 0
    rig.ether.room = None
    rig.run(3000)
    assert len(rig.ether.take_notifications()) == 200 - rig.link._outbox.unsent_frames


def test_a_host_that_does_not_take_its_answers_gets_no_further_ones(rig: Rig) -> None:
    conn = rig.open()
    rig.ether.room = 0
    for _ in range(10):
        rig.link.send(frame.pack(protocol.DATA, 7, bytes(224)))
    rig.ether.write(conn, TIME)
    assert rig.run(400) == []
    rig.ether.room = None
    assert rig.run(400) == [protocol.TIME]


def test_silent_until_hello_and_after_a_host_went(rig: Rig) -> None:
    rig.link.send(TIME)
    conn = rig.connect()
    rig.run(4000)
    assert rig.ether.waiting == []
    rig.ether.drop(conn)
    rig.link.send(TIME)
    rig.connect()
    rig.run(1000)
    assert rig.ether.waiting == []


def test_a_radio_that_will_not_advertise_is_asked_again(rig: Rig) -> None:
    rig.ether.refuses_advertising = True
    rig.ether.drop(rig.connect())
    rig.step()
    rig.ether.refuses_advertising = False
    rig.run(1100)
    assert rig.ether.advertised


def test_the_advertisement_fits_with_the_longest_name(rig: Rig) -> None:
    rig.link.advertise("x" * 200, protocol.ADVERT_NO_BATTERY, 0)
    rig.run(1100)
    assert len(rig.ether.advertised[1]) == 28
    assert rig.ether.advertised[2] == b"\x15\x09" + b"x" * protocol.NAME_BYTES


def test_what_can_be_read_without_a_session(rig: Rig) -> None:
    rig.run(40)
    (_, _, info), (model, version), _ = rig.ether.handles
    assert frame.parse_info(rig.ether.values[info]) == {
        protocol.INFO_PROTOCOL: bytes((protocol.MAJOR, protocol.MINOR)),
        protocol.INFO_DEVICE: DEVICE,
        protocol.INFO_NAME: b"bar",
    }
    assert (rig.ether.values[model], rig.ether.values[version]) == (b"sim", b"0.1.0")


def test_the_table_is_frozen(rig: Rig) -> None:
    """Hosts cache it: a change here breaks every one that has seen a sensor before."""
    read, write, notify = bluetooth.FLAG_READ, bluetooth.FLAG_WRITE | bluetooth.FLAG_WRITE_NO_RESPONSE, 16
    assert rig.ether.table == [
        [
            "b4a80001-0d2e-4c1f-9a37-6f8e5c21d3a0",
            [
                ["b4a80002-0d2e-4c1f-9a37-6f8e5c21d3a0", write],
                ["b4a80003-0d2e-4c1f-9a37-6f8e5c21d3a0", notify],
                ["b4a80004-0d2e-4c1f-9a37-6f8e5c21d3a0", read],
            ],
        ],
        ["180a", [["2a24", read], ["2a26", read]]],
        ["180f", [["2a19", read | notify]]],
    ]


def test_a_radio_that_raises_costs_the_connection_and_is_started_anew_a_while_later(rig: Rig) -> None:
    """Rows "the radio raises OSError" and "10 s later"."""
    rig.open()
    rig.ether.raises = ("set_value", "start")
    rig.link.advertise("new name", 50, 3)
    rig.run(1100)
    assert (rig.link.state, rig.link.connected, rig.link.up) == (ble.FAILED, False, False)
    rig.run(21_000)
    assert rig.link.state == ble.FAILED
    assert rig.link.faults == 3
    rig.ether.raises = ()
    rig.run(10_100)
    assert (rig.link.state, rig.ether.on) == (ble.ADVERTISING, True)
    rig.open()
