"""Sensors over Bluetooth LE, through bleak: a scan, and a Transport of frames in notifications."""

import asyncio
import struct
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any
from weakref import WeakKeyDictionary

from bleak import BleakClient, BleakScanner
from bleak.backends.scanner import AdvertisementData
from bleak.exc import BleakBluetoothNotAvailableError, BleakError
from bleak.exc import BleakBluetoothNotAvailableReason as Reason

from barcore import protocol
from barhold.errors import InputError, LinkError, RefusedError
from barhold.link import bluez, quirks
from barhold.link.endpoint import BLE, Endpoint
from barhold.link.fragments import FragmentAssembler

SCAN_S = 5.0
CONNECT_S = 20.0
WRITE_S = 5.0
MAX_WAITING = 1024
"""How many frames may wait to be received; more are dropped and counted, so that a flood costs no memory."""
_SIZE_LIMIT_S = 1.0
_NO_SIZE_YET = 20

_locks: "WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock]" = WeakKeyDictionary()
_NOT_AVAILABLE = {
    Reason.NO_BLUETOOTH: "this computer has no Bluetooth adapter: plug one in, or use the cable (--usb)",
    Reason.NO_BLE_CENTRAL_ROLE: "this Bluetooth adapter knows no Bluetooth LE: use another, or the cable (--usb)",
    Reason.POWERED_OFF: "Bluetooth is off: switch it on in the system's settings, or use the cable (--usb)",
    Reason.DENIED_BY_USER: "this program may not use Bluetooth: allow it in the system's privacy settings",
    Reason.DENIED_BY_SYSTEM: "the system forbids Bluetooth: allow it in the system's settings, or use --usb",
}
_ON_LINUX = {Reason.NO_BLUETOOTH: "", Reason.POWERED_OFF: bluez.OFF, Reason.DENIED_BY_SYSTEM: bluez.DENIED}
"""For an empty text, the message depends on what is installed and running."""


_adapter = [""]


def use_adapter(name: str) -> None:
    """Scan and connect with this adapter from now on ("hci1"); InputError where the system cannot choose."""
    if name and quirks.SYSTEM != quirks.LINUX:
        raise InputError("--adapter works on Linux only: here the system chooses the adapter")
    _adapter[0] = name


async def discover(seconds: float = SCAN_S, enough: Callable[[Endpoint], bool] = lambda _: False) -> list[Endpoint]:
    """Scan for `seconds`, or until one is `enough`; return what advertises the service, strongest signal first."""
    seen: dict[str, Endpoint] = {}
    done = asyncio.Event()

    def note(device: Any, advert: AdvertisementData) -> None:
        found = seen[device.address] = _found(device, advert)
        if enough(found):
            done.set()

    # macOS 12 reports nothing unless the service is named; the other systems then skip foreign devices.
    services = [protocol.SERVICE_UUID]
    async with _radio(), _translated("the scan"), _scanner(note, services):
        with suppress(TimeoutError):
            await asyncio.wait_for(done.wait(), seconds)
    return sorted(seen.values(), key=lambda one: -(one.rssi_dbm or -999))


def _scanner(note: Callable[[Any, AdvertisementData], None], services: list[str]) -> BleakScanner:
    return BleakScanner(note, service_uuids=services, **quirks.scanner_args(_adapter[0]))


async def connect(found: Endpoint) -> "BleTransport":
    """Connect and subscribe; one at a time per process, because adapters do not scan and connect at once."""
    transport = BleTransport(found)
    async with _radio():
        await transport.open()
    return transport


class BleTransport:
    """A Transport over GATT: frames in writes to RX and in notifications of TX, or in pieces. Made by `connect`."""

    def __init__(self, found: Endpoint) -> None:
        self._found = found
        self._client = BleakClient(
            found.handle or found.address, self._broke, timeout=CONNECT_S, **quirks.client_args(_adapter[0])
        )
        self._frames: deque[bytes] = deque()
        self._news = asyncio.Event()
        self._gone = False
        self._pieces = FragmentAssembler()
        self._unread = 0

    @property
    def dropped(self) -> int:
        """How many frames nobody took in time, and how many notifications belonged to no frame."""
        return self._unread + self._pieces.dropped

    async def open(self) -> None:
        """Connect within the time limit and subscribe."""
        try:
            async with _translated(f"connecting to {self._found.shown}"), asyncio.timeout(CONNECT_S + WRITE_S):
                await self._client.connect()
                await self._client.start_notify(protocol.TX_UUID, self._heard, **quirks.notify_args())
                await self._size_known()
        except BaseException:
            await self.close()
            raise

    async def send(self, frame: bytes) -> None:
        """Write one frame, in pieces where the link carries fewer bytes."""
        if self._gone:
            raise self._ended()
        async with _translated(f"writing to {self._found.shown}"), asyncio.timeout(WRITE_S):
            size = self._size()
            for at in range(0, len(frame), size):
                await self._client.write_gatt_char(protocol.RX_UUID, frame[at : at + size], response=False)

    async def receive(self, timeout_s: float) -> bytes:
        """Return the next frame; frames that arrived before a break come first."""
        async with asyncio.timeout(timeout_s):
            while not self._frames:
                if self._gone:
                    raise self._ended()
                self._news.clear()
                await self._news.wait()
        return self._frames.popleft()

    async def close(self) -> None:
        """Disconnect; a system that takes too long finishes in the background."""
        self._gone = True
        self._news.set()
        with suppress(BleakError, OSError, TimeoutError, EOFError):
            async with asyncio.timeout(quirks.disconnect_limit_s()):
                await self._client.disconnect()

    def _heard(self, _: Any, data: bytearray) -> None:
        frame = self._pieces.feed(bytes(data))
        if not frame:
            return
        if len(self._frames) >= MAX_WAITING or self._gone:
            self._unread += 1
            return
        self._frames.append(frame)
        self._news.set()

    def _broke(self, _: Any) -> None:
        self._gone = True
        self._news.set()

    def _ended(self) -> LinkError:
        return LinkError(f"the radio link to {self._found.shown} ended: bring the sensor closer")

    def _size(self) -> int:
        rx = self._client.services.get_characteristic(protocol.RX_UUID)
        if rx is None:
            raise LinkError(f"{self._found.shown} lacks Barhold's service: {_STALE}")
        return max(rx.max_write_without_response_size, 1)

    async def _size_known(self) -> None:
        """Wait a moment for the real size: BlueZ names 20 until the two sides have agreed."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_SIZE_LIMIT_S):
                while self._size() <= _NO_SIZE_YET:
                    await asyncio.sleep(0.05)


_STALE = "the system may remember services of other firmware; remove it from the system's Bluetooth and try again"


@asynccontextmanager
async def _radio() -> AsyncIterator[None]:
    """The one lock of scan and connect, per event loop: a process has one."""
    lock = _locks.setdefault(asyncio.get_running_loop(), asyncio.Lock())
    async with lock:
        yield


@asynccontextmanager
async def _translated(doing: str) -> AsyncIterator[None]:
    """Turn errors of bleak and of the system into one line with a next step."""
    try:
        yield
    except BleakBluetoothNotAvailableError as err:
        raise RefusedError(_unavailable(err.reason, str(err.args[0]))) from err
    except (FileNotFoundError, ConnectionRefusedError) as err:  # Linux without D-Bus
        raise RefusedError(bluez.explain(bluez.read_state())) from err
    except TimeoutError as err:
        raise LinkError(f"{doing}: timed out; bring the sensor closer; is another computer connected to it?") from err
    except (BleakError, OSError, EOFError, AssertionError) as err:
        refusal = bluez.explain_error(str(err), bluez.read_state()) if quirks.SYSTEM == quirks.LINUX else ""
        if refusal:
            raise RefusedError(refusal) from err
        raise LinkError(f"{doing}: {_said(err)}") from err


def _unavailable(reason: Reason, text: str) -> str:
    """Return why Bluetooth cannot be used, with the command that helps."""
    if quirks.SYSTEM == quirks.LINUX and reason in _ON_LINUX:
        return _ON_LINUX[reason] or bluez.explain(bluez.read_state())
    return _NOT_AVAILABLE.get(reason, f"Bluetooth cannot be used ({text}): use the cable (--usb)")


def _said(err: BaseException) -> str:
    text = " ".join(str(err).split()) or type(err).__name__
    if any(word in text for word in quirks.TRANSIENT):
        return f"{text}: this passes, try again"
    if text.startswith("adapter "):
        return f"{text}: run `bluetoothctl list`, which shows the adapters there are"
    if "not found" in text:
        return f"{text}: switch the sensor on and bring it closer; {_STALE}"
    return f"{text}: bring the sensor closer"


def _found(device: Any, advert: AdvertisementData) -> Endpoint:
    battery_pct, unsynced = read_advert(advert.manufacturer_data, advert.service_data)
    name = "".join(c if c.isprintable() else "?" for c in advert.local_name or device.name or "")
    return Endpoint(BLE, device.address, name, battery_pct, unsynced, advert.rssi, device)


def read_advert(manufacturer: dict[int, bytes], service: dict[str, bytes]) -> tuple[int | None, int | None]:
    """Return the advertised (battery %, unsynced records); None for a missing or invalid value."""
    data = manufacturer.get(protocol.ADVERT_COMPANY) or service.get(protocol.SERVICE_UUID) or b""
    if len(data) < struct.calcsize(protocol.ADVERT_FORMAT):
        return None, None
    battery_pct, unsynced = struct.unpack_from(protocol.ADVERT_FORMAT, data)
    return (battery_pct if battery_pct <= 100 else None), unsynced
