"""Starts the whole firmware on its twin world, as a board does (a script for rig.run): prints what came of it.

Arguments: the scenario, and the board's name. `life` runs main.start() until the board stops in one way or another.
"""

import os
import struct
import sys

import vtime

vtime.install()  # before any of the firmware is imported

import ether  # noqa: E402
import machine  # noqa: E402
import wired_boards  # noqa: E402
from world import DeepSleep, Restart  # noqa: E402

from barcore import protocol, record  # noqa: E402
from barcore.sample import SAMPLE_BYTES, SAMPLE_FORMAT  # noqa: E402
from barloader import slots  # noqa: E402
from barsensor import main  # noqa: E402
from barsensor.boards.storage import FolderStorage  # noqa: E402
from barsensor.storage.record_log import RecordLog  # noqa: E402

LAMPS = {"xiao_s3": 21, "m5stickc_plus2": 19}
BUTTONS = {"xiao_s3": 4, "m5stickc_plus2": 37}


class At:
    """Does `act` once at a time of the world."""

    def __init__(self, world, after_ms, act):
        self.at_ms = world.now_ms + after_ms
        self.act = act
        world.listeners.append(self)

    def advance(self, now_ms):
        if self.act and now_ms >= self.at_ms:
            act, self.act = self.act, None
            act()


def made(name, **options):
    """Return the board's world, with a radio; /board names it."""
    ether.Ether()
    with open("/board", "w") as file:
        file.write(name + "\n")
    return getattr(wired_boards, name)(**options)


def ctrl_c():
    raise KeyboardInterrupt


def life(world, limit_ms=0):
    """Start and run, at most `limit_ms`; return what ended it: its name and arguments, or "REPL"."""
    if limit_ms:
        At(world, limit_ms, ctrl_c)
    try:
        main.start()
    except (DeepSleep, Restart, KeyboardInterrupt) as end:
        return type(end).__name__, end.args
    return "REPL"


def records():
    """Return (type, payload, seq) of every record on flash."""
    log, buf, found = RecordLog(FolderStorage("/log", lambda: 1)), bytearray(32), []
    for seq in range(log.first_seq, log.next_seq):
        if log.read_into(seq, buf):
            found.append((record.header(buf)[0], record.payload(buf), record.header(buf)[3]))  # noqa: PERF401
    return found


def kinds():
    return [kind for kind, _, _ in records()]


def texts():
    """Return the TEXT records joined as a host joins them."""
    found = []
    for kind, payload, _ in records():
        if kind == protocol.TEXT:
            part = bytes(payload[2])
            if payload[0] == 0:
                found.append(b"")
            found[-1] += part
    return [str(text, "utf-8").rstrip("\0") for text in found]


def causes():
    return [payload[0] for kind, payload, _ in records() if kind == protocol.BOOT]


def played(world, after_ms):
    """Let the chip show the recording in /stdin once `after_ms` have passed; return how long it takes."""
    with open("/stdin", "rb") as file:
        packed = file.read()
    from_ms, count, at = world.now_ms + after_ms, len(packed) // SAMPLE_BYTES, [0]

    def motion(at_ms):
        while at[0] + 1 < count and struct.unpack_from("<I", packed, (at[0] + 1) * SAMPLE_BYTES)[0] <= at_ms - from_ms:
            at[0] += 1
        return struct.unpack_from(SAMPLE_FORMAT, packed, at[0] * SAMPLE_BYTES)[1:]

    world.imu.motion = motion
    return after_ms + struct.unpack_from("<I", packed, (count - 1) * SAMPLE_BYTES)[0]


def counted():
    """Return (reps, sets begun, sets ended) on flash."""
    found = kinds()
    return found.count(protocol.REP), found.count(protocol.SET_START), found.count(protocol.SET_END)


def lamp_blinks(world, name, from_ms):
    """Return how often the lamp's pin changed since, and for how long."""
    times = [at_ms for at_ms, pin, _ in world.changes if pin == LAMPS[name] and at_ms > from_ms]
    return len(times), (times[-1] - from_ms) // 1000 if times else 0


# --- scenarios ---


def window(name):
    """Print what a press of the button, and Ctrl-C, within 2 s leave undone."""
    world = made(name)
    world.drive(BUTTONS[name], 0)
    print(life(world), world.now_ms, world.watchdog_ms, os.listdir("/log"))
    world.reboot()
    world.release(BUTTONS[name])
    world.drive(BUTTONS[name], 1)
    print(life(world, 1900), world.now_ms, world.watchdog_ms, os.listdir("/log"))


def train(name):
    """Train, end it with Ctrl-C; print what was counted, and let time show that the watchdog stays fed."""
    world = made(name, now_ms=(1 << 30) - 20000)
    print(life(world, played(world, 8000) + 25000), counted())
    print(world.watchdog_ms, world.pins[LAMPS[name]], [duty for _, duty in world.pwm.values()])
    world.wait_ms(100000)
    world.reboot(machine.SOFT_RESET)
    with open("/barloader/boot.py") as file:
        exec(file.read(), {"__name__": "boot"})
    world.wait_ms(100000)
    print(life(world, 20000), causes())
    world.wait_ms(100000)


def crash(name):
    """Crash in the loop, at every start; print how it ends, what the log tells, and how long each start took."""
    world = made(name)
    read = world.imu.read
    for start in range(4):
        began_ms = world.now_ms

        def break_chip():
            def fail(reg, buf):
                raise ValueError("chip")

            world.imu.read = fail

        At(world, 10000, break_chip)
        print(life(world), (world.now_ms - began_ms) // 10000)
        world.imu.read = read
        world.reboot(machine.HARD_RESET)
        if start in (0, 3):
            found = texts()
            print(len(found), found[0].startswith("Traceback"), "in _drain" in found[0], found[0].split("\n")[-2])
    print(causes(), kinds().count(protocol.TEXT))


def crash_keeps(name):
    """Crash within a set; print what of it is on flash."""
    world = made(name)
    took_ms = played(world, 8000)

    def fail(reg, buf):
        raise MemoryError("memory allocation failed")

    def break_chip():
        world.imu.read = fail

    At(world, took_ms - 4000, break_chip)
    print(life(world), counted()[0] > 2, texts()[0].split("\n")[-2])


def power_cut():
    raise Restart(machine.PWRON_RESET)


def cut(name, at_ms, stall_ms):
    """Cut the power within a set, then start again; print what is on flash before that start, and after it.

    `stall_ms` is how long a write to the chip's own store stops everything.
    """
    world = made(name)
    world.nvs_stall_ms = int(stall_ms)
    played(world, 8000)
    At(world, 8000 + int(at_ms), power_cut)
    print(life(world), counted(), world.nvs_writes)
    world.reboot()
    world.imu.motion = lambda at_ms: (0, 0, 4096, 0, 0, 0)
    life(world, 5000)
    print(counted(), causes(), [seq for _, _, seq in records()] == list(range(len(records()))))


def no_nvs(name):
    """Train on a chip whose own store cannot be opened; print what was counted and told."""
    world = made(name)
    world.nvs = None
    print(life(world, played(world, 8000) + 25000), counted(), texts())


def first_flush(name):
    """Let the first write of a start stall everything for 2.1 s; print what is told of it, and the health records."""
    world = made(name)
    replace, left = FolderStorage.replace, [1]

    def slow(self, file, data):
        if left[0]:
            left[0] -= 1
            world.wait_ms(2138)
        replace(self, file, data)

    FolderStorage.replace = slow
    life(world, 20000)
    FolderStorage.replace = replace
    print(left, texts(), kinds().count(protocol.HEALTH))


def brown_out(name, lived_ms):
    """Let the supply break down again and again soon after the start, then hold, and train.

    Print in how many starts flash was written, how many the loader took for crashes, and what came of the set.
    """
    world = made(name)
    replace, writes = FolderStorage.replace, [0]

    def counting(self, file, data):
        writes[0] += 1
        replace(self, file, data)

    FolderStorage.replace = counting
    written, crashes = 0, 0
    for _ in range(20):
        before = writes[0], world.nvs_writes
        At(world, int(lived_ms), power_cut)
        life(world)
        world.reboot()
        written += (writes[0], world.nvs_writes) != before
        crashes += slots.has_crashed(machine)
    FolderStorage.replace = replace
    print(written, crashes, causes())
    print(life(world, played(world, 8000) + 25000), counted(), len(causes()), texts()[-1])


def crash_of_storage(name):
    """Crash while storage fails too; print how it ends."""
    world = made(name)
    replace = FolderStorage.replace

    def fail(*args):
        raise RuntimeError("flash")

    def break_chip():
        FolderStorage.replace = fail
        world.imu.read = fail

    At(world, 10000, break_chip)
    print(life(world))
    FolderStorage.replace = replace


def hang(name):
    """Hang in a read; print how it ends and what the next start tells."""
    world = made(name)
    read = world.imu.read

    def endless(reg, buf):
        while True:
            world.wait_ms(50)

    def break_chip():
        world.imu.read = endless

    At(world, 10000, break_chip)
    print(life(world), world.now_ms)
    world.imu.read = read
    world.reboot(machine.WDT_RESET)
    life(world, 10000)
    print(causes())


def sleep(name):
    """Lie still until asleep, be moved, train; print how each life ended, and whether all seqs are there."""
    world = made(name)
    print(life(world), world.now_ms // 1000, world.pins[LAMPS[name]])
    [first, _] = [payload for kind, payload, _ in records() if kind == protocol.HEALTH]
    print(first)
    if name == "xiao_s3":
        world.imu.motion = lambda at_ms: (0, 0, 4096 if at_ms // 100 % 2 else 6000, 0, 0, 0)
        world.wait_ms(1000)
        print(world.pins[2])
    world.reboot(machine.DEEPSLEEP_RESET)
    tests = []
    start = type(world.imu).write
    world.imu.write = lambda reg, data: (tests.append(reg) if reg == 0x14 else None, start(world.imu, reg, data))
    print(life(world, played(world, 8000) + 25000), counted(), causes(), len(tests))
    print([seq for _, _, seq in records()] == list(range(len(records()))))


def unknown(name):
    """Start with a chip that nobody knows; print how it ends and what the lamp did."""
    world = made(name)

    def strange(reg, buf):
        buf[0] = 0x05

    world.imu.read = strange
    print(life(world), world.now_ms // 1000, lamp_blinks(world, name, 0), world.watchdog_ms)


def self_test(name):
    """Start with a chip that fails its test, then with one that is moved during the first; print what is told."""
    world = made(name)
    push, world.imu.push_mg = world.imu.push_mg, (0, 0, 0)
    print(life(world, played(world, 12000) + 25000), counted(), texts(), lamp_blinks(world, name, 0)[0] > 5)
    world.reboot()
    world.imu.push_mg = push
    shaken = world.now_ms + 2400
    world.imu.motion = lambda at_ms: (at_ms % 7 * 1500 if at_ms < shaken else 0, 0, 4096, 0, 0, 0)
    life(world, 15000)
    print(len(texts()))


def dies(name):
    """Let the IMU die and come back before a set; print what was counted and told."""
    world = made(name)
    wires = dict(world.i2c)
    At(world, 6000, world.i2c.clear)
    At(world, 12000, lambda: world.i2c.update(wires))
    print(life(world, played(world, 15000) + 25000), counted(), lamp_blinks(world, name, 6000)[0] > 5)


def gone(name):
    """Let the IMU be gone for good; print how that start ends, and the next one."""
    world = made(name)
    At(world, 20000, world.i2c.clear)
    print(life(world), world.now_ms // 1000, kinds().count(protocol.HEALTH))
    world.reboot(machine.HARD_RESET)
    print(life(world), world.now_ms // 1000)


def nonsense(name):
    """Let the FIFO read nonsense for two seconds before a set; print what was counted."""
    world = made(name)

    def break_chip():
        world.imu.dead = 0xFF

    def mend():
        world.imu.dead = None

    At(world, 6000, break_chip)
    At(world, 8000, mend)
    print(life(world, played(world, 11000) + 25000), counted())


def full(name):
    """Start and train on a file system that takes nothing, then on one with a file for a folder; print what is told."""
    world = made(name)
    replace = FolderStorage.replace

    def fail(self, file, data):
        raise OSError(28)

    FolderStorage.replace = fail
    targets = len(world.pwm_log)
    print(life(world, played(world, 8000) + 25000))
    sounds = [freq for _, _, freq, duty in world.pwm_log[targets:] if duty]
    print(sounds.count(2400), sounds.count(400) > 5)
    FolderStorage.replace = replace


def no_storage(name):
    """Start and train with a log that cannot be opened; print the targets, and whether the fault was cued."""
    world = made(name)
    with open("/log", "w") as file:
        file.write("no folder")
    print(life(world, played(world, 8000) + 25000))
    sounds = [freq for _, _, freq, duty in world.pwm_log if duty]
    print(sounds.count(2400), sounds.count(400) > 5)


def field(name, fault, from_ms, for_ms):
    """Train while something fails for a while, then lie still; print how it ends, what was counted and what is told."""
    world, radio = made(name), ether.Ether()
    wires, replace = dict(world.i2c), FolderStorage.replace

    def fail(self, file, data):
        raise OSError(5)

    def begin():
        if fault == "i2c":
            world.i2c.clear()
        elif fault == "flash":
            FolderStorage.replace = fail
        else:
            radio.raises = (fault,)

    def end():
        world.i2c.update(wires)
        FolderStorage.replace = replace
        radio.raises = ()

    begin() if int(from_ms) == 0 else At(world, int(from_ms), begin)
    At(world, int(from_ms) + int(for_ms), end)
    print(life(world, played(world, 8000) + 300000), counted())
    print([text for text in texts() if ": " in text][-1], radio.on)


def stopped_clock(name):
    """Let the board's clock stand still; print how it ends and what is told."""
    world = made(name)
    advance = world._advance

    def stand(now_ms):
        world.slept_ms = getattr(world, "slept_ms", 0) + 1
        if world.slept_ms > 2000:
            raise Restart("never noticed")

    def stop():
        world._advance = stand

    At(world, 10000, stop)
    print(life(world))
    world._advance = advance
    world.reboot(machine.HARD_RESET)
    print(texts()[0].split("\n")[-2])


globals()[sys.argv[1]](*sys.argv[2:])
