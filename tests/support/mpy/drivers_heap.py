"""Prints by how many bytes 1000 reads of each chip let the heap grow, and what a sample costs (a script for rig.run).

The stand-ins allocate, so what they said on the bus is recorded first and then played back without allocating.
"""

import gc

import _clock
import imu_scenes
from chips.bmi270 import config_blob

READS = 1000
START_MS = (1 << 30) - 10000  # the ticks wrap within
CONFIG = "/bmi270.bin"


class Recorder:
    """A bus that notes what was read on it."""

    def __init__(self, i2c):
        self.i2c = i2c
        self.heard = []

    def readfrom_mem_into(self, addr, reg, buf):
        self.i2c.readfrom_mem_into(addr, reg, buf)
        self.heard.append(bytes(buf))

    def writeto_mem(self, addr, reg, buf):
        self.i2c.writeto_mem(addr, reg, buf)


class Player:
    """A bus and a clock that play back what was noted."""

    def __init__(self, heard, ticks):
        self.heard = heard
        self.ticks = ticks
        self.at = 0
        self.now_ms = ticks[0]

    def readfrom_mem_into(self, addr, reg, buf):
        said = self.heard[self.at]
        self.at += 1
        i = 0
        while i < len(buf):
            buf[i] = said[i]
            i += 1

    def writeto_mem(self, addr, reg, buf):
        pass

    def ticks_ms(self):
        return self.now_ms


def recorded(chip, rate_hz):
    """Return a driver, started and in the middle of its work, and a player of what its next reads find."""
    bench = imu_scenes.Bench(chip, rate_hz, CONFIG, START_MS, motion=imu_scenes.motion).start().run(20)
    driver = bench.driver
    recorder, ticks, counts = Recorder(bench.i2c), [], 0
    state = dict(driver.__dict__)
    clock_state = dict(driver._ticks.__dict__)
    driver._i2c = recorder
    for i in range(READS):
        bench.world.wait_ms(20 + i % 7)
        ticks.append(bench.world.ticks_ms())
        counts += len(bench.poll())
    for name, value in state.items():
        setattr(driver, name, value)
    for name, value in clock_state.items():
        setattr(driver._ticks, name, value)
    player = Player(recorder.heard, ticks)
    driver._i2c = driver._clock = player
    return driver, player, bench.buf, counts


def played(driver, player, buf):
    """Return by how many bytes the heap grew, and how many samples came."""
    ticks, read, count, i = player.ticks, driver.read, 0, 0
    before = gc.mem_alloc()
    before = gc.mem_alloc()
    while i < READS:
        player.now_ms = ticks[i]
        count += read(buf, 32)
        i += 1
    return gc.mem_alloc() - before, count


with open(CONFIG, "wb") as file:
    file.write(config_blob())
for chip in sorted(imu_scenes.CHIPS):
    driver, player, buf, expected = recorded(chip, imu_scenes.CHIPS[chip][2][1])
    gc.collect()
    gc.disable()
    _clock.lap()
    grown, count = played(driver, player, buf)
    _clock.lap()
    gc.enable()
    print(chip, "bytes", grown, "samples", count, expected, "ns_per_sample", int(_clock.taken()) // max(1, count))
