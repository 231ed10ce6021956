"""Finds the chosen sensor: by cable or port, by name or id, or the only one nearby."""

from collections.abc import Callable
from dataclasses import dataclass

from barhold.connection import Control, Info, LockedError
from barhold.connection.handshake import Keys
from barhold.errors import LinkError, NotPluggedInError, RefusedError
from barhold.link import ble, usb
from barhold.link.endpoint import BLE, USB, Endpoint
from barhold.link.transport import Transport
from barhold.training import sensor_names


@dataclass(frozen=True, slots=True)
class SensorQuery:
    """The sensor that the user asked for: a name or part of an id, the cable, or one port; empty means the only one."""

    sensor: str = ""
    usb: bool = False
    port: str = ""

    @property
    def by_cable(self) -> bool:
        """Whether the cable is used instead of the radio."""
        return self.usb or bool(self.port)


async def list_endpoints(
    wanted: SensorQuery, seconds: float = ble.SCAN_S, enough: Callable[[Endpoint], bool] | None = None
) -> list[Endpoint]:
    """Return where sensors may be: the named port, the ports with a board, or the advertising sensors."""
    if wanted.port:
        return [Endpoint(USB, wanted.port)]
    if wanted.usb:
        return usb.board_ports()
    return await ble.discover(seconds, enough or (lambda _: False))


async def connect(found: Endpoint) -> Transport:
    """Open the link to a place that was found."""
    return await (ble.connect(found) if found.kind == BLE else usb.connect(found))


async def identify(found: Endpoint, keys: Keys = lambda _: None) -> Info:
    """Connect only to read the sensor's INFO; RefusedError for an impostor of a sensor that `keys` knows.

    A sensor whose key is not known gives a short Info.
    """
    transport = await connect(found)
    try:
        control = await Control.open(transport, keys)
        await control.close()
    except LockedError as locked:
        return locked.info
    finally:
        await transport.close()
    return control.info


async def find_sensor(wanted: SensorQuery, known: dict[str, str]) -> tuple[Endpoint, str]:
    """Return the endpoint of the chosen sensor, and the id that must answer there ("" for any).

    `known` gives the last name of each device id. If none or several match, LinkError names the sensors nearby.
    """
    expected = _id_of(wanted.sensor, known)
    name = sensor_names.sensor_name(expected, known[expected]) if expected else wanted.sensor
    # Only when HELLO will tell whether it is the right one may the first of this name do.
    found = await list_endpoints(wanted, enough=lambda one: bool(expected) and _same(one.name, name))
    if not found:
        raise _nobody(wanted)
    if not wanted.sensor:
        if len(found) > 1:
            raise RefusedError(f"{len(found)} sensors are there: {_names(found)}: choose one {_how(wanted)}")
        return found[0], ""
    named = [one for one in found if _same(one.name, name)]
    if len(named) == 1:
        return named[0], expected
    return await _by_asking(wanted, named or found, bool(named))


async def _by_asking(wanted: SensorQuery, found: list[Endpoint], alike: bool) -> tuple[Endpoint, str]:
    """Connect to each in turn: names did not tell them apart."""
    seen = []
    for one in found:
        try:
            info = await identify(one)
        except LinkError:
            seen.append(f"{one.shown} (does not answer)")
            continue
        if sensor_names.has_id(wanted.sensor, info.device_id):
            return one, info.device_id
        if _same(info.name, wanted.sensor) and not alike:
            return one, info.device_id
        seen.append(f"{info.name} ({info.device_id})")
    if alike:
        raise RefusedError(f"{len(found)} sensors are named {wanted.sensor}: {', '.join(seen)}: choose one by its id")
    raise LinkError(f"sensor {wanted.sensor} is not there, only {', '.join(seen)}: is it on, and no other host on it?")


def _id_of(sensor: str, known: dict[str, str]) -> str:
    """Return the one known id that `sensor` is a part of, "" when it is a name or a part of several.

    A name is no id: sensors are renamed and swapped, and the one near now is the one meant.
    """
    ids = [device_id for device_id in known if sensor_names.has_id(sensor, device_id)]
    return ids[0] if len(ids) == 1 else ""


def _same(one: str, other: str) -> bool:
    return one.casefold() == other.casefold()


def _names(found: list[Endpoint]) -> str:
    return ", ".join(one.shown for one in found)


def _how(wanted: SensorQuery) -> str:
    return "with --serial-port PORT" if wanted.by_cable else "by its name or id (`barhold scan` lists them)"


def _nobody(wanted: SensorQuery) -> LinkError:
    if wanted.by_cable:
        return NotPluggedInError("no board is plugged in: plug the sensor in, or name its port with --serial-port")
    return LinkError("no sensor found nearby: switch it on and bring it closer; is another computer connected to it?")
