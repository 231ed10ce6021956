"""Composes a sensor from its board. The host's virtual sensor and the tests compose theirs here too."""

import boards
from app import FIRMWARE_VERSION, App
from barcore.detector import Detector
from barcore.settings import Settings
from link.answer import Answer
from link.stream import FrameStream
from recordlog import RecordLog


def compose(board, port=None, settings=None, name: str = "Barhold") -> App:
    """Return the application on `board`, its session over the byte stream `port` when there is one."""
    log = RecordLog(board.storage)
    detector = Detector(settings or Settings())
    if port is None:
        return App(board, detector, log)
    link = FrameStream(port)
    version = "%d.%d.%d" % FIRMWARE_VERSION
    return App(board, detector, log, link, Answer(board.device_id, log, name, version, link.max_frame_bytes))


if __name__ == "__main__":
    opened = boards.open_or_say()
    if opened:
        opened.imu.start()
        compose(opened).run()
