"""Loads kept files and prints what came of each; runs under both interpreters. As a script for rig.run it takes
files in /stdin, each after its length as u16, and shows only their number with the argument `count`."""

import struct


def lines(config, storage, packed):
    found, at = [], 0
    while at < len(packed):
        size = struct.unpack_from("<H", packed, at)[0]
        raw = packed[at + 2 : at + 2 + size]
        at += 2 + size
        for form in (config.SETTINGS, config.CALIBRATION):
            place = storage.MemoryStorage(None)
            place.replace(form.name, raw)
            values, fault = form.load(place)
            config.detector_settings(config.SETTINGS.values(), config.CALIBRATION.values())
            form.save(place, values)
            again = form.load(place)
            assert again == (values, ""), again
            kept_aside = form.name + ".bad" in place.names()
            assert kept_aside == (fault != ""), fault
            shown = [(key, values[key]) for key in sorted(values)]
            found.append(repr((shown, fault, place.files[form.name])))
    return found


if __name__ == "__main__":
    import sys

    from barsensor.boards import storage
    from barsensor.storage import config

    with open("/stdin", "rb") as file:
        found = lines(config, storage, file.read())
    if sys.argv[1:] == ["count"]:
        print(len(found))
    else:
        for line in found:
            print(line)
