"""A day of a sensor on the XIAO's twin (a script for rig.run in mode "turns"): sessions with sleep between them.

/stdin has the packed samples of one session, which begins with the bar being taken in hand. Arguments: the number of
sessions, of ms from one to the next, and of ms from the start of the first to the wrap of the tick. Prints lines:
`start <cause>`, `heap <bytes>`, each minute, without the session's samples; at the end `record <hex>` for each record
kept, and `imu <samples taken> <read> <overruns> <bad words> <faults>`.
"""

import binascii
import gc
import struct
import sys

import vtime

vtime.install()  # before any of the firmware is imported

import machine  # noqa: E402
import wired_boards  # noqa: E402
from world import DeepSleep  # noqa: E402

from barcore import loglayout  # noqa: E402
from barcore.sample import SAMPLE_BYTES, SAMPLE_FORMAT  # noqa: E402
from barsensor import boards, main  # noqa: E402
from barsensor.boards import esp  # noqa: E402
from barsensor.housekeeping import Housekeeping  # noqa: E402

WRAP_MS = 1 << 30
TURN_MS = 60000
RESTING = (0, 0, 4096, 0, 0, 0)


class Day:
    """What happens to the sensor, and the sensor as it now runs."""

    def __init__(self, packed, sessions, every_ms, wrap_at_ms):
        self.packed = packed
        self.last_at = len(packed) - SAMPLE_BYTES
        self.sessions = sessions
        self.every_ms = every_ms
        self.started = 0
        self.taken = self.read = self.overruns = self.bad_words = self.faults = 0
        self.world = wired_boards.xiao_s3(now_ms=WRAP_MS - wrap_at_ms)
        for seq in range(loglayout.NOTES):  # the twin has them on the heap, a chip in its flash
            self.world.nvs[esp.NVS_NAMESPACE, loglayout.note_name(seq)] = bytes(loglayout.NOTE_BYTES)
        self.world.imu.motion = self.motion
        self.begun_ms = self.world.now_ms
        self.at = 0

    def motion(self, at_ms):
        """Return the sample of that moment: the session's, then rest."""
        since_ms = at_ms - self.begun_ms
        while self.at < self.last_at and struct.unpack_from("<I", self.packed, self.at + SAMPLE_BYTES)[0] <= since_ms:
            self.at += SAMPLE_BYTES
        if self.at == self.last_at:
            return RESTING
        return struct.unpack_from(SAMPLE_FORMAT, self.packed, self.at)[1:]

    def start(self):
        """Start the sensor, at the first sample of its next session."""
        self.started += 1
        self.at = 0
        self.begun_ms = self.world.now_ms
        self.board = boards.open_or_say()
        self.board.imu.start()
        self.count_reads()
        self.app = main.compose(self.board, housekeeping=Housekeeping(self.board))
        print("start", self.board.power.cause)

    def count_reads(self):
        read = self.board.imu.read

        def counted(buf, limit):
            count = read(buf, limit)
            self.read += count
            return count

        self.board.imu.read = counted

    def turn(self):
        """Run for a minute; on sleep go on to the next session. Returns whether the day goes on."""
        gc.collect()
        print("heap", gc.mem_alloc() - len(self.packed))
        until_ms = self.world.now_ms + TURN_MS
        try:
            self.app.run(lambda: self.world.now_ms >= until_ms)
        except DeepSleep:
            return self.sleep()
        finally:
            self.taken += len(self.world.imu.taken)
            for noted in (self.world.imu.taken, self.world.imu.writes, self.world.changes, self.world.pwm_log):
                noted.clear()  # the twin's own notes must not pass for growth
        return True

    def sleep(self):
        self.overruns += self.board.imu.overruns
        self.bad_words += self.board.imu.bad_words
        self.faults += self.app.log_faults + self.app.imu_faults
        if self.started == self.sessions:
            self.tell()
            return False
        assert set(self.world.wake) == {"ext0", "ext1"}, self.world.wake
        self.app = self.board = None
        next_ms = self.begun_ms + self.every_ms
        assert self.world.now_ms < next_ms, "still awake when the next session begins"
        self.world.now_ms = next_ms
        self.world.imu.skip(next_ms)
        self.world.reboot(machine.DEEPSLEEP_RESET)
        self.start()
        return True

    def tell(self):
        log, buf = self.app.log, bytearray(32)
        for seq in range(log.next_seq):
            print("record", binascii.hexlify(buf).decode() if log.read_into(seq, buf) else "missing")
        print("imu", self.taken + len(self.world.imu.taken), self.read, self.overruns, self.bad_words, self.faults)


with open("/board", "w") as file:
    file.write("xiao_s3\n")
with open("/stdin", "rb") as file:
    day = Day(file.read(), int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
day.start()


def step():
    return day.turn()
