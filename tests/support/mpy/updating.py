"""A sensor with its loader and two slots on the XIAO's twin world, updated by a host (a script for rig.run).

Argument: the scenario. The firmware's files become the loader, slot a and safe mode, as `barhold flash` lays them out;
every start then runs boot.py and main.py of the board with nothing imported before.
"""

import hashlib
import os
import struct
import sys

import vtime

vtime.install()  # before any of the firmware is imported

import ether  # noqa: E402
import machine  # noqa: E402
import wired_boards  # noqa: E402
from world import DeepSleep, Restart  # noqa: E402

KEPT_MODULES = list(sys.modules)

from barcore import bundle, frame, protocol  # noqa: E402
from barcore.sample import SAMPLE_BYTES, SAMPLE_FORMAT  # noqa: E402

LOADER = {
    "/barloader/__init__.py": "barloader/__init__.py",
    "/barloader/bundle.py": "barcore/bundle.py",
    "/barloader/slots.py": "barloader/slots.py",
    "/boot.py": "barloader/boot.py",
    "/main.py": "barloader/launch.py",
}
NOT_IN_A_SLOT = ("barsensor/boards/sim.py", "barsensor/safe.py")
PACKAGES = ("barcore", "barsensor")
IS_FOLDER = 0x4000
MAIN, RADIO, CARE = "barsensor/main.py", "barsensor/link/transports.py", "barsensor/housekeeping.py"
PATH = ["", ".frozen", "/lib", "/twin"]
OLD, NEW = (0, 2, 0), (0, 3, 0)
NONCE = b"hostnonc"


def read(path):
    with open(path, "rb") as file:
        return file.read()


def write(path, data):
    with open(path, "wb") as file:
        file.write(data)


def files_below(folder):
    """Return the paths of all files in a folder and its folders."""
    found = []
    for name in os.listdir("/" + folder):
        path = folder + "/" + name
        found += files_below(path) if os.stat("/" + path)[0] & IS_FOLDER else [path]
    return found


def sources():
    """Return the application's files: path in a slot -> bytes."""
    paths = [path for package in PACKAGES for path in files_below(package)]
    return {path: read("/" + path) for path in paths if path not in NOT_IN_A_SLOT}


def remove(folder):
    """Remove a folder and all that is in it."""
    for name in os.listdir(folder):
        path = folder + "/" + name
        if os.stat(path)[0] & IS_FOLDER:
            remove(path)
        else:
            os.remove(path)
    os.rmdir(folder)


def make_folders(path):
    """Make every folder on the way to a file."""
    parts = path.split("/")
    for depth in range(2, len(parts)):
        try:  # noqa: SIM105 - MicroPython has no contextlib
            os.mkdir("/".join(parts[:depth]))
        except OSError:
            pass  # it was there


def version(number, changes=()):
    """Return the application's files as another version has them."""
    files = dict(FILES)
    files["barsensor/recorder.py"] = files["barsensor/recorder.py"].replace(
        b"FIRMWARE_VERSION = (0, 2, 0)", b"FIRMWARE_VERSION = %r" % (number,)
    )
    files.update(changes)
    return files


def packed(files, number):
    """Return (the bundle of these files, its head)."""
    named = {bundle.name_of(path): data for path, data in files.items()}
    rows = [(name, len(data), hashlib.sha256(data).digest()) for name, data in named.items()]
    head = bundle.pack_head(bundle.pack_manifest(bundle.Manifest(number, bundle.ESP32S3, 0, 0, 1, rows)))
    return head + b"".join([named[name] for name in sorted(named)]), head


def flash():
    """Lay out the board, and leave nothing else where a start could import it from."""
    _, head = packed(FILES, OLD)
    for slot in ("/a", "/safe"):
        for path, data in FILES.items():
            make_folders(slot + "/" + path)
            write(slot + "/" + path, data)
    write("/a/manifest", head)
    write("/safe/barsensor/safe.py", SAFE)
    for package in ("barloader",) + PACKAGES:  # noqa: RUF005 - MicroPython lacks it
        remove("/" + package)
    for path, name in LOADER.items():
        make_folders(path)
        write(path, LOADED[name])
    write("/board", b"xiao_s3\n")


class Link:
    """A link whose other end is in this script."""

    max_frame_bytes = protocol.MAX_FRAME
    room = 4096
    connected = up = True
    faults = 0
    busy = False
    spoke_ms = -1

    def __init__(self, is_cable):
        self.is_cable = is_cable
        self.asked = []
        self.told = []

    def poll(self, now_ms=0):
        return frame.parse(self.asked.pop(0)) if self.asked else None

    def send(self, raw):
        self.told.append(frame.parse(raw))

    def drop(self, now_ms):
        """Nothing to hang up: it lasts as long as the script."""


class Host:
    """Runs `plan(host)`, a generator that yields (frame type, body) and gets the frame that answers it."""

    def __init__(self, link, plan):
        self.link = link
        self.nonce = 0
        self.plan = plan(self)
        self.wanted = self.plan.send(None)
        self.waits = False
        self.pause_until_ms = 0

    def advance(self, now_ms):
        told = [one for one in self.link.told if one[0] != protocol.LIVE]
        self.link.told[:] = []
        if self.waits and told:
            self.waits = False
            self.nonce = told[0][1]
            try:
                self.wanted = self.plan.send(told[0])
            except StopIteration:
                self.wanted = None
            if self.wanted and self.wanted[0] is None:
                self.pause_until_ms = now_ms + self.wanted[1]
                self.wanted = self.plan.send(None)
        if self.wanted and not self.waits and now_ms >= self.pause_until_ms:
            kind, body = self.wanted
            self.link.asked.append(frame.pack(kind, 0 if kind == protocol.HELLO else self.nonce, body))
            self.waits = True


class CtrlC:
    """Presses it once at a time of the world."""

    def __init__(self, at_ms):
        self.at_ms = at_ms

    def advance(self, now_ms):
        if self.at_ms and now_ms >= self.at_ms:
            self.at_ms = 0
            raise KeyboardInterrupt


def life(limit_ms, plan=None, is_cable=True):
    """Start the board as its loader does, for at most `limit_ms`; return what ended it."""
    for name in list(sys.modules):
        if name not in KEPT_MODULES:
            del sys.modules[name]
    sys.path[:] = PATH
    chips = world.listeners[:1]
    world.listeners[:] = chips
    world.listeners.append(CtrlC(world.now_ms + limit_ms))
    try:
        exec(read("/boot.py"), {"__name__": "boot"})
        if plan:
            lend_link(plan, is_cable)
        exec(read("/main.py"), {"__name__": "__main__"})
    except (DeepSleep, Restart, KeyboardInterrupt) as end:
        return type(end).__name__, end.args[0] if end.args else 0
    return "REPL", 0


def lend_link(plan, is_cable):
    """Let the application, or safe mode, open a link to this script, in place of the console and the radio."""
    links = __import__("barsensor.link.transports", None, None, ("",))
    link = Link(is_cable)
    links.open_links = lambda _, radio: [link] + ([radio.link] if radio.link else [])
    world.listeners.append(Host(link, plan))


def pointer():
    return tuple(struct.unpack("<BBBB", read("/slot")[1:5]))


def hello(host):
    """Ask who it is; print it."""
    _, _, body = yield protocol.HELLO, struct.pack(protocol.HELLO_FORMAT, 1, 1, NONCE)
    info = frame.parse_info(body)
    state = struct.unpack("<H", info[protocol.INFO_STATE])[0]
    print("hello", str(info[protocol.INFO_FIRMWARE], "utf-8"), state & protocol.STATE_SAFE_MODE)


def state_of(answer):
    assert answer[0] == protocol.UPDATE_STATE, answer
    return struct.unpack(protocol.UPDATE_STATE_FORMAT, answer[2])


def send(host, raw, head, refusals, least=0):
    """Send an update, waiting while a set is under way; end when the sensor is about to restart."""
    digest = hashlib.sha256(head).digest()
    told = state_of((yield protocol.UPDATE, struct.pack("<BB32s", protocol.UPDATE_BEGIN, 0, digest)))
    print("begun", told[0], told[1], told[4] >= least)
    while told[0] in (protocol.UPDATE_HEAD, protocol.UPDATE_FILES) and told[4] < len(raw):
        if told[1]:
            refusals.append(told[1])
            yield None, 500
        block = struct.pack("<BI", protocol.UPDATE_BLOCK, told[4]) + raw[told[4] : told[4] + 507]
        told = state_of((yield protocol.UPDATE, block))
    told = state_of((yield protocol.UPDATE, bytes((protocol.UPDATE_FINISH,))))
    while told[0] == protocol.UPDATE_CHECKING:
        yield None, 100
        told = state_of((yield protocol.UPDATE, bytes((protocol.UPDATE_ASK,))))
    print("sent", told[0], told[1])


def updates_to(files, number=NEW, refusals=None):
    raw, head = packed(files, number)

    def plan(host):
        yield from hello(host)
        yield from send(host, raw, head, refusals if refusals is not None else [])

    return plan


def restarted(cause):
    ether.Ether()
    world.reboot(cause)
    world.imu.skip(world.now_ms)


# --- scenarios ---


def good():
    """Update, restart, run on trial, be confirmed."""
    print(life(600000, updates_to(version(NEW))))
    print(pointer())
    restarted(machine.HARD_RESET)
    print(life(20000, hello), pointer())
    restarted(machine.HARD_RESET)
    print(life(40000, hello), pointer())  # what was stopped within its 30 s goes back
    print(life_of_trial())


def life_of_trial():
    restarted(machine.PWRON_RESET)
    ended = life(600000, updates_to(version(NEW)))
    restarted(machine.HARD_RESET)
    return ended, life(45000, hello), pointer()


def crashing(kind):
    """A new version that fails in its own way: the old one is back by itself, within the time that is printed."""
    bad = {
        "import": version(NEW, {MAIN: b"raise ValueError('bad')"}),
        "syntax": version(NEW, {MAIN: b"def f(:"}),
        "missing": version(NEW, {MAIN: b"import nosuch"}),
        "hang": version(NEW, {MAIN: b"import time\nwhile True:\n    time.sleep_ms(100)"}),
        "deaf": version(NEW, {RADIO: FILES[RADIO].replace(b"link.start(0)", b"link.stop(0)")}),
        "loop": version(NEW, {CARE: FILES[CARE].replace(b"    def see(self", b"    def sea(self")}),
    }[kind]
    print(life(600000, updates_to(bad)))
    restarted(machine.HARD_RESET)
    began_ms = world.now_ms
    ended = life(200000)
    print(ended, pointer(), (world.now_ms - began_ms) // 1000)
    restarted(ended[1])
    print(life(40000, hello), pointer())


def resumed():
    """The power goes in the middle; what flash holds does not come again."""
    raw, head = packed(version(NEW), NEW)

    def half(host):
        yield from hello(host)
        yield from send(host, raw[: len(raw) // 2], head, [])

    print(life(40000, half), pointer())
    restarted(machine.PWRON_RESET)

    def rest(host):
        yield from hello(host)
        yield from send(host, raw, head, [], len(raw) // 2 - 8192)

    print(life(600000, rest), pointer())
    restarted(machine.HARD_RESET)
    print(life(45000, hello), pointer())


def boot_loop():
    """The only version crashes at every start: safe mode takes an update."""
    life(5000)
    write("/a/" + MAIN, b"raise ValueError('bad')")
    for _ in range(4):
        ended = life(20000)
        print(ended, pointer())
        restarted(ended[1] if ended[0] == "Restart" else machine.PWRON_RESET)
    began_ms, blinks = world.now_ms, len(world.changes)
    print(life(700000), (world.now_ms - began_ms) // 1000, sorted(world.wake), (len(world.changes) - blinks) // 4)
    restarted(machine.DEEPSLEEP_RESET)
    print(life(600000, updates_to(version(NEW))), pointer())
    restarted(machine.HARD_RESET)
    print(life(45000, hello), pointer())


def planned():
    """The application restarts because it wants to, again and again: its IMU falls silent before it is healthy."""
    wires = {bus: dict(chips) for bus, chips in world.i2c.items()}
    for _ in range(4):
        dies_ms = world.now_ms + 15000

        def motion(at_ms, dies_ms=dies_ms):
            if at_ms >= dies_ms:
                world.i2c.clear()
            return 0, 0, 4096, 0, 0, 0

        world.imu.motion = motion
        ended = life(120000)
        print(ended, pointer())
        world.i2c.update(wires)
        restarted(ended[1])


def other_slot():
    """The confirmed version begins to crash, its own bundle module broken too: the one before is tried again."""
    print(life(600000, updates_to(version(NEW))))
    restarted(machine.HARD_RESET)
    print(life(45000, hello), pointer())
    for name in ("barsensor/app", "barcore/bundle"):
        write("/b/" + name + ".py", b"raise ValueError('bad')")
    for _ in range(3):
        restarted(machine.PWRON_RESET)
        ended = life(20000)
        print(ended, pointer())
    for _ in range(2):
        restarted(ended[1])
        ended = life(20000)
        print(ended, pointer())
    restarted(machine.HARD_RESET)
    print(life(45000, hello), pointer())


def counting():
    """A set while an update arrives: every rep is counted, nothing is written in it, and the update still ends."""
    packed_samples = read("/stdin")
    count, at, from_ms, refusals = len(packed_samples) // SAMPLE_BYTES, [0], 3000, []

    def motion(at_ms):
        while (
            at[0] + 1 < count
            and struct.unpack_from("<I", packed_samples, (at[0] + 1) * SAMPLE_BYTES)[0] <= at_ms - from_ms
        ):
            at[0] += 1
        return struct.unpack_from(SAMPLE_FORMAT, packed_samples, at[0] * SAMPLE_BYTES)[1:]

    world.imu.motion = motion
    print(life(600000, updates_to(version(NEW), NEW, refusals)))
    print(len(refusals) > 20, set(refusals) == {protocol.UPDATE_BUSY})
    sys.path.insert(0, "/a")
    storage = __import__("barsensor.boards.storage", None, None, ("",)).FolderStorage("/log", None)
    log = __import__("barsensor.storage.record_log", None, None, ("",)).RecordLog(storage)
    buf = bytearray(32)
    kinds = [buf[0] & 31 for seq in range(log.first_seq, log.next_seq) if log.read_into(seq, buf)]
    print(kinds.count(protocol.REP), kinds.count(protocol.SET_START), kinds.count(protocol.SET_END))
    restarted(machine.HARD_RESET)
    print(life(45000, hello), pointer())


FILES, SAFE = sources(), read("/barsensor/safe.py")
LOADED = {name: read("/" + name) for name in LOADER.values()}
flash()
ether.Ether()
world = wired_boards.xiao_s3()
globals()[sys.argv[1]](*sys.argv[2:])
