"""Feeds a recording to the detector with a mark before each sample, for a counter of instructions (bench/instructions).

/stdin: packed samples. A mark is a call of `gc.isenabled`, a function in C that valgrind sees by its name. Marks, in
order: before and after YARDS yards, before each of EMPTY calls that do nothing, before each sample, at the end.
"""

import gc
import sys
from array import array

from barcore import event
from barcore.detector import Detector
from barcore.settings import Settings

YARDS, EMPTY = 20, 50
mark = gc.isenabled


class Part:
    """What a yard works on."""

    def __init__(self, number, text, follows):
        self.number = number
        self.text = text
        self.follows = follows

    def copied(self):
        return Part(self.number, self.text, self.follows)


def later(a, b):
    return a.text > b.text and a.number < b.number


def put(table, at, number):
    table[at] = number
    table[at + 1] = table[at]
    for i in range(at, at + 2):
        table[i] += i
    return table[at] - number


def yard(last, table):
    """Do the work that runs of an interpreter are measured by: calls, attributes, elements, comparisons, small ints."""
    part = last.copied()
    number = 5
    while number < 8:
        number = number * 3 - 7
        part.number = put(table, number % 7, part.number & 255)
        if later(part, last):
            part.follows = last
        elif part.text != last.text:
            part.follows = None
        number = (number + part.number * 0) // 2
        number += 2 if part.follows is last else 3
    return part


def feed_all(feed, file, count, events, raw, ints):
    for _ in range(count):
        mark()
        file.readinto(raw)
        feed(raw[0] & 65535 | (raw[1] & 16383) << 16, raw[2], raw[3], raw[4], raw[5], raw[6], raw[7])
        while events.pop_into(ints):
            pass


def nothing(t_ms, ax, ay, az, gx, gy, gz):
    pass


ints, raw = array("i", [0] * event.EVENT_INTS), array("h", [0] * 8)
detector = Detector(Settings())
last, table = Part(1, "a yard", None), [0] * 10
yard(last, table)
gc.collect()
gc.disable()
mark()
for _ in range(YARDS):
    yard(last, table)
mark()
for count, feed in ((EMPTY, nothing), (int(sys.argv[1]), detector.feed)):
    with open("/stdin", "rb") as file:
        feed_all(feed, file, count, detector.events, raw, ints)
mark()
