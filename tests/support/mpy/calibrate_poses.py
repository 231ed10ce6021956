"""Leads calibrations through packed samples and prints what each pose led to; runs under both interpreters. As a script
for rig.run it takes them in /stdin. A pose is asked for every 20 s, a calibration begins where the time begins anew."""

import struct
from array import array

from barcore.calibrate import Calibrator
from barcore.sample import SAMPLE_BYTES, SAMPLE_FORMAT

EVERY_MS = 20000


def lines(packed):
    calibrator, found, window = Calibrator(), [], -1
    sample = array("i", [0] * 7)
    for at in range(0, len(packed), SAMPLE_BYTES):
        values = struct.unpack_from(SAMPLE_FORMAT, packed, at)
        if values[0] // EVERY_MS != window:
            window = values[0] // EVERY_MS
            if at:
                found.append(told(calibrator))
            if values[0] == 0:
                calibrator.begin()
            calibrator.ask(values[0])
        for i in range(7):
            sample[i] = values[i]
        calibrator.update(sample, 0)
    found.append(told(calibrator))
    return found


def told(calibrator):
    numbers = [calibrator.state, calibrator.reason, calibrator.poses, calibrator.faces, calibrator.misfit_ug]
    for group in (calibrator.acc_offset, calibrator.acc_scale, calibrator.gyro_offset):
        numbers += list(group)
    return " ".join([str(number) for number in numbers])


if __name__ == "__main__":
    with open("/stdin", "rb") as file:
        for line in lines(file.read()):
            print(line)
