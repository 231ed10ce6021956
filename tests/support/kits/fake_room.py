"""A room with sensors in the air and on cables, in the place of the two links' own doors: discover, ports, connect."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from barhold.errors import LinkError
from barhold.link import ble, usb
from barhold.link.endpoint import BLE, USB, Endpoint
from fake_sensor import ModernSensor


class FakeRoom:
    """Sensors by address; `slots` is how many the adapter connects at once, `fails` how often a connection does."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, slots: int = 8) -> None:
        self.by_radio: dict[str, ModernSensor] = {}
        self.by_cable: dict[str, ModernSensor] = {}
        self.slots, self.open_now, self.most_open = slots, 0, 0
        self.fails: dict[str, int] = {}
        self.connected: list[str] = []
        self.scans = 0
        monkeypatch.setattr(ble, "discover", self._discover)
        monkeypatch.setattr(ble, "connect", self._connect)
        monkeypatch.setattr(usb, "connect", self._connect)
        monkeypatch.setattr(usb, "board_ports", self._ports)

    def add(self, address: str, sensor: ModernSensor) -> ModernSensor:
        self.by_radio[address] = sensor
        return sensor

    def plug(self, port: str, sensor: ModernSensor) -> ModernSensor:
        sensor.modern.cable = True
        self.by_cable[port] = sensor
        return sensor

    async def _discover(
        self, seconds: float = 6.0, enough: Callable[[Endpoint], bool] = lambda _: False
    ) -> list[Endpoint]:
        self.scans += 1
        await asyncio.sleep(0)
        found = []
        for at, sensor in self.by_radio.items():
            found.append(Endpoint(BLE, at, sensor.modern.name, 80, sensor.log.next_seq - sensor.log.acked, -50))
            if enough(found[-1]):
                return found
        return found

    def _ports(self) -> list[Endpoint]:
        return [Endpoint(USB, port, f"CP210x at {port}") for port in self.by_cable]

    async def _connect(self, found: Endpoint) -> "FakeConnection":
        await asyncio.sleep(0)
        sensor = (self.by_radio if found.kind == BLE else self.by_cable).get(found.address)
        if sensor is None:
            raise LinkError(f"{found.shown} is not there: plug the sensor in")
        if self.open_now >= self.slots:
            raise LinkError(f"connecting to {found.shown}: no connection is free: try again")
        if self.fails.get(found.address, 0):
            self.fails[found.address] -= 1
            raise LinkError(f"connecting to {found.shown}: timed out; bring the sensor closer")
        self.connected.append(found.address)
        self.open_now += 1
        self.most_open = max(self.most_open, self.open_now)
        return FakeConnection(self, sensor)


class FakeConnection:
    """One connection to a sensor; closing it twice frees one place."""

    def __init__(self, room: FakeRoom, sensor: ModernSensor) -> None:
        self._room, self._sensor, self._open = room, sensor, True
        sensor.modern.close()
        sensor.inbox.clear()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sensor, name)

    async def send(self, raw: bytes) -> None:
        await self._sensor.send(raw)

    async def receive(self, timeout_s: float) -> bytes:
        return await self._sensor.receive(timeout_s)

    async def close(self) -> None:
        if self._open:
            self._open = False
            self._room.open_now -= 1
            await self._sensor.close()
