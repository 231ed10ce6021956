"""Runs all checks: this computer first, then the chosen sensor, if it is there."""

from collections.abc import Callable
from contextlib import aclosing

from barhold.connection import Control
from barhold.doctor import host, motion, sensor
from barhold.doctor.finding import WARN, Finding, from_error
from barhold.errors import BarholdError
from barhold.link.endpoint import Endpoint
from barhold.store import Store
from barhold.sync import SensorQuery, connect, find_sensor
from barhold.sync.one_sensor import utc_clock


async def examine_all(
    wanted: SensorQuery, seconds: float, with_mount: bool, db: str | None, tell: Callable[[str], None]
) -> list[Finding]:
    """Return every finding; a check that cannot run is a finding too."""
    lines = [*host.system(), host.database(db)]
    at_cable, boards = host.cable()
    lines += at_cable
    by_radio: list[Endpoint] = []
    if not wanted.by_cable:
        tell(f"listening for {seconds:g} s")
        line, by_radio = await host.radio(seconds)
        lines.append(line)
    if not wanted.port and not boards + by_radio:
        step = "move one or press its button, or plug one in, then run this again"
        return [*lines, Finding("sensor", WARN, "none found", step)]
    if boards and not by_radio and not wanted.sensor and not wanted.by_cable:
        wanted = SensorQuery(usb=True)
    return lines + await _of_sensor(wanted, with_mount, db, tell)


async def _of_sensor(
    wanted: SensorQuery, with_mount: bool, db: str | None, tell: Callable[[str], None]
) -> list[Finding]:
    lines: list[Finding] = []
    try:
        with Store.open(db) as store:
            found, expected = await find_sensor(wanted, {one.device_id: one.name for one in store.devices()})
            tell(f"connecting to {found.shown}")
            transport = await connect(found)
            try:
                control = await Control.open(transport, store.key_of, expected)
                lines += sensor.known(control.info, store.key_of(control.info.device_id))
                lines += await sensor.condition(control)
                lines += await sensor.clock(control, utc_clock(), store.anchors())
                lines += await _moving(control, with_mount, tell)
                await control.close()
            finally:
                await transport.close()
    except BarholdError as error:
        lines.append(from_error("sensor", error))
    return lines


async def _moving(control: Control, with_mount: bool, tell: Callable[[str], None]) -> list[Finding]:
    lines = []
    try:
        async with aclosing(control.stream()) as pieces:
            tell("measuring the noise at rest: leave the sensor alone for 2 s")
            lines.append((await motion.noise(pieces))[0])
            if with_mount:
                samples = bytearray()
                async with aclosing(motion.keep(pieces, samples)) as kept:
                    lines.append(await motion.mount(kept, tell))
                lines.append(motion.gyroscope(bytes(samples)))
    except BarholdError as error:
        lines.append(from_error("rest noise", error, WARN))
    return lines
