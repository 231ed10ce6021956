"""Builds a sensor from its board, and runs it. The host's virtual sensor and the tests compose theirs here too."""

import sys

from barcore import protocol
from barcore.detector import Detector
from barloader.slots import Slots
from barsensor import boards, crash
from barsensor.app import App
from barsensor.boards.storage import MemoryStorage
from barsensor.control import Control
from barsensor.cue import FAULT, Cue
from barsensor.health import Health
from barsensor.housekeeping import Housekeeping
from barsensor.link.session_port import SessionPort
from barsensor.link.session_protocol import SessionProtocol
from barsensor.link.stream import FrameStream
from barsensor.link.transports import Radio, open_links
from barsensor.recorder import FIRMWARE_VERSION
from barsensor.storage import config
from barsensor.storage.record_log import RecordLog
from barsensor.update.policy import SensorIdentity
from barsensor.update.receive import Update

VERSION = "%d.%d.%d" % FIRMWARE_VERSION
WINDOW_MS = 2000
"""Left for a cable, or the button, before anything runs."""
WATCHDOG_MS = 8000
SLOW_HZ = 104
COMPLAINT_MS = SOON_MS = 60000
SELF_TEST_HINT = "let it lie still and restart it; if that repeats, check the chip's solder joints and its 3.3 V"


def compose(
    board, links=(), settings=None, housekeeping=None, imu_fault: str = "", radio_fault: str = "", slots=None
) -> App:
    """Return the application on `board`, a session port on each of `links`. `settings` go before the stored ones.

    `slots` are where updates go; without them none is taken.
    """
    control = Control(board, updates(board, slots), Health(slots)) if slots else Control(board)
    log, fault = open_log(board.storage, board.nvs)
    ends = []
    for link in links:
        size = link.max_frame_bytes
        answer = SessionProtocol(board.device_id, log, "", VERSION, size, control, link.is_cable, control.access)
        ends.append(SessionPort(link, answer))
    detector = Detector(settings or control.detector_settings)
    uncalibrated = 0 if settings and settings.calibrated else control.calibration.uncalibrated_axes
    app = App(board, detector, log, ends, control, housekeeping, uncalibrated)
    control.attach_app(app)
    app.cue.long_after_ms = control.long_after_ms
    app.log_faults += 1 if fault else 0
    app.link_faults = 1 if radio_fault else 0
    report_start_fault(app, board.config, (fault, imu_fault, radio_fault) + control.faults)
    remember_config(app, board.config)
    return app


def compose_on(board, port, settings=None) -> App:
    """Return the application on `board` with one cable, the byte stream `port`."""
    return compose(board, (FrameStream(port),), settings)


def updates(board, slots) -> Update:
    """Return what takes updates for `board` into `slots`."""
    family = boards.FAMILIES.get(board.name, "any")
    return Update(board, slots, SensorIdentity(FIRMWARE_VERSION, family, getattr(sys.implementation, "_mpy", 0)))


def open_log(storage, nvs) -> tuple:
    """Return (the log, fault): where storage fails it is one in memory, since counting and cues need none."""
    try:
        return RecordLog(storage, nvs=nvs), ""
    except OSError as error:
        return RecordLog(MemoryStorage(storage.new_log_id)), "log: storage fails (%s), nothing is kept" % error


def remember_config(app, store) -> None:
    """Note which files of the configuration there are, as for a sensor whose older firmware noted none."""
    try:
        there = () if app.log.locked else store.names()
        for form in (config.SETTINGS, config.CALIBRATION, config.KEY):
            if form.name in there:
                store.expect_file(form.name)
    except OSError:
        app.log_faults += 1


def report_start_fault(app, store, faults) -> None:
    """Cue a fault found at the start, and log it unless the previous start found the same."""
    text = "\n".join([fault for fault in faults if fault])
    if text:
        app.signal(FAULT)
    if app.log.locked:
        return
    try:
        crash.note(app.log, store, "faults", 0, text)
    except OSError:
        app.log_faults += 1  # cued already


def start() -> None:
    """Open the board that /board names, leave time for Ctrl-C or the button, then count."""
    board = boards.open_or_say()
    if board is None:
        opened = boards.open_lamp()
        if opened:
            show_fault(opened[0], opened[1])
        return
    print("Barhold starts in 2 s; Ctrl-C or the button stops it here")  # noqa: T201 - said to who sits at the cable
    board.clock.wait_ms(WINDOW_MS)
    if board.button():
        print("stopped by the button; reset the board to count")  # noqa: T201
        return
    run_guarded(board)


def run_guarded(board) -> None:
    """Run for ever: a crash is logged and followed by a clean start; Ctrl-C stops the program."""
    app = None
    try:
        try:
            radio = Radio(board, VERSION)
            links, imu_fault = open_links(board, radio), start_imu(board)
            app = compose(board, links, None, Housekeeping(board, radio), imu_fault, radio.fault, Slots())
            board.power.guard(WATCHDOG_MS)
            discard_samples(board)
            app.run()
        except Exception as fault:  # noqa: BLE001 - whatever it is, counting must go on
            restart(board, app, fault)
    except KeyboardInterrupt:
        release_board(board, app)


def start_imu(board) -> str:
    """Start the IMU and return what is wrong with it. It tests itself at a power-on only: what woke it, moves it."""
    try:
        board.imu.choose(config.SETTINGS.load(board.config)[0]["rate_hz"] > SLOW_HZ)
        if board.power.cause != protocol.RESET_POWER_ON:
            board.imu.start()
            return ""
        fault = board.imu.self_test() and board.imu.self_test()  # once more, lest the first was moved
        return fault and "imu: self-test: %s; %s" % (fault, SELF_TEST_HINT)
    except OSError as error:
        return "imu: %s" % error  # the driver tries again to start it


def discard_samples(board) -> None:
    """Drop the samples taken while the first write of this start stalled everything: they leave no gap."""
    try:
        board.imu.discard()
    except OSError:
        pass  # the loop meets it again


def restart(board, app, fault) -> None:
    """Keep what is in memory, note the crash, start anew; a minute later when each start ends in the same crash."""
    soon = app is None or app.now_ms() < SOON_MS
    if not note_crash(board, app, fault) and soon:
        show_fault(board.lamp, board.clock, board.power.feed)
    board.power.crash()


def note_crash(board, app, fault) -> bool:
    """Keep what can be kept; return whether the crash is another one than the last."""
    try:
        log, now_ms = (app.log, app.now_ms()) if app else (open_log(board.storage, board.nvs)[0], 0)
        log.flush()
        return crash.note(log, board.config, "crash", now_ms, crash.text_of(fault))
    except Exception:  # noqa: BLE001 - the crash may be the storage's own; the restart is what counts
        return False


def release_board(board, app) -> None:
    """Release the board to the user who pressed Ctrl-C: everything written, lamp and tone off, watchdog fed."""
    board.power.let_go()
    board.lamp(False)
    if board.tone:
        board.tone(0)
    if app:
        app.rest()
    print("Barhold has stopped; reset the board to count again")  # noqa: T201


def show_fault(lamp, clock, feed=None) -> None:
    """Show a fault on the lamp for a minute."""
    cue = Cue(lamp)
    for at_ms in range(0, COMPLAINT_MS, 20):
        if at_ms % 3000 == 0:
            cue.play(FAULT, at_ms)
        cue.update(at_ms)
        if feed:
            feed()
        clock.wait_ms(20)


if __name__ == "__main__":
    start()
