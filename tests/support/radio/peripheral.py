"""The radio of one board: a bumble peripheral that does what the board's `bluetooth` stand-in asks for.

Faults, all from one seed: a share of the notifications and of the host's writes that is lost on the way though both
sides believe in it, and connections that break after a random number of packets.
"""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass

from bumble.att import ATT_Handle_Value_Notification
from bumble.core import UUID
from bumble.device import AdvertisingType, Connection, Device, DeviceConfiguration
from bumble.gatt import Characteristic, CharacteristicValue, Service
from bumble.hci import Address, OwnAddressType
from bumble.host import Host

from barcore import protocol
from radio.paced_link import Air, AirController

ENOMEM, ENOTCONN = 12, -128
QUEUE = 12
"""Notifications that fit: what the controller holds and a little more, as with NimBLE's buffers."""


@dataclass
class Faults:
    """What goes wrong. `break_after` is (least, most) packets of a connection, or None."""

    seed: int = 0
    notifications_lost: float = 0.0
    writes_lost: float = 0.0
    break_after: tuple[int, int] | None = None


class Peripheral:
    """`tell(event)` gets what the board's interrupt handler shall hear; `writes` is what centrals wrote, in order."""

    def __init__(self, air: Air, address: str, tell: Callable[[list], None], faults: Faults | None = None) -> None:
        self._air, self._address, self._tell = air, address, tell
        self.faults = faults or Faults()
        self._random = random.Random(self.faults.seed)
        self._device: Device | None = None
        self._controller: AirController | None = None
        self._values: dict[int, bytes] = {}
        self._attributes: dict[int, Characteristic] = {}
        self._connections: dict[int, Connection] = {}
        self._left = 0
        self.writes: list[bytes] = []
        self.deaf = False  # what is written only counts: the board never hears of it
        self.enomem = self.notified = self.lost_notifications = self.lost_writes = self.connects = self.broken = 0

    @property
    def on(self) -> bool:
        """Whether the board has switched it on."""
        return self._device is not None

    async def start(self) -> None:
        host = Host()
        self._controller = AirController(self._address, self._air, self._address)
        host.controller = self._controller
        configuration = DeviceConfiguration(name="", address=Address(self._address))
        self._device = Device(config=configuration, host=host)
        await self._device.power_on()
        self._device.on("connection", self._on_connection)

    async def stop(self) -> None:
        if self._device and self._controller:
            self._controller.le_legacy_advertiser.stop()
            self._controller.vanish()
            self._device = self._controller = None
            self._connections.clear()
            self._attributes.clear()

    async def register(self, mtu: int, services: list) -> list[list[int]]:
        assert self._device
        self._device.gatt_server.max_mtu = mtu
        handles = []
        for uuid, characteristics in services:
            made = [self._characteristic(*one) for one in characteristics]
            self._device.add_service(Service(UUID(uuid), made))
            handles.append([one.handle for one in made])
            for one in made:
                self._attributes[one.handle] = one
                one.value = CharacteristicValue(
                    read=lambda _, handle=one.handle: self._values.get(handle, b""),
                    write=lambda conn, value, handle=one.handle: self._on_write(conn, handle, bytes(value)),
                )
        return handles

    def _characteristic(self, uuid: str, flags: int) -> Characteristic:
        # A characteristic that can only notify has no permission to be read.
        permissions = (1 if flags & 2 else 0) | (2 if flags & 12 else 0)
        return Characteristic(
            UUID(uuid), Characteristic.Properties(flags), Characteristic.Permissions(permissions), b""
        )

    async def set_value(self, handle: int, data: str) -> None:
        self._values[handle] = bytes.fromhex(data)

    async def advertise(self, interval_us: int | None, adv: str, resp: str) -> None:
        assert self._device
        await self._device.stop_advertising()
        if interval_us is not None:
            interval_ms = min(interval_us / 1000, self._air.advert_ms)
            await self._device.start_advertising(
                AdvertisingType.UNDIRECTED_CONNECTABLE_SCANNABLE,
                own_address_type=OwnAddressType.PUBLIC,
                advertising_data=bytes.fromhex(adv),
                scan_response_data=bytes.fromhex(resp),
                advertising_interval_min=interval_ms,
                advertising_interval_max=interval_ms,
            )

    async def notify(self, conn: int, handle: int, data: str) -> int:
        connection = self._connections.get(conn)
        if connection is None or self._device is None:
            return ENOTCONN
        queue = self._device.host.le_acl_packet_queue
        if queue and queue.pending >= QUEUE:
            self.enomem += 1
            return ENOMEM
        self.notified += 1
        if self._random.random() < self.faults.notifications_lost:
            self.lost_notifications += 1
        else:
            value = bytes.fromhex(data)
            pdu = ATT_Handle_Value_Notification(attribute_handle=handle, attribute_value=value)
            self._device.gatt_server.send_gatt_pdu(connection, bytes(pdu))
        await self._wear(connection)
        return 0

    async def disconnect(self, conn: int) -> bool:
        connection = self._connections.get(conn)
        if connection:
            await connection.disconnect()
        return connection is not None

    async def flood(self, value: bytes, count: int) -> None:
        """Notify TX `count` times on the one connection, as fast as the radio takes them, with no board in between."""
        (conn,) = self._connections
        tx = next(handle for handle, one in self._attributes.items() if one.uuid == UUID(protocol.TX_UUID))
        for _ in range(count):
            while await self.notify(conn, tx, value.hex()):
                await asyncio.sleep(0.001)

    async def break_link(self) -> None:
        """Lose every connection now."""
        for connection in list(self._connections.values()):
            self.broken += 1
            await connection.disconnect()

    async def _wear(self, connection: Connection) -> None:
        if self.faults.break_after:
            self._left -= 1
            if self._left == 0 and connection.handle in self._connections:
                await self.break_link()

    def _on_connection(self, connection: Connection) -> None:
        self.connects += 1
        self._connections[connection.handle] = connection
        if self.faults.break_after:
            self._left = self._random.randint(*self.faults.break_after)
        connection.on("disconnection", lambda _: self._on_disconnection(connection.handle))
        connection.on("connection_att_mtu_update", lambda: self._tell(["mtu", connection.handle, connection.att_mtu]))
        self._tell(["connect", connection.handle])

    def _on_disconnection(self, handle: int) -> None:
        if self._connections.pop(handle, None):
            self._tell(["disconnect", handle])

    async def _on_write(self, connection: Connection, handle: int, value: bytes) -> None:
        if self._random.random() < self.faults.writes_lost:
            self.lost_writes += 1
        else:
            self.writes.append(value)
            if not self.deaf:
                self._tell(["write", connection.handle, handle, value.hex()])
        await self._wear(connection)
