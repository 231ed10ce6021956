"""Prints how many bytes 1000 steps of the application allocate while nothing happens (a script for rig.run).

Arguments: what the sensor is made of: `bare`, `cared` (with housekeeping), `ended` (with a session port on a silent
link that costs nothing itself), `linked` (a host's session is open and says nothing), `serial` (with a frame stream on
a silent port), `late` (awake for 12.4 days: times are big integers).
"""

import gc
import struct
import sys

from barcore import protocol
from barsensor import main
from barsensor.boards import sim
from barsensor.housekeeping import Housekeeping
from barsensor.link.stream import FrameStream

WARM_UP, STEPS = 400, 1000


class Imu:
    """Lies still, two samples a step, and allocates nothing."""

    overruns = bad_words = 0
    bridge_ms = 1 << 29
    tick = 0

    def read(self, buf, limit):
        for i in range(14):
            buf[i] = 0
        buf[0] = self.tick
        buf[7] = self.tick + 10
        buf[3] = buf[10] = 4096
        self.tick += 20
        return 2


class Link:
    """Silent, or says what it is given once."""

    max_frame_bytes = 532
    connected = is_cable = True
    faults = 0
    spoke_ms = -1
    room = 4096
    frame = None

    def poll(self, now_ms):
        frame = self.frame
        self.frame = None
        return frame

    def send(self, raw):
        pass

    def drop(self, now_ms):
        pass


class Port:
    """Nothing comes, everything goes."""

    def read_into(self, buf):
        return 0

    def write(self, buf, n):
        return n


made_of = sys.argv[1:]
gc.disable()  # a collection would hide what a step allocates
board = sim.open_board(b"")
board.imu = Imu()
links = []
if "ended" in made_of or "linked" in made_of:
    links.append(Link())
if "linked" in made_of:
    links[0].frame = (protocol.HELLO, 0, struct.pack(protocol.HELLO_FORMAT, 1, 1, b"hostnonc"))
if "serial" in made_of:
    links.append(FrameStream(Port()))
app = main.compose(board, links, housekeeping=Housekeeping(board) if "cared" in made_of else None)
if "late" in made_of:
    app._now_ms = 1 << 30
for i in range(WARM_UP + STEPS):
    if i == WARM_UP:
        before = gc.mem_alloc()
    app.step()
    board.clock.wait_ms(20)
print(gc.mem_alloc() - before, app.linked)
