"""Feeds a recording to the detector and prints its events as records; runs under both interpreters, on the board's own
arithmetic. As a script for rig.run it takes packed samples in /stdin."""

import binascii
import struct
from array import array

from barcore import event, protocol, record
from barcore.detector import Detector
from barcore.sample import SAMPLE_BYTES, SAMPLE_FORMAT
from barcore.settings import Settings
from barcore.ticks import extend_ms


def lines(samples):
    detector = Detector(Settings())
    found, now_ms = [], 0
    for at in range(0, len(samples), SAMPLE_BYTES):
        values = struct.unpack_from(SAMPLE_FORMAT, samples, at)
        now_ms = values[0]
        detector.feed(*values)
        take(detector.events, now_ms, found)
    detector.finish()
    take(detector.events, now_ms, found)
    return found


def take(events, now_ms, found):
    ev = array("i", [0] * event.EVENT_INTS)
    raw = bytearray(protocol.RECORD_BYTES)
    while events.pop_into(ev):
        record.pack_event(raw, 0, ev, 1, len(found), extend_ms(ev[event.T_MS], now_ms))
        kind, flags, _, _, t_ms = record.header(raw)
        text = f"{binascii.hexlify(raw).decode()} {kind} {flags} {t_ms}"
        for value in record.payload(raw):
            text += f" {value}"
        found.append(text)


if __name__ == "__main__":
    with open("/stdin", "rb") as file:
        for line in lines(file.read()):
            print(line)
