"""Runs native_board.py in MicroPython; each reset of the board is a new start of this process, which keeps its id.

Usage: native_launch.py FOLDER-OF-micropython_run HEAP DESCRIPTOR SETTINGS RAW CAUSE (SETTINGS is a file)
"""

import os
import sys
from pathlib import Path

RESET, RAW = 64, 16  # as native_board.py exits

place, heap, descriptor, settings, raw, cause = sys.argv[1:]
sys.path.append(place)
import micropython_run  # noqa: E402 - it lies there

script = str(Path(__file__).with_name("native_board.py"))
lent = os.dup(int(descriptor))  # MicroPython closes at its end what it opened
status = micropython_run.run_main(["micropython", "-X", f"heapsize={heap}", script, str(lent), settings, raw, cause])
if status < RESET:
    sys.exit(status)
status -= RESET
command = [sys.executable, "-S", "-E", __file__, place, heap, descriptor, settings]
os.execv(sys.executable, [*command, "raw" if status & RAW else "", str(status % RAW)])
