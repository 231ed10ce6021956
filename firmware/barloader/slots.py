"""The two slots of the application, and the pointer that says which one runs. Part of the loader: no update changes it.

/slot holds the pointer: u8 form, slot, state, tries, 1 when a trial can go back to the other slot, 3 zero bytes, and
the CRC-32 of these. Which start follows from it, and from whether the start before ended in a crash or a watchdog:

    found      with                                        runs         writes
    CONFIRMED  no crash                                    the slot     -
    CONFIRMED  a crash, under CRASHES_MOST without health  the slot     CONFIRMED, tries + 1
    CONFIRMED  the last of them, the other slot is whole   the other    TRIAL of it, try 1, no way back
    CONFIRMED  the last of them, the other slot is not     safe mode    SAFE
    TRIAL      a try left                                  the slot     TRIAL, tries + 1
    TRIAL      none left, a way back                       the other    CONFIRMED, the other
    TRIAL      none left, no way back                      safe mode    SAFE
    SAFE       -                                           safe mode    -
    nothing    a slot that is whole                        it           CONFIRMED, it
    nothing    none                                        safe mode    -

A trial with a way back has 1 try, without one 3. Health for 30 s makes CONFIRMED of it, and of its tries 0 (`confirm`);
a finished update makes TRIAL of the other slot (`try_other`), with a way back unless the start was in safe mode.
"""

import binascii
import hashlib
import os
import struct
import sys
from collections import namedtuple

LOADER = 1
"""The version of the loader: what a bundle may ask for."""
A, B = 0, 1
CONFIRMED, TRIAL, SAFE = 0, 1, 2
FOLDERS = ("/a", "/b")
SAFE_FOLDER = "/safe"
POINTER = "/slot"
MANIFEST = "manifest"
CRASHES_MOST = 3
TRIES, LAST_TRIES = 1, 3
CHUNK_BYTES = 4096
PLANNED, WAS_PLANNED = b"planned", b"was planned"
"""In the RTC's memory, which a reset leaves alone: the next reset is a restart that was wanted; the last one was."""

FORM = 1
FORMAT = "<BBBBB3x"
POINTER_BYTES = 12

Pointer = namedtuple("Pointer", ("slot", "state", "tries", "way_back"))


def pack(pointer) -> bytes:
    """Return the content of /slot."""
    raw = struct.pack(FORMAT, FORM, pointer.slot, pointer.state, pointer.tries, pointer.way_back)
    return raw + struct.pack("<I", binascii.crc32(raw))


def parse(raw: bytes):
    """Return the pointer, or None when the content cannot be believed."""
    if len(raw) != POINTER_BYTES or struct.unpack_from("<I", raw, 8)[0] != binascii.crc32(raw[:8]):
        return None
    form, slot, state, tries, way_back = struct.unpack_from(FORMAT, raw)
    if form != FORM or slot > B or state > SAFE or way_back > 1:
        return None
    return Pointer(slot, state, tries, way_back)


def next_start(found, crashed: bool, is_whole):
    """Return the pointer that a start goes by, a row of the table; None is safe mode, and nothing to be written."""
    if found is None:
        for slot in (A, B):
            if is_whole(slot):
                return Pointer(slot, CONFIRMED, 0, 0)
        return None
    if found.state == CONFIRMED and crashed:
        return _after_crash(found, is_whole)
    return _next_try(found) if found.state == TRIAL else found


def _after_crash(found, is_whole):
    slot, tries = found.slot, found.tries + 1
    if tries < CRASHES_MOST:
        return Pointer(slot, CONFIRMED, tries, 0)
    return Pointer(1 - slot, TRIAL, 1, 0) if is_whole(1 - slot) else Pointer(slot, SAFE, 0, 0)


def _next_try(found):
    slot, _, tries, way_back = found
    if tries < (TRIES if way_back else LAST_TRIES):
        return Pointer(slot, TRIAL, tries + 1, way_back)
    return Pointer(1 - slot, CONFIRMED, 0, 0) if way_back else Pointer(slot, SAFE, 0, 0)


class Slots:
    """The slots on the file system below `root`."""

    def __init__(self, root: str = "") -> None:
        self._root = root

    def folder(self, slot: int) -> str:
        """Return where a slot's files lie."""
        return self._root + FOLDERS[slot]

    def runs(self, start) -> str:
        """Return the folder that a start by this pointer runs."""
        if start is None or start.state == SAFE:
            return self._root + SAFE_FOLDER
        return self.folder(start.slot)

    def read(self):
        """Return the pointer, None when there is none to be believed."""
        try:
            return parse(_read(self._root + POINTER, POINTER_BYTES + 1))
        except OSError:
            return None

    def plan(self, crashed: bool):
        """Return the pointer that this start goes by; writes nothing."""
        return next_start(self.read(), crashed, self.is_whole)

    def begin(self, crashed: bool):
        """Return the pointer that this start goes by, and write it. A try that cannot be counted is not made."""
        found = self.read()
        start = next_start(found, crashed, self.is_whole)
        if start is None or start == found:
            return start
        try:
            self._write(start)
        except OSError:
            if start.state == TRIAL and start.way_back:
                return Pointer(1 - start.slot, CONFIRMED, 0, 0)
        return start

    def confirm(self) -> None:
        """Keep what runs: it is healthy. Raises OSError when flash fails."""
        found = self.read()
        if found and found.state != SAFE and (found.state == TRIAL or found.tries):
            self._write(Pointer(found.slot, CONFIRMED, 0, 0))

    def try_other(self) -> None:
        """Let the next start run the other slot, on trial. Raises OSError when flash fails."""
        found = self.read()
        way_back = 1 if found and found.state == CONFIRMED else 0
        self._write(Pointer(self.other(), TRIAL, 0, way_back))

    def other(self) -> int:
        """Return the slot that an update goes to."""
        found = self.read()
        return 1 - found.slot if found else A

    def is_whole(self, slot: int) -> bool:
        """Tell whether each file of a slot is what its manifest says."""
        right = None
        for told in check(self.folder(slot)):
            right = told
        return bool(right)

    def _write(self, pointer) -> None:
        # littlefs makes a closed file's content durable in one piece: the old pointer or the new one.
        with open(self._root + POINTER, "wb") as file:
            file.write(pack(pointer))


def check(folder: str, manifest_name: str = MANIFEST):
    """Hash a slot's files, a piece a turn: yields None, and last whether each is what the manifest says."""
    bundle = _bundle()
    try:
        manifest = bundle.parse_head(_read(folder + "/" + manifest_name, bundle.HEAD_MOST + 1))[0]
        chunk = bytearray(CHUNK_BYTES)
        for name, size, digest in manifest.files:
            found, left = hashlib.sha256(), size
            with open(folder + "/" + bundle.path_of(name), "rb") as file:
                count = file.readinto(chunk)
                while count:
                    found.update(memoryview(chunk)[:count])
                    left -= count
                    yield None
                    count = file.readinto(chunk)
            if left or found.digest() != digest:
                yield False
                return
    except (OSError, ValueError):
        yield False
        return
    yield True


def has_crashed(machine) -> bool:
    """Tell whether the start before ended in a crash or by the watchdog; a restart that was wanted is neither."""
    cause = machine.reset_cause()
    if cause == machine.HARD_RESET:  # what machine.reset() is too
        return machine.RTC().memory() != PLANNED
    return cause == machine.WDT_RESET


def note_started(machine) -> None:
    """Forget what was planned, so that the next reset is a crash unless it is planned again."""
    rtc = machine.RTC()
    planned = machine.reset_cause() == machine.HARD_RESET and rtc.memory() == PLANNED
    rtc.memory(WAS_PLANNED if planned else b"")


def restart(machine) -> None:
    """Start anew because it is wanted. Never returns."""
    machine.RTC().memory(PLANNED)
    machine.reset()


def enter(folder: str) -> None:
    """Import from `folder` before anywhere else, and from no other slot."""
    leave()
    sys.path.insert(0, folder)


def leave() -> None:
    """Import from no slot any more."""
    for at in range(len(sys.path) - 1, -1, -1):
        if sys.path[at] in FOLDERS or sys.path[at] == SAFE_FOLDER:
            sys.path.pop(at)


def _bundle():
    # Only a start that finds a fault needs it. On a board the loader has a copy of its own, beside it; an application
    # that runs has its own in memory already.
    try:
        from barcore import bundle  # noqa: PLC0415
    except ImportError:
        from barloader import bundle  # type: ignore[attr-defined,no-redef]  # noqa: PLC0415
    return bundle


def _read(path: str, most: int) -> bytes:
    """Return at most `most` bytes of a file."""
    raw = bytearray(min(os.stat(path)[6], most))
    with open(path, "rb") as file:
        return bytes(raw[: file.readinto(raw)])
