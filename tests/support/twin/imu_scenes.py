"""Scenes with a driver, the stand-in for its chip and a world, for both interpreters; what they return is integers.

`config` is the path of a file with `chips.bmi270.config_blob()`.
"""

from array import array

import machine
import world

CHIPS = {
    "lsm6dsox": ("Lsm6dsox", 0x6A, (104, 208)),
    "lsm6ds3trc": ("Lsm6ds3trc", 0x6A, (104, 208)),
    "mpu6886": ("Mpu6886", 0x68, (100, 200)),
    "bmi270": ("Bmi270", 0x68, (100, 200)),
}
SDA, SCL = 5, 6
LIMIT = 32


def _load(name):
    """Import a module and return it, not its package."""
    return __import__(name, None, None, ("",))


class Bench:
    """A chip on a bus, its driver started, and where its samples go."""

    def __init__(self, chip, rate_hz=0, config="", start_ms=0, **options):
        name, self.address, rates = CHIPS[chip]
        self.world = world.World(start_ms)
        self.fake = getattr(_load("chips." + chip), "Fake" + name)(**options)
        self.world.connect(SDA, SCL, self.address, self.fake)
        self.i2c = machine.I2C(0, scl=machine.Pin(SCL), sda=machine.Pin(SDA))
        more = {"config": config} if chip == "bmi270" else {}
        self.driver = getattr(_load("barsensor.drivers." + chip), name)(
            self.i2c, self.world, self.address, rate_hz or rates[0], **more
        )
        self.buf = array("i", [0] * (LIMIT * 7))
        self.rows = []

    def start(self):
        """Start the driver; what the stand-in took before does not count."""
        self.driver.start()
        self.fake.taken = []
        return self

    def poll(self, limit=LIMIT):
        """Read once; return the new rows."""
        count = self.driver.read(self.buf, limit)
        rows = [tuple(self.buf[i * 7 : i * 7 + 7]) for i in range(count)]
        self.rows += rows
        return rows

    def drain(self):
        """Read until nothing is left."""
        while len(self.poll()) == LIMIT:
            pass

    def run(self, polls, seed=1, least_ms=5, most_ms=80):
        """Poll at irregular times."""
        for _ in range(polls):
            seed = (seed * 1103 + 12345) % 65536
            self.world.wait_ms(least_ms + seed % (most_ms - least_ms + 1))
            self.drain()
        return self

    def lines(self):
        """Return all that was read, and the counts of faults, as text."""
        rows = [" ".join([str(value) for value in row]) for row in self.rows]
        rows.append(f"overruns {self.driver.overruns} bad {self.driver.bad_words}")
        return rows


def motion(at_ms):
    """Swings on every axis, each with its own period, up to full scale on some."""
    return (
        _swing(at_ms, 1700, 31000),
        _swing(at_ms, 900, 4096),
        4096 + _swing(at_ms, 1300, 2000),
        _swing(at_ms, 700, 12000),
        _swing(at_ms, 2100, 31000),
        _swing(at_ms, 1100, 300),
    )


def _swing(at_ms, period_ms, most):
    at = at_ms % period_ms
    quarter = period_ms / 4
    return int(most * ((at if at < quarter else 2 * quarter - at if at < 3 * quarter else at - period_ms) / quarter))


def steady(chip, rate_hz, config, speed=1000, start_ms=1000):
    """Known motion at one rate, polled irregularly."""
    return Bench(chip, rate_hz, config, start_ms, speed=speed, motion=motion).start().run(60)


def overrun(chip, config):
    """Nobody reads for longer than any FIFO holds, then all is well again. The wrap of the ticks lies within."""
    bench = Bench(chip, 0, config, (1 << 30) - 2000, motion=motion).start().run(10)
    bench.world.wait_ms(5000)
    return bench.run(20)


def dead_bus(chip, config, value):
    """The bus reads only one value for a while, shorter than what a driver takes for a lost chip."""
    bench = Bench(chip, 0, config, motion=motion).start().run(10)
    bench.fake.dead = value
    bench.run(4)
    bench.fake.dead = None
    return bench.run(10)


def broken_burst(chip, config, after):
    """The bus fails within a burst; the next read works again."""
    bench = Bench(chip, 0, config, motion=motion).start().run(10)
    bench.fake.break_after = after
    failed = 0
    try:
        bench.run(5)
    except OSError:
        failed = 1
    bench.run(10)
    bench.rows.append((failed,))
    return bench


def everything(config):
    """All scenes of all chips as lines of text, for comparing two interpreters."""
    lines = []
    for chip in sorted(CHIPS):
        scenes = [(f"at {rate_hz} Hz", steady(chip, rate_hz, config, 970)) for rate_hz in CHIPS[chip][2]]
        scenes.append(("overrun", overrun(chip, config)))
        scenes.append(("all zeros", dead_bus(chip, config, 0x00)))
        scenes.append(("all ones", dead_bus(chip, config, 0xFF)))
        scenes.append(("broken burst", broken_burst(chip, config, 9)))
        for name, bench in scenes:
            lines.append(f"{chip} {name}")
            lines += bench.lines()
        bench = Bench(chip, 0, config)
        lines.append(f"{chip} self-test '{bench.driver.self_test()}'")
        bench.driver.wake_on_motion(60)
        bench.driver.power_down()
        lines.append(" ".join([f"{reg:02X}={value:02X}" for reg, value in bench.fake.writes[-20:]]))
    return lines
