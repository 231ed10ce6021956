"""Plays a recording through the whole application on the virtual board and prints the files of its log; runs under both
interpreters. As a script for rig.run it takes packed samples in /stdin and the start tick as argument."""

import binascii

from barcore.ticks import MASK


def lines(main, sim, samples, start_tick):
    board = sim.open_board(samples, start_tick=start_tick)
    app = main.compose(board)
    app.run(board.imu.ended)
    app.finish()
    files = board.storage.files
    found = [f"lamp {tick - start_tick & MASK} {on}" for tick, on in board.lamp.told]
    found += [f"tone {tick - start_tick & MASK} {hz}" for tick, hz in board.tone.told]
    kept = bytearray(32 * app.log.next_seq)
    for seq in range(app.log.next_seq):
        app.log.read_into(seq, kept, 32 * seq)
    found += [f"log {binascii.hexlify(kept).decode()}"]
    found += [f"{name} {binascii.hexlify(files[name]).decode()}" for name in sorted(files)]
    return found


if __name__ == "__main__":
    import sys

    from barsensor import main
    from barsensor.boards import sim

    with open("/stdin", "rb") as file:
        for line in lines(main, sim, file.read(), int(sys.argv[1])):
            print(line)
