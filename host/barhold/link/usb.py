"""Sensors on a cable, through pyserial: which ports there are, and a Transport of COBS packets."""

import asyncio
import errno
import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import Any

import serial
from serial.tools import list_ports

from barcore import protocol
from barhold.errors import LinkError, NotPluggedInError, RefusedError
from barhold.link import quirks
from barhold.link.cobs_packets import PacketDecoder, encode_packet
from barhold.link.endpoint import USB, Endpoint

BAUD = 115200
WRITE_S = 5.0
LINE_BYTES, LINE_PAUSE_S = 200, 0.06
"""Behind a bridge chip the board's receive ring holds 259 bytes and drops the rest: the time that it takes to come over
the wire (17 ms), and for the sensor's loop to read it (20 ms and the step under way)."""
BACK_S = 10.0
"""How long a board's port may be gone after a reset."""
_POLL_S = 0.2
_OWN_USB = {0x303A: "ESP32-S3", 0x2886: "XIAO"}
_BRIDGES = {
    (0x10C4, 0xEA60): "CP210x",
    (0x1A86, 0x55D4): "CH9102",
    (0x1A86, 0x7523): "CH340",
    (0x067B, 0x2303): "PL2303",
    (0x0403, 0x6001): "FT232",
}
_identities: dict[str, frozenset[tuple[str, str]]] = {}


def board_ports() -> list[Endpoint]:
    """Return the ports that have a board with a known USB chip."""
    there = list_ports.comports()
    _identities.update({port.device: _identity(port) for port in there})
    known = ((port, _chip(port.vid, port.pid)) for port in there)
    return [Endpoint(USB, port.device, f"{chip} at {port.device}") for port, chip in known if chip]


def usb_id(name: str) -> tuple[int, int] | None:
    """Return (vendor, product) of the board at a port; None where the system does not tell."""
    for port in list_ports.comports():
        if port.device == name and port.vid is not None:
            return int(port.vid), int(port.pid)
    return None


def current_name(name: str) -> str:
    """Return the name that a port has now: after a reset the system may give it another.

    It is the same port when it has the same serial number, or hangs at the same place, as the one last seen as `name`.
    """
    there = list_ports.comports()
    for port in there:
        if port.device == name:
            _identities[name] = _identity(port)
            return name
    known = _identities.get(name)
    for port in there:
        if known and (known & _identity(port)):
            _identities[port.device] = _identity(port)
            return str(port.device)
    return name


def wait_for_port(name: str) -> str:
    """Wait until the port `name` is back after a reset; return its name, which may have changed."""
    end_s = time.monotonic() + BACK_S
    while time.monotonic() < end_s:
        now = current_name(name)
        if now != name or os.path.exists(now) or any(port.device == now for port in list_ports.comports()):
            return now
        time.sleep(_POLL_S)
    return name


def _identity(port: Any) -> frozenset[tuple[str, str]]:
    """Return what stays when the port is renamed."""
    told = (("serial", port.serial_number), ("place", port.location))
    return frozenset((what, str(value)) for what, value in told if value)


async def connect(found: Endpoint) -> "UsbTransport":
    """Open the port without resetting the board at it."""
    name = current_name(found.address)
    return UsbTransport(await asyncio.to_thread(_opened, name), name, _is_bridge(name))


class UsbTransport:
    """A Transport over an open serial port, which a thread reads because not every system can wait for one."""

    def __init__(self, port: serial.Serial, name: str, is_bridge: bool = False) -> None:
        self._port = port
        self._is_bridge = is_bridge
        self._name = name
        self._packets = PacketDecoder()
        self._news = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._gone = ""
        self._closing = False
        self._reader = Thread(target=self._read, name=f"barhold {name}", daemon=True)
        self._reader.start()

    @property
    def dropped(self) -> int:
        """How many packets were not COBS, console text included."""
        return self._packets.dropped

    async def send(self, frame: bytes) -> None:
        """Write one frame, escaped: byte 3 would interrupt the sensor's program."""
        if self._gone or self._closing:
            raise self._ended()
        try:
            await asyncio.to_thread(self._write, escape_console_bytes(encode_packet(frame)))
        except (serial.SerialException, OSError, TypeError) as err:
            self._gone = self._gone or _reason(err)
            raise self._ended() from err

    def _write(self, data: bytes) -> None:
        piece_bytes = LINE_BYTES if self._is_bridge else len(data)
        for at in range(0, len(data), piece_bytes):
            if at:
                time.sleep(LINE_PAUSE_S)
            self._port.write(data[at : at + piece_bytes])

    async def receive(self, timeout_s: float) -> bytes:
        """Return the next complete packet; packets that arrived before the port went away come first."""
        async with asyncio.timeout(timeout_s):
            while (frame := self._packets.pop()) is None:
                if self._gone or self._closing:
                    raise self._ended()
                self._news.clear()
                await self._news.wait()
        return frame

    async def close(self) -> None:
        """Close the port."""
        if self._closing:
            return
        self._closing = True
        self._news.set()
        await asyncio.to_thread(self._shut)

    def _shut(self) -> None:
        if hasattr(self._port, "cancel_read"):
            self._port.cancel_read()
        self._reader.join(2 * _POLL_S + 1)
        self._port.close()

    def _read(self) -> None:
        """Run in the thread: pass on received bytes until the port ends."""
        reason = ""
        while not self._closing and not reason:
            data = b""
            try:
                data = self._port.read(self._port.in_waiting or 1)
            except (serial.SerialException, OSError, TypeError) as err:  # TypeError: closed while reading
                reason = _reason(err)
            if not self._tell(data, reason):
                return

    def _tell(self, data: bytes, reason: str) -> bool:
        try:
            self._loop.call_soon_threadsafe(self._take, data, reason)
        except RuntimeError:  # the loop has ended
            return False
        return True

    def _take(self, data: bytes, reason: str) -> None:
        self._packets.feed(data)
        self._gone = self._gone or reason
        if reason or self._packets:
            self._news.set()

    def _ended(self) -> LinkError:
        why = f" ({self._gone})" if self._gone else ""
        return LinkError(f"the cable at {self._name} went away{why}: plug it in again")


def escape_console_bytes(data: bytes) -> bytes:
    """Return `data` with every byte escaped that the sensor's console would act on."""
    if not any(byte in data for byte in protocol.ESCAPED):
        return data
    out = bytearray()
    for byte in data:
        out += bytes((protocol.ESCAPE, byte ^ protocol.ESCAPE_XOR)) if byte in protocol.ESCAPED else bytes((byte,))
    return bytes(out)


def permission_advice(name: str) -> str:
    """Return the step that gives permission; on Windows, another program holds the port."""
    if os.name != "posix":
        return "close the program that holds it"
    group = "dialout"
    with suppress(OSError, KeyError):
        group = Path(name).group()
    rule = '/etc/udev/rules.d/70-barhold.rules with SUBSYSTEM=="tty", TAG+="uaccess"'
    return f"run `sudo usermod -aG {group} $USER` and log in again, or add the udev rule {rule}"


def explain_refusal(name: str) -> LinkError:
    """Return why a port does not open, for a library that does not report the reason."""
    try:
        _opened(name).close()
    except LinkError as err:
        return err
    return LinkError(f"{name} could not be opened, and now it can: repeat the command")


def _chip(vid: int | None, pid: int | None) -> str:
    return _OWN_USB.get(vid or 0) or _BRIDGES.get((vid or 0, pid or 0), "")


def _is_bridge(name: str) -> bool:
    return any(port.device == name and (port.vid, port.pid) in _BRIDGES for port in list_ports.comports())


def _opened(name: str, make: Callable[..., serial.Serial] = serial.Serial) -> serial.Serial:
    port = make(baudrate=BAUD, timeout=_POLL_S, write_timeout=WRITE_S)
    if os.name == "posix":
        port.exclusive = True  # two programs on one port would each get half of every frame
    if quirks.lines_low(quirks.SYSTEM, _is_bridge(name)):
        port.dtr = port.rts = False
    port.port = name
    try:
        port.open()
    except (serial.SerialException, OSError) as err:
        raise _not_opened(name, err) from err
    return port


def _not_opened(name: str, err: Exception) -> LinkError:
    """Say why a port did not open. The cases: no permission, held by another program, not there, anything else."""
    code = getattr(err, "errno", None)
    text = str(err)
    if (code in (errno.EACCES, errno.EPERM) and "lock" not in text) or "PermissionError" in text:
        return RefusedError(f"no permission for {name}: {permission_advice(name)}")
    if code in (errno.EBUSY, errno.EAGAIN) or "lock" in text or "Access is denied" in text:
        return RefusedError(
            f"{name} is held by another program (a serial monitor, mpremote, another barhold): close it"
        )
    if code in (errno.ENOENT, errno.ENODEV, errno.ENXIO) or "FileNotFoundError" in text:
        there = ", ".join(one.address for one in board_ports()) or "none"
        return NotPluggedInError(f"{name} is not there: plug the sensor in; ports with a board now: {there}")
    return LinkError(f"{name} cannot be opened ({_reason(err)}): plug the sensor in again")


def _reason(err: Exception) -> str:
    return " ".join(str(err).split()) or type(err).__name__
