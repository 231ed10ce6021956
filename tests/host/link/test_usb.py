"""The cable: real pyserial on a pseudo-terminal, and what is said when a port cannot be opened."""

import asyncio
import errno
import os
import sys
import termios
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
import serial

from barcore import cobs, protocol
from barhold.errors import LinkError, RefusedError
from barhold.link import quirks, usb
from barhold.link.endpoint import USB, Endpoint
from barhold.store import Store
from barhold.sync.one_sensor import sync
from fake_sensor import FakeLog, ModernSensor, make, stored
from pty_board import Board

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a pseudo-terminal is POSIX")


@pytest.fixture
def board() -> Iterator[Board]:
    made = Board(
        ModernSensor(FakeLog({seq: make(seq) for seq in range(200)}), cable=True), b"MicroPython v1.29\r\n>>> "
    )
    yield made
    made.close()


async def talk(board: Board, work):  # type: ignore[no-untyped-def]
    loop = asyncio.get_running_loop()
    loop.add_reader(board.fd, board.pump)
    transport = await usb.connect(Endpoint(USB, board.port))
    try:
        return await work(transport)
    finally:
        await transport.close()
        loop.remove_reader(board.fd)


def test_a_sync_over_a_real_serial_port_with_a_console_that_talks(board: Board, tmp_path: Path) -> None:
    with Store.open(tmp_path / "b.db") as store:
        result = asyncio.run(talk(board, lambda link: sync(link, store, lambda: 1_900_000_000_000)))
        assert stored(store) == board.sensor.log.raws
    assert (result.new, result.re_requests, board.sensor.log.acked) == (200, 0, 200)
    assert result.dropped_frames > 0  # the console's text
    assert not set(protocol.ESCAPED) - {protocol.ESCAPE} & set(board.seen)


def test_no_byte_crosses_that_would_interrupt_the_sensor() -> None:
    data = bytes(range(256)) * 2
    sent = usb.escape_console_bytes(data)
    assert 3 not in sent
    plain, at = bytearray(), 0
    while at < len(sent):
        escape = sent[at] == protocol.ESCAPE
        plain.append(sent[at + 1] ^ protocol.ESCAPE_XOR if escape else sent[at])
        at += 1 + escape
    assert bytes(plain) == data


def test_a_cable_that_is_pulled_gives_what_came_and_then_says_so(board: Board) -> None:
    async def pulled(link: usb.UsbTransport) -> tuple[bytes, str]:
        os.write(board.fd, b"\0" + cobs.encode(b"last words") + b"\0")
        await asyncio.sleep(0.1)
        asyncio.get_running_loop().remove_reader(board.fd)
        os.close(board.fd)
        board.fd = os.open(os.devnull, os.O_RDONLY)
        last = await link.receive(2.0)
        with pytest.raises(LinkError) as err:
            await link.receive(2.0)
        with pytest.raises(LinkError):
            await link.send(b"x")
        return last, str(err.value)

    async def run() -> tuple[bytes, str]:
        link = await usb.connect(Endpoint(USB, board.port))
        try:
            return await pulled(link)
        finally:
            await link.close()
            await link.close()

    last, said = asyncio.run(run())
    assert last == b"last words"
    assert "went away" in said
    assert said.endswith("plug it in again")


def test_silence_is_a_time_out(board: Board) -> None:
    with pytest.raises(TimeoutError):
        asyncio.run(talk(board, lambda link: link.receive(0.05)))


def test_two_programs_do_not_share_a_port(board: Board) -> None:
    async def twice(_: usb.UsbTransport) -> None:
        await usb.connect(Endpoint(USB, board.port))

    with pytest.raises(RefusedError, match=r"held by another program .a serial monitor, mpremote.*: close it"):
        asyncio.run(talk(board, twice))


def test_a_port_that_is_not_there_names_those_that_are(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(LinkError, match=r"/dev/nope is not there: plug the sensor in; ports with a board now: none"):
        asyncio.run(usb.connect(Endpoint(USB, "/dev/nope")))


@pytest.mark.parametrize(("code", "said"), [
    (errno.EACCES, "no permission for /dev/ttyUSB9: run `sudo usermod -aG dialout .USER` and log in again, or add"),
    (errno.EBUSY, "held by another program"),
    (errno.EIO, "cannot be opened .*plug the sensor in again"),
])  # fmt: skip
def test_every_refusal_is_one_line_with_a_next_step(code: int, said: str) -> None:
    class Closed(serial.Serial):  # type: ignore[misc]
        def open(self) -> None:
            raise serial.SerialException(code, f"could not open port: [Errno {code}] {os.strerror(code)}")

    with pytest.raises(LinkError, match=said) as err:
        usb._opened("/dev/ttyUSB9", Closed)
    assert "\n" not in str(err.value)


@pytest.mark.parametrize("text", ["PermissionError(13, 'Access is denied.', None, 5)", "FileNotFoundError(2, 'gone')"])
def test_windows_words_are_understood(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    error = usb._not_opened("COM3", serial.SerialException(f"could not open port 'COM3': {text}"))
    assert ("no permission" in str(error)) is text.startswith("Perm")


def plugged(name: str, vid: int | None, pid: int | None, serial: str | None = None, place: str | None = None):  # type: ignore[no-untyped-def]
    return SimpleNamespace(device=name, vid=vid, pid=pid, serial_number=serial, location=place)


def test_a_port_that_comes_back_under_another_name_is_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    """By its serial number, or by the place where it is plugged in; another board there is not taken for it."""
    there = [
        plugged("/dev/ttyACM0", 0x303A, 0x4001, "68b6b3", "1-2"),
        plugged("/dev/ttyUSB0", 0x1A86, 0x55D4, None, "1-3"),
    ]
    monkeypatch.setattr(usb.list_ports, "comports", lambda: list(there))
    monkeypatch.setattr(usb, "_identities", {})
    monkeypatch.setattr(usb, "BACK_S", 0.0)
    assert [port.address for port in usb.board_ports()] == ["/dev/ttyACM0", "/dev/ttyUSB0"]
    there[:] = [
        plugged("/dev/ttyACM3", 0x303A, 0x1001, "68b6b3", "1-9"),
        plugged("/dev/ttyUSB1", 0x1A86, 0x55D4, None, "1-3"),
    ]
    assert usb.current_name("/dev/ttyACM0") == "/dev/ttyACM3"
    assert usb.current_name("/dev/ttyUSB0") == "/dev/ttyUSB1"
    assert usb.usb_id("/dev/ttyACM3") == (0x303A, 0x1001)
    there[:] = [plugged("/dev/ttyACM1", 0x303A, 0x4001, "another", "1-7")]
    assert usb.current_name("/dev/ttyACM0") == "/dev/ttyACM0"
    monkeypatch.setattr(usb, "BACK_S", 1.0)
    there.append(plugged("/dev/ttyACM5", 0x303A, 0x4001, "68b6b3", "1-2"))
    assert usb.wait_for_port("/dev/ttyACM0") == "/dev/ttyACM5"


def test_ports_are_known_by_their_chips(monkeypatch: pytest.MonkeyPatch) -> None:
    there = [
        plugged("/dev/ttyACM0", 0x303A, 0x4001),
        plugged("/dev/ttyUSB0", 0x1A86, 0x55D4),
        plugged("/dev/ttyUSB1", 0x10C4, 0xEA60),
        plugged("/dev/ttyS0", None, None),
        plugged("/dev/ttyUSB2", 0x1234, 1),
    ]
    monkeypatch.setattr(usb.list_ports, "comports", lambda: there)
    assert [one.address for one in usb.board_ports()] == ["/dev/ttyACM0", "/dev/ttyUSB0", "/dev/ttyUSB1"]
    assert [one.name for one in usb.board_ports()][1] == "CH9102 at /dev/ttyUSB0"
    assert usb._is_bridge("/dev/ttyUSB0")
    assert not usb._is_bridge("/dev/ttyACM0")


def test_opening_touches_the_lines_only_where_that_does_not_reset_the_board(monkeypatch: pytest.MonkeyPatch) -> None:
    class Noted(serial.Serial):  # type: ignore[misc]
        def open(self) -> None:
            pass

    monkeypatch.setattr(usb, "_is_bridge", lambda _: True)
    monkeypatch.setattr(quirks, "SYSTEM", quirks.LINUX)
    port = usb._opened("/dev/ttyUSB0", Noted)
    assert (port.dtr, port.rts, port.exclusive) == (True, True, True)
    monkeypatch.setattr(quirks, "SYSTEM", quirks.WINDOWS)
    port = usb._opened("COM3", Noted)
    assert (port.dtr, port.rts) == (False, False)
    monkeypatch.setattr(usb, "_is_bridge", lambda _: False)
    assert usb._opened("COM3", Noted).dtr  # TinyUSB speaks only while DTR is on


def test_a_port_is_left_as_others_expect_it(board: Board) -> None:
    async def nothing(_: usb.UsbTransport) -> None:
        return None

    asyncio.run(talk(board, nothing))
    assert termios.tcgetattr(board.child)[3] & termios.ECHO == 0
