"""The pure core: runs unmodified under MicroPython and CPython, with no clock, hardware or I/O."""
