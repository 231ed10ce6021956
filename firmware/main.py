"""Composes a sensor from its board, and runs it. The host's virtual sensor and the tests compose theirs here too."""

import boards
import crash
from app import FIRMWARE_VERSION, App
from barcore.detector import Detector
from boards.storage import MemoryStorage
from control import Control
from cue import FAULT, Cue
from link.answer import Answer
from link.end import End
from link.stream import FrameStream
from recordlog import RecordLog
from upkeep import Upkeep

WINDOW_MS = 2000
"""Left for a cable, or the button, before anything runs."""
WATCHDOG_MS = 8000
COMPLAINT_MS = 60000


def compose(board, links=(), settings=None, upkeep=None) -> App:
    """Return the application on `board`, a session's end on each of `links`. `settings` go before the kept ones."""
    control = Control(board)
    log, fault = open_log(board.storage)
    version = "%d.%d.%d" % FIRMWARE_VERSION
    ends = []
    for link in links:
        answer = Answer(board.device_id, log, "", version, link.max_frame_bytes, control, link.is_cable)
        ends.append(End(link, answer))
    detector = Detector(settings or control.detector_settings)
    uncalibrated = 0 if settings and settings.calibrated else control.uncalibrated_axes
    app = App(board, detector, log, ends, control, upkeep, uncalibrated)
    control.join(app)
    app.cue.long_after_ms = control.long_after_ms
    tell(app, fault, control.fault)
    return app


def compose_on(board, port, settings=None) -> App:
    """Return the application on `board` with one cable, the byte stream `port`."""
    return compose(board, (FrameStream(port),), settings)


def open_log(storage) -> tuple:
    """Return (the log, fault): where storage fails it is one in memory, since counting and cues need none."""
    try:
        return RecordLog(storage), ""
    except OSError as error:
        return RecordLog(MemoryStorage(storage.new_id)), "log: storage fails (%s), nothing is kept" % error


def tell(app, *faults) -> None:
    """Log and cue what was found wrong at the start."""
    for fault in faults:
        if fault:
            crash.log_text(app.log, 0, fault.encode()[: 255 * crash.PIECE_BYTES])
            app.cue.play(FAULT, 0)


def run_guarded(board, app) -> None:
    """Run for ever: a crash is noted and followed by a clean start; Ctrl-C gives the board to who sits at the cable."""
    board.power.guard(WATCHDOG_MS)
    try:
        app.run()
    except KeyboardInterrupt:
        board.power.let_go()
        print("Barhold has stopped; reset the board to count again")  # noqa: T201 - said to who sits at the cable
    except Exception as fault:  # noqa: BLE001 - whatever it is, counting must go on
        note_crash(board, app, fault)
        board.power.restart()


def note_crash(board, app, fault) -> None:
    """Keep what can be kept of a crash and of the records that it left in memory."""
    try:
        crash.note(app.log, board.kept, app.now_ms(), crash.text_of(fault))
    except Exception:  # noqa: BLE001, S110 - the crash may be the storage's own; the restart is what counts
        pass


def start() -> None:
    """Open the board that /board names, leave time for a cable, then count."""
    board = boards.open_or_say()
    if board is None:
        complain(boards.open_lamp())
        return
    print("Barhold starts in 2 s; Ctrl-C or the button stops it here")  # noqa: T201
    board.clock.wait_ms(WINDOW_MS)
    if board.button():
        print("stopped by the button; reset the board to count")  # noqa: T201
        return
    board.imu.start()
    run_guarded(board, compose(board, upkeep=Upkeep(board)))


def complain(opened) -> None:
    """Show a fault for a minute on the lamp of a board that could not be opened, where the board is known."""
    if opened is None:
        return
    lamp, clock = opened
    cue = Cue(lamp)
    for at_ms in range(0, COMPLAINT_MS, 20):
        if at_ms % 3000 == 0:
            cue.play(FAULT, at_ms)
        cue.update(at_ms)
        clock.wait_ms(20)


if __name__ == "__main__":
    start()
