"""Opens a board on its twin world and drives it through `machine` (a script for rig.run): prints what came of it.

Arguments: the scenario, and the board's name.
"""

import struct
import sys
from array import array

import vtime

vtime.install()  # before any of the firmware is imported

import machine  # noqa: E402
import wired_boards  # noqa: E402
from chips.lsm6ds3trc import FakeLsm6ds3trc  # noqa: E402
from world import DeepSleep, Restart  # noqa: E402

from barcore import protocol, record  # noqa: E402
from barcore.sample import SAMPLE_BYTES, SAMPLE_FORMAT  # noqa: E402
from barsensor import boards, main  # noqa: E402
from barsensor.boards import known  # noqa: E402


def choose(name):
    with open("/board", "w") as file:
        file.write(known.named(name).file_text() if known.named(name) else name)


def open_here(name, **options):
    """Return the world and the board, opened in it."""
    world = getattr(wired_boards, name)(**options)
    choose(name)
    return world, boards.open_or_say()


def stopped(action, *args):
    """Return why the board stopped in `action`."""
    try:
        try:
            action(*args)
        except Exception as error:  # noqa: BLE001 - as wide as the application's own
            print("eaten by a handler of faults", error)
    except (DeepSleep, Restart) as stop:
        return type(stop).__name__, stop.args
    return None


def boot(name):
    """Run boot.py on a board whose button is pressed; print the level of pin 4, when it came, and every short."""
    world = wired_boards.m5stickc_plus2() if name == "m5stickc_plus2" else wired_boards.xiao_s3()
    if name != "m5stickc_plus2":
        world.drive(4, 0)
    if name != "none":
        choose(name)
    with open("/barloader/boot.py") as file:
        exec(file.read(), {})
    print(world.pins.get(4), [change for change in world.changes if change[1] == 4], world.shorts)


def samples(name, *options):
    """Print what the driver reads of a chip that is pushed in a known way."""
    motion = (100, -200, 4096, 32, -64, 96)
    world, board = open_here(name, now_ms=(1 << 30) - 2500)
    world.imu.motion = lambda at_ms: motion
    board.imu.start()
    buf = array("i", [0] * 7 * 32)
    rows = []
    for _ in range(50):
        board.clock.wait_ms(20)
        rows += [tuple(buf[i * 7 : i * 7 + 7]) for i in range(board.imu.read(buf, 32))]
    steps = [(rows[i][0] - rows[i - 1][0]) & 0x3FFFFFFF for i in range(1, len(rows))]
    print(board.imu.chip, board.imu.rate_hz, len(rows), rows[-1][1:], min(steps), max(steps), rows[-1][0])


def second_chip(name):
    """Print which chip is found when the breakout carries the other one, at the other address."""
    _, board = open_here(name, imu=FakeLsm6ds3trc(), address=0x6B)
    print(board.imu.chip)


def signs(name):
    """Print the pins' states as lamp and tone go on and off, and the button is pressed."""
    world, board = open_here(name)
    lamp, sounder, button = {"xiao_s3": (21, 7, 4), "m5stickc_plus2": (19, 2, 37)}[name]
    print(world.pins[lamp], world.pwm[sounder][1], board.button())
    for on, hz in ((True, 2400), (True, 3200), (False, 0)):
        board.lamp(on)
        board.tone(hz)
        print(world.pins[lamp], world.pwm[sounder])
    world.drive(button, 0)
    print(board.button())


def battery(name):
    """Print mV for a steady cell, a noisy one, none, and on a chip without calibration."""
    world, board = open_here(name)
    pin = {"xiao_s3": 1, "m5stickc_plus2": 38}[name]
    print(board.power.battery_mv())
    noise = [1850000]

    def noisy():
        noise[0] += 10000
        return noise[0]

    world.adc[pin] = noisy
    print(board.power.battery_mv())
    world.adc[pin] = 90000
    print(board.power.battery_mv())
    world.adc_calibrated = False
    print(board.power.battery_mv())


def speed(name):
    """Print the chip's clock once the board is open, and when it is opened for safe mode."""
    world, _ = open_here(name)
    opened = world.cpu_hz
    world.reboot()
    boards.open_spare()
    print(opened, world.cpu_hz)


def long_import(name):
    """Print what ends a soft reset's boot.py and the import of the application after it, the longest that was seen."""
    world = getattr(wired_boards, name)()
    choose(name)
    world.watch(8000)  # the application's, which outlives a soft reset
    world.reboot(machine.SOFT_RESET)
    with open("/barloader/boot.py") as file:
        exec(file.read(), {})
    print(stopped(world.stall_ms, 11400))


def identity(name):
    """Print who the board is and why it started, for each cause."""
    world, board = open_here(name)
    print(board.name, board.device_id, board.storage.names(), board.config.names(), board.storage.new_log_id() >> 32)
    causes = []
    for cause in (1, 2, 3, 4, 5, 0):
        world.reboot(cause)
        causes.append(boards.open_or_say().power.cause)
    print(causes)


def sleep(name):
    """Sleep, and print what wakes the board and what it left on its pins; then wake it and print what is on again."""
    world, board = open_here(name)
    board.imu.start()
    board.lamp(True)
    board.tone(1000)
    print(stopped(board.power.sleep))
    print(sorted(world.wake.items()), sorted(world.held), [world.pins[pin] for pin in sorted(world.held)])
    print(world.pins[{"xiao_s3": 21, "m5stickc_plus2": 19}[name]], [duty for _, duty in world.pwm.values()])
    if name == "xiao_s3":
        before = world.pins[2]
        world.imu.motion = lambda at_ms: (0, 0, 4096 if at_ms // 100 % 2 else 6000, 0, 0, 0)
        world.wait_ms(1000)
        print(before, world.pins[2])
    else:
        print(world.lcd.sleeping, world.lcd.on, world.imu.period_us())
    world.reboot(machine.DEEPSLEEP_RESET)
    held = world.pins.get(4)
    again = boards.open_or_say()
    print(again.power.cause, held, sorted(world.held), again.button())
    if name == "m5stickc_plus2":
        print(world.pins[27])


def sleep_without_imu(name):
    """Print what wakes a board whose IMU has stopped to answer."""
    world, board = open_here(name)
    world.i2c.clear()
    print(stopped(board.power.sleep), sorted(world.wake.items()))


def stuck(name):
    """Print whether a bus that a chip holds is freed, and one that stays stuck is told."""
    sda, scl = {"xiao_s3": (5, 6), "m5stickc_plus2": (21, 22)}[name]
    for clocks in (1, 9, 1000):
        world = getattr(wired_boards, name)()
        world.stick(sda, scl, clocks)
        choose(name)
        board = boards.open_or_say()
        print(board is not None, len([1 for _, pin, level in world.changes if pin == scl and not level]))


def strange(reg, buf):
    """Read as a chip that nobody knows."""
    buf[0] = 0x05


def wrong(name):
    """Print what is said of a chip that is not the expected one, of none, of no name and of a wrong one."""
    world = getattr(wired_boards, name)()
    world.imu.read = strange
    choose(name)
    print(boards.open_or_say())
    world.i2c.clear()
    print(boards.open_or_say())
    choose("nosuch")
    print(boards.open_or_say())
    print(boards.open_or_say("/nofile"))


def watchdog(name):
    """Print when an unfed board restarts, that a fed one does not, and what restart does."""
    world, board = open_here(name)
    board.power.feed()
    board.clock.wait_ms(60000)
    board.power.guard(8000)
    for _ in range(10):
        board.clock.wait_ms(7000)
        board.power.feed()
    from_ms = world.now_ms
    print(stopped(board.clock.wait_ms, 9000), world.now_ms - from_ms)
    world.reboot(machine.WDT_RESET)
    print(world.pins.get(4))
    board = boards.open_or_say()
    print(board.power.cause, stopped(board.power.restart), world.rtc_memory)


def slow_down(world, storage, stall_ms):
    """Let every write take `stall_ms`, in which nothing else runs."""
    replace = storage.replace

    def slow(file, data):
        world.wait_ms(stall_ms)
        replace(file, data)

    storage.replace = slow


def train(name, stall_ms="0"):
    """Play the recording in /stdin to the chip, the application running; print reps, sets, targets and faults.

    With a stall the chip runs at its faster rate, and every write to flash stops everything for so long.
    """
    with open("/stdin", "rb") as file:
        packed = file.read()
    world, board = open_here(name, now_ms=(1 << 30) - 20000)
    if int(stall_ms):
        board.imu.choose(True)
        slow_down(world, board.storage, int(stall_ms))
    board.imu.start()
    start_ms, count = world.now_ms, len(packed) // SAMPLE_BYTES
    at = [0]

    def motion(at_ms):
        while at[0] + 1 < count and struct.unpack_from("<I", packed, (at[0] + 1) * SAMPLE_BYTES)[0] <= at_ms - start_ms:
            at[0] += 1
        return struct.unpack_from(SAMPLE_FORMAT, packed, at[0] * SAMPLE_BYTES)[1:]

    world.imu.motion = motion
    app = main.compose(board)
    app.run(lambda: at[0] + 1 == count)
    app.finish()
    buf = bytearray(protocol.RECORD_BYTES)
    kinds = []
    for seq in range(app.log.next_seq):
        app.log.read_into(seq, buf)
        kinds.append(record.header(buf)[0])
    targets = [freq for _, _, freq, duty in world.pwm_log if duty].count(2400)
    print(kinds.count(protocol.REP), kinds.count(protocol.SET_START), kinds.count(protocol.SET_END), targets)
    print(board.imu.overruns, board.imu.bad_words, app.log_faults)


def stalls(name, stall_ms):
    """Train at the usual rate while every write to flash stalls everything; print what was counted and what was lost.

    That is: reps, sets begun and ended; overruns while a set was under way; whether each later one was of a write.
    Notes, made within the set, take as long as the longest that a block takes to be erased, and 50 ms more.
    """
    with open("/stdin", "rb") as file:
        packed = file.read()
    world, board = open_here(name)
    board.imu.start()
    writes = [0]
    replace = board.storage.replace

    def slow(file, data):
        writes[0] += 1
        world.wait_ms(int(stall_ms))
        replace(file, data)

    board.storage.replace = slow
    world.nvs_stall_ms = 450
    app = main.compose(board)
    board.imu.discard()
    start_ms, count, at = world.now_ms, len(packed) // SAMPLE_BYTES, [0]

    def motion(at_ms):
        while at[0] + 1 < count and struct.unpack_from("<I", packed, (at[0] + 1) * SAMPLE_BYTES)[0] <= at_ms - start_ms:
            at[0] += 1
        return struct.unpack_from(SAMPLE_FORMAT, packed, at[0] * SAMPLE_BYTES)[1:]

    world.imu.motion = motion
    in_set, before = [0], [0]

    def watch():
        if app.busy and board.imu.overruns != before[0]:
            in_set[0] += board.imu.overruns - before[0]
        before[0] = board.imu.overruns
        return at[0] + 1 == count and not app.log.dirty and not app.busy

    writes[0] = 0
    app.run(watch)
    world.wait_ms(100)
    app.step()
    buf, kinds = bytearray(protocol.RECORD_BYTES), []
    for seq in range(app.log.next_seq):
        app.log.read_into(seq, buf)
        kinds.append(record.header(buf)[0])
    print(kinds.count(protocol.REP), kinds.count(protocol.SET_START), kinds.count(protocol.SET_END))
    print(in_set[0], board.imu.overruns <= writes[0], board.imu.overruns > 0, board.imu.bad_words, app.log_faults)


def screen(name):
    """Show a set going on; print the pixels as a picture of the letters that name their colours, 1 for 8 x 8."""
    world, board = open_here(name)
    for rep, hold_ms, low in ((7, 1200, False), (12, 2400, True)):
        for _ in range(20):
            board.screen.show(rep, hold_ms, 2000, low)
        windows = world.lcd.windows
        board.screen.show(rep, hold_ms + 50, 2000, low)
        print(world.lcd.windows - windows)
    letter = {0: ".", 0xFFFF: "W", 0xFD20: "A", 0x07E0: "G", 0xF800: "R"}
    for y in range(46, 280, 8):
        print("".join([letter[world.lcd.pixel(x, y)] for x in range(54, 187, 6)]))


globals()[sys.argv[1]](*sys.argv[2:])
