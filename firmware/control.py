"""What a host may ask of a sensor beside its records: settings, key, calibration, raw samples, a new log.

`update` answers with (frame type, body), or with a status code that refuses.
"""

import struct

import kept
from barcore import calibrate, protocol
from barcore.calibrate import DONE, POSING, Calibrator
from barcore.detector import Detector
from barcore.frame import FrameError, pack_info, parse_info
from keptfile import KeptError
from link.proof import proof
from link.rawstream import RawStream

LOW_BATTERY_MV = 3500


class Control:
    """The asked things of one sensor. Time and samples come from the application that it joins."""

    def __init__(self, board) -> None:
        self._board = board
        self.settings, settings_fault = kept.SETTINGS.load(board.kept)
        self.calibration, calibration_fault = kept.CALIBRATION.load(board.kept)
        key, key_fault = kept.KEY.load(board.kept)
        self.fault = settings_fault or calibration_fault or key_fault
        self._key = bytes.fromhex(key["key"])
        self._calibrator = Calibrator()
        self.raw = RawStream()
        self._rows = {
            protocol.SET: self._set,
            protocol.KEY: self._keep_key,
            protocol.ERASE: self._erase,
            protocol.CALIBRATE: self._calibrate,
            protocol.STREAM: self._stream,
        }
        self._actions = {
            protocol.CALIBRATE_STATE: self._nothing,
            protocol.CALIBRATE_BEGIN: self._calibrator.begin,
            protocol.CALIBRATE_POSE: self._ask_pose,
            protocol.CALIBRATE_KEEP: self._keep_calibration,
            protocol.CALIBRATE_CANCEL: self._calibrator.begin,
        }

    def join(self, app) -> None:
        """Serve this application; to be called once, before anything is asked."""
        self._app = app

    @property
    def name(self) -> str:
        """What the owner called the sensor."""
        return self.settings["name"]

    @property
    def detector_settings(self):
        """What a new detector is told."""
        return kept.detector_settings(self.settings, self.calibration)

    @property
    def uncalibrated_axes(self) -> int:
        """As in a BOOT record."""
        return kept.uncalibrated_axes(self.calibration)

    @property
    def watching(self) -> bool:
        """Whether the samples are wanted here."""
        return self.raw.owner is not None or self._calibrator.state == POSING

    @property
    def long_after_ms(self) -> int:
        """How long after its target a hold is too long; 0 for never."""
        target_ms, long_ms = self.settings["target_ms"], self.settings["long_ms"]
        return long_ms - target_ms if 0 < target_ms < long_ms else 0

    def see(self, samples, count: int) -> int:
        """Take samples; return 1 when a pose was taken with them, -1 when one was refused, else 0."""
        if self.raw.owner is not None:
            self.raw.see(samples, count)
        calibrator = self._calibrator
        was_posing, poses = calibrator.state == POSING, calibrator.poses
        for at in range(0, count * 7, 7):
            calibrator.update(samples, at)
        if not was_posing or calibrator.state == POSING:
            return 0
        return 1 if calibrator.poses > poses else -1

    def info(self, host_nonce: bytes, session_nonce: int) -> list:
        """Return the entries of INFO that are not the log's."""
        battery_mv = self._board.power.battery_mv()
        entries = [
            (protocol.INFO_BOARD, self._board.name.encode()),
            (protocol.INFO_POWER, struct.pack("<H", battery_mv)),
            (protocol.INFO_STATE, struct.pack("<H", self._state(battery_mv))),
        ]
        if self._key:
            entries.append((protocol.INFO_PROOF, proof(self._key, host_nonce, session_nonce, self._board.device_id)))
        return entries

    def update(self, kind: int, body: bytes, asker, at_hand: bool):
        """Do what the frame asks; `at_hand`: it came over the cable, or the button is held."""
        if kind not in self._rows:
            return protocol.UNKNOWN_FRAME
        if kind in (protocol.KEY, protocol.ERASE) and not (at_hand or self._board.button()):
            return protocol.NOT_ALLOWED
        if self._app.busy and kind != protocol.STREAM and body != bytes((protocol.CALIBRATE_STATE,)):
            return protocol.BUSY  # a write to flash, or a fit, would stall the samples of a set
        try:
            return self._rows[kind](body, asker)
        except (KeptError, FrameError, ValueError):
            return protocol.BAD_BODY
        except OSError:
            return protocol.LOG_FAULT

    def _state(self, battery_mv: int) -> int:
        state = protocol.STATE_UNCALIBRATED if self.uncalibrated_axes else 0
        state |= protocol.STATE_BUSY if self._app.busy else 0
        state |= protocol.STATE_LOG_FAULT if self._app.log_faults else 0
        state |= protocol.STATE_SETTINGS_FAULT if self.fault else 0
        state |= protocol.STATE_LOW_BATTERY if 0 < battery_mv < LOW_BATTERY_MV else 0
        return state | (protocol.STATE_KEYED if self._key else 0)

    # --- settings and key ---

    def _set(self, body: bytes, _asker) -> tuple:
        changed = dict(self.settings)
        for tag, value in parse_info(body).items():
            if tag == protocol.SET_NAME:
                changed["name"] = str(value, "utf-8")
            elif tag in (protocol.SET_TARGET, protocol.SET_LONG) and len(value) == 2:
                key = "target_ms" if tag == protocol.SET_TARGET else "long_ms"
                changed[key] = struct.unpack("<H", value)[0]
            else:
                raise ValueError("tag %d" % tag)
        kept.SETTINGS.save(self._board.kept, changed)
        self.settings = changed
        self._app.retarget(changed["target_ms"], self.long_after_ms)
        return protocol.SETTINGS, self._settings_body()

    def _settings_body(self) -> bytes:
        return pack_info(
            (
                (protocol.SET_NAME, self.name.encode()),
                (protocol.SET_TARGET, struct.pack("<H", self.settings["target_ms"])),
                (protocol.SET_LONG, struct.pack("<H", self.settings["long_ms"])),
            )
        )

    def _keep_key(self, body: bytes, _asker) -> tuple:
        if len(body) not in (0, protocol.KEY_BYTES):
            raise ValueError("key of %d bytes" % len(body))
        kept.KEY.save(self._board.kept, {"key": body.hex()})
        self._key = body
        return protocol.DONE, bytes((protocol.KEY,))

    def _erase(self, body: bytes, _asker):
        if len(body) != 4:
            return protocol.BAD_BODY
        if struct.unpack(protocol.ERASE_FORMAT, body)[0] != self._app.log.log_id:
            return protocol.WRONG_LOG
        self._app.log.erase()
        return protocol.DONE, bytes((protocol.ERASE,))

    # --- calibration ---

    def _calibrate(self, body: bytes, _asker):
        if len(body) != 1 or body[0] not in self._actions:
            return protocol.BAD_BODY
        self._actions[body[0]]()
        found = self._calibrator
        values = (found.state, found.reason, found.poses, found.faces, found.misfit_ug, found.noise_ug)
        return protocol.CALIBRATION, struct.pack(protocol.CALIBRATION_FORMAT, *values)

    def _nothing(self) -> None:
        """Only the state is asked."""

    def _ask_pose(self) -> None:
        self._calibrator.ask(self._board.clock.ticks_ms())

    def _keep_calibration(self) -> None:
        if self._calibrator.state != DONE:
            raise ValueError(calibrate.REASON_TEXT.get(self._calibrator.reason, "poses missing"))
        found = kept.calibration_of(self._calibrator, self.calibration)
        kept.CALIBRATION.save(self._board.kept, found)
        self.calibration = found
        self._calibrator.begin()
        self._app.use(Detector(self.detector_settings))

    # --- raw samples ---

    def _stream(self, body: bytes, asker) -> tuple:
        if body not in (b"\0", b"\1"):
            raise ValueError("neither on nor off")
        if body[0]:
            self.raw.start(asker)
        elif self.raw.owner is asker:
            self.raw.stop()
        return protocol.DONE, bytes((protocol.STREAM,))
