"""The first thing that the native MicroPython runs: gives a script the files of a board, and calls its step().

Arguments: the folder that is to be /, the mode of `rig.run`, and the script's own. It does what `board.mjs` does for
the build for the web: /script.py, /stdin and /twin lie in that folder, `_clock` is the class below.
"""

import gc
import sys
import time

import native_files

COLLECT_AFTER_BYTES = 4 << 20
"""Without it a large heap is filled to its end, and every search for room begins at its first gap: far slower."""

gc.threshold(COLLECT_AFTER_BYTES)
root, mode = sys.argv[1:3]
native_files.use(native_files.Files(root))


MOST_LAPS = 1 << 17


class Clock:
    """The module `_clock`. Its list never grows: a lap that moved it would be charged to the call that it times."""

    def __init__(self):
        self._laps = [0] * MOST_LAPS
        self._count = 0

    def lap(self):
        self._laps[self._count] = time_ns()
        self._count += 1

    def taken(self):
        laps, self._count = self._laps[: self._count], 0
        return " ".join([str(laps[i] - laps[i - 1]) for i in range(1, len(laps))])


def print_aside(*values, sep=" ", end="\n"):
    """Print to stderr, where a script of mode "sensor" prints."""
    sys.stderr.write(sep.join([str(value) for value in values]) + end)


time_ns = time.time_ns
sys.modules["_clock"] = Clock()
sys.path[:] = ["", ".frozen", "/lib", "/twin"]
del sys.argv[1:3]
sys.argv[0] = "script.py"
names = {"__name__": "__main__"}
if mode == "sensor":
    names["print"] = print_aside
with open("/script.py") as file:
    code = file.read()
exec(code, names)
if mode != "run":
    while names["step"]():
        pass
