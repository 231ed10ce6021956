"""Plays a recording through the whole application on the virtual board and prints the files of its log; runs under both
interpreters. As a script for rig.run it takes packed samples in /stdin and the start tick as argument."""

import binascii


def lines(main, sim, samples, start_tick):
    board = sim.open_board(samples, start_tick=start_tick)
    app = main.compose(board)
    app.run(board.imu.ended)
    app.finish()
    files = board.storage.files
    found = [f"cue {t_ms} {kind}" for t_ms, kind in board.cue.played]
    kept = bytearray(32 * app.log.next_seq)
    for seq in range(app.log.next_seq):
        app.log.read_into(seq, kept, 32 * seq)
    found += [f"log {binascii.hexlify(kept).decode()}"]
    found += [f"{name} {binascii.hexlify(files[name]).decode()}" for name in sorted(files)]
    return found


if __name__ == "__main__":
    import sys

    import main
    from boards import sim

    with open("/stdin", "rb") as file:
        for line in lines(main, sim, file.read(), int(sys.argv[1])):
            print(line)
