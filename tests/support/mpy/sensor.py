"""The virtual sensor on real MicroPython (a script for rig.sensor): plays a recording, then answers on the pipe.

On the pipe come a u32 length, that many bytes of packed samples, and from then on frames.
"""

import binascii
import struct

import _pipe

from barsensor import main
from barsensor.boards import sim


class Port:
    """The node process's stdin and stdout as a byte stream. Once connected, a read waits until something comes."""

    def __init__(self):
        self.connected = False
        self.ended = False

    def read_into(self, buf):
        if not self.connected:
            return 0
        data = binascii.unhexlify(_pipe.read(len(buf)))
        self.ended = not data
        buf[: len(data)] = data
        return len(data)

    def write(self, buf, n):
        _pipe.write(binascii.hexlify(bytes(buf[:n])).decode())
        return n


def read_exactly(size):
    data = b""
    while len(data) < size:
        piece = binascii.unhexlify(_pipe.read(size - len(data)))
        if not piece:
            raise RuntimeError(f"pipe ended after {len(data)} of {size} bytes")
        data += piece
    return data


port = Port()
board = sim.open_board(read_exactly(struct.unpack("<I", read_exactly(4))[0]))
app = main.compose_on(board, port)
app.run(board.imu.ended)
app.finish()
port.connected = True


def step():
    app.step()
    return not port.ended
