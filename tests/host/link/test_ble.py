"""The radio link on a stand-in for bleak's two classes: what it asks of them, and what is said when they fail."""

import asyncio
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest
from bleak.exc import BleakBluetoothNotAvailableError, BleakDBusError, BleakError
from bleak.exc import BleakBluetoothNotAvailableReason as Reason

from barcore import frame, protocol
from barhold.errors import LinkError, RefusedError
from barhold.link import ble, bluez, quirks
from barhold.link.endpoint import BLE, Endpoint

PLACE = Endpoint(BLE, "AA:BB", "bar-1")
ONE = frame.pack(protocol.END, 1, bytes(10))


class FakeClient:
    """What the transport uses of BleakClient; `size` is the link's, `fails` what connecting raises."""

    made: ClassVar[list["FakeClient"]] = []
    size = 244
    fails: BaseException | None = None
    connecting_s = 0.0
    connecting = 0
    most_connecting = 0

    def __init__(self, target: Any, disconnected: Callable[[Any], None], **options: Any) -> None:
        self.target, self.disconnected, self.options = target, disconnected, options
        self.written: list[tuple[bytes, bool]] = []
        self.steps: list[str] = []
        FakeClient.made.append(self)

    @property
    def services(self) -> Any:
        return SimpleNamespace(
            get_characteristic=lambda uuid: SimpleNamespace(max_write_without_response_size=FakeClient.size)
        )

    async def connect(self) -> None:
        FakeClient.connecting += 1
        FakeClient.most_connecting = max(FakeClient.most_connecting, FakeClient.connecting)
        try:
            await asyncio.sleep(FakeClient.connecting_s)
        finally:
            FakeClient.connecting -= 1
        if FakeClient.fails:
            raise FakeClient.fails
        self.steps.append("connect")

    async def start_notify(self, uuid: str, callback: Callable[[Any, bytearray], None], **options: Any) -> None:
        assert uuid == protocol.TX_UUID
        self.notify_options, self.notify = options, lambda data: callback(None, bytearray(data))
        self.steps.append("notify")

    async def write_gatt_char(self, uuid: str, data: bytes, response: bool) -> None:
        assert uuid == protocol.RX_UUID
        self.written.append((bytes(data), response))
        self.steps.append("write")

    async def disconnect(self) -> None:
        self.steps.append("disconnect")


class FakeScanner:
    devices: ClassVar[list[tuple[Any, Any]]] = []
    fails: BaseException | None = None

    def __init__(self, callback: Callable[[Any, Any], None], service_uuids: list[str]) -> None:
        assert service_uuids == [protocol.SERVICE_UUID]
        self.callback = callback

    async def __aenter__(self) -> None:
        if FakeScanner.fails:
            raise FakeScanner.fails
        for device, advert in FakeScanner.devices:
            self.callback(device, advert)

    async def __aexit__(self, *_: object) -> None:
        pass


@pytest.fixture(autouse=True)
def bleak(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ble, "BleakClient", FakeClient)
    monkeypatch.setattr(ble, "BleakScanner", FakeScanner)
    for name, value in (("made", []), ("size", 244), ("fails", None), ("connecting_s", 0.0), ("most_connecting", 0)):
        monkeypatch.setattr(FakeClient, name, value)
    monkeypatch.setattr(FakeScanner, "devices", [])
    monkeypatch.setattr(FakeScanner, "fails", None)


def connected(work: Callable[[ble.BleTransport, FakeClient], Any]) -> Any:
    async def run() -> Any:
        transport = await ble.connect(PLACE)
        try:
            return await work(transport, FakeClient.made[-1])
        finally:
            await transport.close()

    return asyncio.run(run())


def test_it_subscribes_before_anything_is_written_and_never_asks_for_a_response() -> None:
    async def work(link: ble.BleTransport, client: FakeClient) -> None:
        await link.send(b"hello")
        assert client.steps == ["connect", "notify", "write"]
        assert client.written == [(b"hello", False)]

    connected(work)
    assert FakeClient.made[-1].steps[-1] == "disconnect"


def test_a_frame_goes_in_pieces_of_the_links_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FakeClient, "size", 44)

    async def work(link: ble.BleTransport, client: FakeClient) -> None:
        await link.send(bytes(range(100)))
        assert [len(data) for data, _ in client.written] == [44, 44, 12]
        assert b"".join(data for data, _ in client.written) == bytes(range(100))

    connected(work)


def test_it_waits_a_moment_for_the_links_real_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FakeClient, "size", 20)

    async def run() -> None:
        opening = asyncio.create_task(ble.connect(PLACE))
        await asyncio.sleep(0.1)
        assert not opening.done()
        monkeypatch.setattr(FakeClient, "size", 244)
        await asyncio.wait_for(opening, 0.5)

    asyncio.run(run())


def test_a_notification_is_a_frame_and_a_flood_is_dropped_and_counted() -> None:
    async def work(link: ble.BleTransport, client: FakeClient) -> None:
        client.notify(ONE)
        assert await link.receive(1.0) == ONE
        with pytest.raises(TimeoutError):
            await link.receive(0.01)
        for _ in range(ble.MAX_WAITING + 5):
            client.notify(ONE)
        assert link.dropped == 5
        client.notify(b"part of none")
        client.notify(ONE)
        assert link.dropped == 7

    connected(work)


def test_a_frame_in_several_notifications_is_one_frame() -> None:
    async def work(link: ble.BleTransport, client: FakeClient) -> None:
        long = frame.pack(protocol.DATA, 1, bytes(range(224)))
        for at in range(0, 88, 44):  # its end is lost
            client.notify(long[at : at + 44])
        for at in range(0, len(long), 44):
            client.notify(long[at : at + 44])
        assert await link.receive(1.0) == long
        assert link.dropped == 2

    connected(work)


def test_a_link_that_ends_gives_what_came_and_then_says_so() -> None:
    async def work(link: ble.BleTransport, client: FakeClient) -> None:
        client.notify(ONE)
        client.disconnected(client)
        assert await link.receive(1.0) == ONE
        with pytest.raises(LinkError, match="radio link to bar-1 ended"):
            await link.receive(1.0)
        with pytest.raises(LinkError, match="ended"):
            await link.send(b"x")

    connected(work)


def test_one_that_waits_hears_of_the_end_at_once() -> None:
    async def work(link: ble.BleTransport, client: FakeClient) -> None:
        asyncio.get_running_loop().call_later(0.01, client.disconnected, client)
        with pytest.raises(LinkError, match="ended"):
            await link.receive(60.0)

    connected(work)


def test_only_one_connects_or_scans_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FakeClient, "connecting_s", 0.01)

    async def run() -> None:
        await asyncio.gather(*(ble.connect(PLACE) for _ in range(5)), ble.discover(0.01))

    asyncio.run(run())
    assert FakeClient.most_connecting == 1


@pytest.mark.parametrize(("error", "said"), [
    (BleakError("Device with address AA:BB was not found"), "switch the sensor on"),
    (BleakDBusError("org.bluez.Error.Failed", ["le-connection-abort-by-local"]), "this passes, try again"),
    (BleakDBusError("org.bluez.Error.InProgress", ["In Progress"]), "this passes, try again"),
    (TimeoutError(), "timed out; bring the sensor closer"),
    (OSError(5, "radio trouble"), "radio trouble: bring the sensor closer"),
    (EOFError(), "EOFError: bring the sensor closer"),
])  # fmt: skip
def test_a_failed_connection_is_one_line_and_lets_go(
    monkeypatch: pytest.MonkeyPatch, error: BaseException, said: str
) -> None:
    monkeypatch.setattr(FakeClient, "fails", error)
    with pytest.raises(LinkError, match=said) as err:
        asyncio.run(ble.connect(PLACE))
    assert str(err.value).startswith("connecting to bar-1: ")
    assert not isinstance(err.value, RefusedError)
    assert FakeClient.made[-1].steps == ["disconnect"]


def test_a_connection_given_up_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FakeClient, "connecting_s", 60.0)

    async def run() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(ble.connect(PLACE), 0.01)

    asyncio.run(run())
    assert FakeClient.made[-1].steps == ["disconnect"]


@pytest.mark.parametrize(("error", "said"), [
    (BleakBluetoothNotAvailableError("none", Reason.NO_BLUETOOTH), "no Bluetooth adapter: plug one in, or use"),
    (BleakBluetoothNotAvailableError("off", Reason.POWERED_OFF), "Bluetooth is off: run `rfkill unblock"),
    (BleakBluetoothNotAvailableError("no", Reason.DENIED_BY_USER), "may not use Bluetooth: allow it"),
    (BleakBluetoothNotAvailableError("odd", Reason.UNKNOWN), "cannot be used .odd.: use the cable"),
    (FileNotFoundError(2, "no bus"), "service is not running: run `sudo systemctl enable --now bluetooth`"),
])  # fmt: skip
def test_no_bluetooth_is_one_line_and_no_reason_to_try_again(
    monkeypatch: pytest.MonkeyPatch, error: BaseException, said: str
) -> None:
    monkeypatch.setattr(FakeScanner, "fails", error)
    monkeypatch.setattr(quirks, "SYSTEM", quirks.LINUX)
    is_stopped = isinstance(error, FileNotFoundError)
    monkeypatch.setattr(bluez, "read_state", lambda: bluez.State("debian", True, not is_stopped, ()))
    with pytest.raises(RefusedError, match=said):
        asyncio.run(ble.discover(0.01))


def advert(name: str | None, rssi: int, manufacturer: dict[int, bytes] | None = None) -> Any:
    return SimpleNamespace(local_name=name, rssi=rssi, manufacturer_data=manufacturer or {}, service_data={})


def test_a_scan_tells_name_battery_unsynced_and_signal_strongest_first(monkeypatch: pytest.MonkeyPatch) -> None:
    far, near = SimpleNamespace(address="A", name="x"), SimpleNamespace(address="B", name=None)
    monkeypatch.setattr(FakeScanner, "devices", [
        (far, advert(None, -80)), (near, advert("bar\x1b[2J", -40, {protocol.ADVERT_COMPANY: bytes((73, 1, 2))})),
        (far, advert("bar-9", -81)),
    ])  # fmt: skip
    found = asyncio.run(ble.discover(0.01))
    assert [(one.address, one.name, one.battery_pct, one.unsynced, one.rssi_dbm) for one in found] == [
        ("B", "bar?[2J", 73, 513, -40),
        ("A", "bar-9", None, None, -81),
    ]
    assert found[0].handle is near


def test_a_scan_ends_when_the_wanted_one_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FakeScanner, "devices", [(SimpleNamespace(address="A", name="x"), advert("bar-1", -50))])

    async def run() -> None:
        assert await asyncio.wait_for(ble.discover(60.0, lambda one: one.name == "bar-1"), 1.0)

    asyncio.run(run())


@pytest.mark.parametrize(("manufacturer", "service", "told"), [
    ({}, {}, (None, None)),
    ({0xFFFF: b"\x64\x05\x00"}, {}, (100, 5)),
    ({0xFFFF: b"\xff\xff\xff"}, {}, (None, 65535)),
    ({0xFFFF: b"\x64\x05"}, {}, (None, None)),
    ({0x004C: b"\x64\x05\x00"}, {}, (None, None)),
    ({}, {protocol.SERVICE_UUID: b"\x0a\x00\x01more"}, (10, 256)),
])  # fmt: skip
def test_what_is_advertised_is_read_or_left_alone(
    manufacturer: dict[int, bytes], service: dict[str, bytes], told: tuple[int | None, int | None]
) -> None:
    assert ble.read_advert(manufacturer, service) == told


def test_each_system_gets_only_its_own_quirks() -> None:
    assert quirks.client_args("", quirks.WINDOWS) == {"winrt": {"use_cached_services": False}}
    assert quirks.notify_args(quirks.LINUX) == {"bluez": {"use_start_notify": True}}
    assert (
        quirks.client_args("", quirks.MACOS)
        == quirks.notify_args(quirks.MACOS)
        == quirks.client_args("", "Plan9")
        == {}
    )
    assert quirks.disconnect_limit_s(quirks.WINDOWS) > quirks.disconnect_limit_s(quirks.LINUX)
    assert all(quirks.known(system) for system in (quirks.LINUX, quirks.WINDOWS, quirks.MACOS))
    assert quirks.known("Plan9") == ()
