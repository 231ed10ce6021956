"""A bleak backend on a bumble device: what bleak's own backends are for BlueZ, Windows and macOS.

`install(central)` makes it bleak's platform backend, so that code which uses bleak needs no change and no hook.
"""

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import bleak
from bleak.backends.characteristic import BleakGATTCharacteristic
from bleak.backends.client import BaseBleakClient
from bleak.backends.descriptor import BleakGATTDescriptor
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData, BaseBleakScanner
from bleak.backends.service import BleakGATTService, BleakGATTServiceCollection
from bleak.exc import BleakDeviceNotFoundError, BleakError
from bumble.att import ATT_Error
from bumble.core import AdvertisingData, BaseBumbleError
from bumble.device import Advertisement, Connection, Device, Peer
from bumble.hci import Address

PROPERTIES = ((2, "read"), (4, "write-without-response"), (8, "write"), (16, "notify"), (32, "indicate"))
T = TypeVar("T")


class Central:
    """The one adapter of this process: opened at its first use, in the loop that uses it."""

    open: Callable[[], Awaitable[Device]]
    device: Device | None = None
    mtu = 517


async def adapter() -> Device:
    if Central.device is None:
        Central.device = await Central.open()
    return Central.device


def install(opener: Callable[[], Awaitable[Device]], mtu: int = 517) -> None:
    """Let bleak use the device that `opener` gives, and ask for `mtu`."""
    Central.open, Central.device, Central.mtu = staticmethod(opener), None, mtu
    _TABLES.clear()
    bleak.get_platform_scanner_backend_type = lambda: (BumbleScanner, "bumble")
    bleak.get_platform_client_backend_type = lambda: (BumbleClient, "bumble")


class BumbleScanner(BaseBleakScanner):
    """Reports every advertisement, as BlueZ does with duplicate data on."""

    def __init__(self, detection_callback, service_uuids, scanning_mode="active", **_: Any) -> None:
        super().__init__(detection_callback, service_uuids)
        self._active = scanning_mode == "active"

    async def start(self) -> None:
        self.seen_devices = {}
        device = await adapter()
        if device.is_scanning:
            raise BleakError("[org.bluez.Error.InProgress] Operation already in progress")
        device.on("advertisement", self._on_advertisement)
        await device.start_scanning(active=self._active, filter_duplicates=False)

    async def stop(self) -> None:
        device = await adapter()
        device.remove_listener("advertisement", self._on_advertisement)
        await device.stop_scanning()

    def _on_advertisement(self, seen: Advertisement) -> None:
        told = _told(seen)
        if not self.is_allowed_uuid(told.service_uuids):
            return
        address = seen.address.to_string(False)
        device = self.create_or_update_device(address, address, told.local_name, seen.address, told)
        self.call_detection_callbacks(device, told)


_TABLES: dict[str, Any] = {}
"""GATT services by a sensor's address; emptied by `install`, since addresses are given anew in each air."""


class BumbleClient(BaseBleakClient):
    """One connection."""

    def __init__(self, address_or_ble_device, services=None, **kwargs: Any) -> None:
        super().__init__(
            address_or_ble_device,
            disconnected_callback=kwargs.get("disconnected_callback"),
            timeout=kwargs.get("timeout", 10.0),
        )
        known = isinstance(address_or_ble_device, BLEDevice)
        self._target = address_or_ble_device.details if known else Address(address_or_ble_device)
        self._name = (address_or_ble_device.name if known else None) or self.address
        self._connection: Connection | None = None
        self._subscribed: dict[int, Callable[[bytes], None]] = {}

    @property
    def name(self) -> str:
        return self._name

    @property
    def mtu_size(self) -> int:
        return self._connection.att_mtu if self._connection else 23

    @property
    def is_connected(self) -> bool:
        return self._connection is not None

    async def connect(self, pair: bool, **_: Any) -> None:
        device = await adapter()
        if device.is_le_connecting:
            raise BleakError("[org.bluez.Error.InProgress] Operation already in progress")
        try:
            self._connection = connection = await device.connect(self._target, timeout=self._timeout)
        except TimeoutError:
            raise BleakDeviceNotFoundError(self.address, f"{self.address} did not answer") from None
        except BaseBumbleError as error:
            raise BleakError(f"le-connection-abort-by-local: {error}") from error
        connection.on("disconnection", self._on_disconnection)
        self._peer = Peer(connection)
        await self._whole(self._peer.request_mtu(Central.mtu))
        await self._know_services()
        self.services = self._found()

    async def _know_services(self) -> None:
        """Discover the table once for each sensor, as systems do that cache it; a sensor's never changes."""
        client, known = self._peer.gatt_client, _TABLES.get(self.address)
        if known is None:
            await self._whole(self._peer.discover_all())
            _TABLES[self.address] = client.services
            return
        client.services = known
        for service in known:
            for one in (service, *service.characteristics):
                one.client = client
                for each in getattr(one, "descriptors", ()):
                    each.client = client

    def _on_disconnection(self, _: int) -> None:
        self._connection = self.services = None
        if self._disconnected_callback:
            self._disconnected_callback()

    def _found(self) -> BleakGATTServiceCollection:
        found = BleakGATTServiceCollection()
        for service in self._peer.services:
            told = BleakGATTService(service, service.handle, _text(service.uuid))
            found.add_service(told)
            for one in service.characteristics:
                names = [name for bit, name in PROPERTIES if int(one.properties) & bit]
                # The handle of its declaration, as BlueZ tells it; bumble tells that of its value.
                about = (one, one.handle - 1, _text(one.uuid), names, lambda: self.mtu_size - 3, told)
                characteristic = BleakGATTCharacteristic(*about)
                found.add_characteristic(characteristic)
                for each in one.descriptors:
                    found.add_descriptor(BleakGATTDescriptor(each, each.handle, _text(each.type), characteristic))
        return found

    async def disconnect(self) -> None:
        if connection := self._connection:
            gone = asyncio.get_running_loop().create_future()
            connection.on("disconnection", lambda _: gone.done() or gone.set_result(None))
            await connection.disconnect()
            await asyncio.wait_for(gone, 5)

    async def pair(self, *_: Any, **__: Any) -> None:
        raise NotImplementedError

    async def unpair(self) -> None:
        raise NotImplementedError

    async def read_gatt_char(self, characteristic, **_: Any) -> bytearray:
        return bytearray(await self._whole(characteristic.obj.read_value()))

    async def read_gatt_descriptor(self, descriptor, **_: Any) -> bytearray:
        return bytearray(await self._whole(descriptor.obj.read_value()))

    async def write_gatt_char(self, characteristic, data, response) -> None:
        await self._whole(characteristic.obj.write_value(bytes(data), with_response=response))

    async def write_gatt_descriptor(self, descriptor, data) -> None:
        await self._whole(self._peer.write_value(descriptor.obj, bytes(data), with_response=True))

    async def start_notify(self, characteristic, callback, **_: Any) -> None:
        heard = self._subscribed[characteristic.handle] = lambda value: callback(bytearray(value))
        await self._whole(characteristic.obj.subscribe(heard, prefer_notify=True))

    async def stop_notify(self, characteristic) -> None:
        await self._whole(characteristic.obj.unsubscribe(self._subscribed.pop(characteristic.handle)))

    async def _whole(self, asked: Awaitable[T]) -> T:
        """Await something of bumble's; what it raises, or cancels when the connection goes, as bleak's error."""
        try:
            return await asked
        except (ATT_Error, BaseBumbleError, TimeoutError) as error:
            raise BleakError(str(error) or "no answer") from error
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if self._connection is None and not (task and task.cancelling()):
                raise BleakError("disconnected") from None
            raise


def _text(told: Any) -> str:
    return str(uuid.UUID(bytes=bytes(reversed(told.to_bytes(force_128=True)))))


def _told(seen: Advertisement) -> AdvertisementData:
    data = seen.data
    name = data.get(AdvertisingData.COMPLETE_LOCAL_NAME)
    lists = data.get_all(AdvertisingData.COMPLETE_LIST_OF_128_BIT_SERVICE_CLASS_UUIDS)
    makers = data.get_all(AdvertisingData.MANUFACTURER_SPECIFIC_DATA)
    return AdvertisementData(
        local_name=str(name) if name else None,
        manufacturer_data={int(company): bytes(value) for company, value in makers},
        service_data={},
        service_uuids=[_text(one) for some in lists for one in some],
        tx_power=None,
        rssi=seen.rssi,
        platform_data=(seen,),
    )
