"""The first half of the loader, before main.py: holds the power, feeds a running watchdog, puts a slot on the path.

Pin 4 holds the power of the M5StickC Plus2, but is the button of the XIAO, where driving it would be a short when the
button is pressed. So a pin is driven only where /board says `hold=PIN`, which `barhold flash` writes.
"""

import machine
from machine import Pin

HOLD = "hold="
WATCHDOG_MS = 60000
"""Longer than any import takes: a Timer's callback runs between bytecodes only, and so not while a module is loaded."""

_pin = None
try:
    with open("/board") as _file:
        for _word in _file.read().split():
            if _word.startswith(HOLD):
                _pin = int(_word[len(HOLD) :])
except (OSError, ValueError):
    pass  # main.py says what to do
if _pin is not None:
    # Held: the pad then keeps its level through sleep, and through a restart until this line is reached again.
    Pin(_pin, Pin.OUT, value=1, hold=True)  # type: ignore[call-arg]  # the ESP32 port has it, its stubs do not

if machine.reset_cause() == machine.SOFT_RESET:
    # A watchdog outlives a soft reset, by which a tool at the cable takes over: fed here until main.py guards again.
    _watchdog = machine.WDT(timeout=WATCHDOG_MS)
    machine.Timer(0).init(period=2000, mode=machine.Timer.PERIODIC, callback=lambda _: _watchdog.feed())

try:
    from barloader import slots

    # Nothing is written: a tool that resets the board and keeps it, main.py never run, must not cost a trial its try.
    _slots = slots.Slots()
    slots.enter(_slots.runs(_slots.plan(slots.has_crashed(machine))))
except Exception as _fault:  # noqa: BLE001 - the power is held, and the REPL must come
    print("the loader found no application:", _fault)  # noqa: T201 - said to who sits at the cable
