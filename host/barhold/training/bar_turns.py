"""Who lifts at a sensor's bar, as a sensor with a screen is told, and the turns that its button takes. Pure.

A sensor knows a lifter by the CRC-32 of their name, and shows as much of the name as its screen has room for.
"""

import struct
import unicodedata
from binascii import crc32
from collections.abc import Iterable, Sequence
from itertools import chain

from barcore import protocol, record
from barhold.model import Wearer
from barhold.training.people import Wearing

_LABEL_LETTERS = struct.calcsize(protocol.LIFTER_FORMAT) - struct.calcsize("<I")


def lifter_id(name: str) -> int:
    """Return what a sensor knows a lifter by."""
    return crc32(name.encode())


def lifters_at_bar(names: Iterable[str], wearers: Iterable[Wearer], device_id: str) -> list[str]:
    """Return whom the button goes through, in the order of their names: at most LIFTERS_MOST.

    That is everybody; where there are more, those who last had a turn at this bar, and then others.
    """
    known = sorted(names, key=str.casefold)
    here = sorted((one for one in wearers if one.device_id == device_id), key=lambda one: -one.since_utc_ms)
    lately = [name for name in dict.fromkeys(one.lifter for one in here) if name in known]
    chosen = list(dict.fromkeys([*lately, *known]))[: protocol.LIFTERS_MOST]
    return [name for name in known if name in chosen]


def labels(names: Sequence[str]) -> list[str]:
    """Return what a screen shows of each name: letters that it has, as many as it has room for, no two alike."""
    shown: list[str] = []
    for place, name in enumerate(names, start=1):
        plain = unicodedata.normalize("NFKD", name).upper()
        letters = "".join(letter for letter in plain if letter in protocol.SCREEN_LETTERS).strip() or str(place)
        tries = (letters[: _LABEL_LETTERS - len(end)] + end for end in chain([""], map(str, range(2, 100))))
        shown.append(next(label.strip() for label in tries if label.strip() not in shown))
    return shown


def told(names: Iterable[str], wearers: Sequence[Wearer], device_id: str, now_utc_ms: int) -> bytes:
    """Return the value of SET_TURNS: who lifts at this bar, and whose turn it is now."""
    here = lifters_at_bar(names, wearers, device_id)
    whose = Wearing(wearers).lifter(device_id, now_utc_ms)
    place = here.index(whose) if whose in here else protocol.NOBODY
    entries = zip(here, labels(here), strict=True)
    packed = [struct.pack(protocol.LIFTER_FORMAT, lifter_id(name), label.encode()) for name, label in entries]
    return bytes((place,)) + b"".join(packed)


def is_turn(raw: bytes) -> bool:
    """Return whether a record is a turn that the sensor's button took."""
    return record.header(raw)[0] == protocol.TURN
