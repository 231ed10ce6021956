"""The loader's second half, /main.py on a board: counts the start, then runs the application of its slot, or safe mode.

A watchdog guards it from here, so that an application that hangs before it has its own is a crash too. If the program
ends without a restart, the board is left to the user at the cable, with the watchdog fed.
"""

import sys
import time

import machine

from barloader import slots

WATCHDOG_MS = 60000
FEED_EVERY_MS = 2000
PAUSE_MS = 2000


def go() -> None:
    """Run what the pointer says; a crash that reaches this far is shown and followed by a restart."""
    store = slots.Slots()
    slots.leave()  # the code that judges the slots must not come from one of them
    start = store.begin(slots.has_crashed(machine))
    slots.note_started(machine)
    slots.enter(store.runs(start))
    watchdog = machine.WDT(timeout=WATCHDOG_MS)
    try:
        name = "safe" if start is None or start.state == slots.SAFE else "main"
        __import__("barsensor." + name, None, None, ("start",)).start()
    except Exception as fault:  # noqa: BLE001 - an import may fail in any way
        sys.print_exception(fault)  # type: ignore[attr-defined]
        print("the application has failed; it starts anew in 2 s, Ctrl-C stops it here")  # noqa: T201
        time.sleep_ms(PAUSE_MS)
        machine.reset()
    finally:
        machine.Timer(0).init(period=FEED_EVERY_MS, mode=machine.Timer.PERIODIC, callback=lambda _: watchdog.feed())


if __name__ == "__main__":
    go()
