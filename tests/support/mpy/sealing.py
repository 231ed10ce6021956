"""Under MicroPython: seal the bodies of the frames in /stdin anew, and print the bytes; open the frames, twice."""

import struct

from barcore import frame, protocol, seal

KEY = seal.connection_key(bytes(range(32)), b"hostnonc", b"sensornc", b"sensor01", seal.TO_SENSOR)


def main() -> None:
    with open("/stdin", "rb") as file:
        given = file.read()
    raws = []
    while given:
        (size,) = struct.unpack_from("<H", given)
        raws.append(given[2 : 2 + size])
        given = given[2 + size :]
    sealer, opener = seal.Sealer(KEY), seal.Opener(KEY)
    parsed = [frame.parse(raw) for raw in raws]
    for kind, _, body in parsed:
        print(sealer.pack(kind ^ protocol.SEALED, body[: -protocol.MAC_BYTES]).hex())
    for word in ("opened", "again"):
        right = [opener.open(kind ^ protocol.SEALED, counter, body) is not None for kind, counter, body in parsed]
        print(word, sum(right))


main()
