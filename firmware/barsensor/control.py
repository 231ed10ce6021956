"""Everything that a host may ask of a sensor except its records: settings, key, calibration, raw samples, a new log.

It answers with (frame type, body), or with a status code that refuses:

    refused with     when
    UNKNOWN_FRAME    the frame is none of these
    NOT_ALLOWED      ERASE, neither over the cable nor with the button held
    NEEDS_CABLE      KEY by radio, where everybody near could read it
    NEEDS_KEY        ACCESS, ERASE or UPDATE by radio from who has not proved the key; a sensor without one has no owner
    BUSY             it would write flash, and a set is under way whose samples a write would stall
    LOG_FAULT        it would write flash, and storage fails or the battery is below the safe voltage
    BAD_BODY         the body is malformed or out of range, CALIBRATE asks what its state does not allow, or ACCESS
                     would open or close a sensor without a key
    WRONG_LOG        ERASE names another log
"""

import struct

from barcore import protocol
from barcore.detector import Detector
from barcore.frame import pack_info, parse_info
from barsensor import diagnosis
from barsensor.access import Access
from barsensor.calibration import Calibration
from barsensor.link.rawstream import RawStream
from barsensor.storage import config
from barsensor.storage.config_file import ConfigError
from barsensor.turns import Turns

_OWNERS = (protocol.ACCESS, protocol.ERASE, protocol.UPDATE)


class Control:
    """Answers one sensor's control frames. Time and samples come from the application that it joins."""

    def __init__(self, board, updater=None, health=None) -> None:
        self._board = board
        self.settings, self._settings_fault = config.SETTINGS.load(board.config)
        self.access = Access(board.config)
        self.calibration = Calibration(board)
        self.turns = Turns(board.config) if board.screen else None
        self.raw = RawStream()
        self._updater = updater
        self._health = health
        self._rows = {
            protocol.SET: self._set,
            protocol.KEY: self._keep_key,
            protocol.ACCESS: self._change_access,
            protocol.ERASE: self._erase,
            protocol.CALIBRATE: self._calibrate,
            protocol.STREAM: self._stream,
            protocol.DIAGNOSE: self._diagnose,
        }

    def attach_app(self, app) -> None:
        """Serve this application; to be called once, before anything is asked."""
        self._app = app

    @property
    def name(self) -> str:
        """What the sensor calls itself."""
        return config.sensor_name(self.settings, self._board.device_id)

    @property
    def faults(self) -> tuple:
        """The fault of each stored file, "" if it has none."""
        update_fault = self._updater.fault if self._updater else ""
        turns_fault = self.turns.fault if self.turns else ""
        return self._settings_fault, self.calibration.fault, self.access.fault, update_fault, turns_fault

    @property
    def detector_settings(self):
        """What a new detector is told."""
        return config.detector_settings(self.settings, self.calibration.values)

    @property
    def long_after_ms(self) -> int:
        """How long after its target a hold is too long; 0 for never."""
        target_ms, long_ms = self.settings["target_ms"], self.settings["long_ms"]
        return long_ms - target_ms if 0 < target_ms < long_ms else 0

    @property
    def watching(self) -> bool:
        """Whether it needs the samples now."""
        return self.raw.owner is not None or self.calibration.posing

    def see(self, samples, count: int) -> int:
        """Take samples; return 1 when a pose was taken with them, -1 when one was refused, else 0."""
        if self.raw.owner is not None:
            self.raw.see(samples, count)
        return self.calibration.see(samples, count)

    def info(self) -> list:
        """Return the entries of INFO that are not the log's, for a host that may know them."""
        return [
            (protocol.INFO_BOARD, self._board.name.encode()),
            (protocol.INFO_POWER, struct.pack("<H", self._board.power.battery_mv())),
            (protocol.INFO_STATE, struct.pack("<H", self._state())),
        ]

    def step(self, now_ms: int) -> None:
        """Confirm the version that runs once it proved healthy; go on with an update, which may end in a restart."""
        if not self._updater:
            return
        app = self._app
        busy = app.busy or app.log.locked
        try:
            gives_up = self._health.update(app.healthy, busy, now_ms)
        except OSError:
            gives_up = False
            app.log_faults += 1
        if self._updater.step(busy, now_ms) or gives_up:
            app.rest()
            self._board.power.restart()

    def answer(self, kind: int, body: bytes, asker, at_hand: bool):
        """Do what the frame asks; `at_hand`: it came over the cable. `asker` is the session it came in."""
        if kind in _OWNERS and self.access.key and not asker.is_owner:
            return protocol.NEEDS_KEY
        if kind == protocol.UPDATE and self._updater:
            return self._take_update(body, asker, at_hand)
        refused = self._refuses(kind, body, at_hand)
        if refused:
            return refused
        try:
            return self._rows[kind](body, asker, at_hand)
        except (ConfigError, ValueError):
            return protocol.BAD_BODY
        except OSError:
            return protocol.LOG_FAULT

    def _refuses(self, kind: int, body: bytes, at_hand: bool) -> int:
        """Return why the frame is refused before its body is read; 0 when it is not."""
        if kind not in self._rows:
            return protocol.UNKNOWN_FRAME
        if kind == protocol.KEY and not at_hand:
            return protocol.NEEDS_CABLE
        if kind == protocol.ERASE and not (at_hand or self._board.button()):
            return protocol.NOT_ALLOWED
        if not _writes(kind, body):
            return 0
        if self._app.busy:
            return protocol.BUSY
        return protocol.LOG_FAULT if self._app.log.locked else 0

    def _state(self) -> int:
        app = self._app
        bits = (
            (protocol.STATE_UNCALIBRATED, self.calibration.uncalibrated_axes),
            (protocol.STATE_BUSY, app.busy),
            (protocol.STATE_LOG_FAULT, app.log_faults),
            (protocol.STATE_SETTINGS_FAULT, any(self.faults)),
            (protocol.STATE_LOW_BATTERY, app.battery_low),
            (protocol.STATE_KEYED, self.access.key),
            (protocol.STATE_OPEN, self.access.is_open),
            (protocol.STATE_SCREEN, self.turns),
        )
        return sum([bit for bit, on in bits if on])

    # --- one per frame ---

    def _take_update(self, body: bytes, asker, at_hand: bool):
        """Updates have reasons of their own, and are refused with those."""
        self._app.stay_awake()
        low = protocol.UPDATE_BATTERY if self._app.log.locked else 0
        told = self._updater.ask(body, asker, at_hand, protocol.UPDATE_BUSY if self._app.busy else low)
        return told if isinstance(told, int) else (protocol.UPDATE_STATE, told)

    def _set(self, body: bytes, _asker, _at_hand: bool) -> tuple:
        entries = parse_info(body)
        turns = self.turns
        packed = entries.pop(protocol.SET_TURNS, None) if turns else None
        if entries:
            changed = _changed(self.settings, entries)
            config.SETTINGS.save(self._board.config, changed)
            self.settings, self._settings_fault = changed, ""
            self._app.retarget(changed, self.long_after_ms)
        if turns and packed is not None:
            turns.put(packed)
        told = self.settings
        answer = [
            (protocol.SET_NAME, self.name.encode()),
            (protocol.SET_TARGET, struct.pack("<H", told["target_ms"])),
            (protocol.SET_LONG, struct.pack("<H", told["long_ms"])),
            (protocol.SET_RANGE, struct.pack("<HH", told["least_mm"], told["most_mm"])),
        ]
        if turns:
            answer.append((protocol.SET_TURNS, turns.packed))
        return protocol.SETTINGS, pack_info(answer)

    def _keep_key(self, body: bytes, _asker, _at_hand: bool) -> tuple:
        self.access.set_key(body)
        return protocol.DONE, bytes((protocol.KEY,))

    def _change_access(self, body: bytes, _asker, at_hand: bool) -> tuple:
        access = self.access
        if len(body) != 1 or body[0] > protocol.ACCESS_OPEN:
            raise ValueError("not an action")
        if body[0] != protocol.ACCESS_ASK:
            access.open(body[0] == protocol.ACCESS_OPEN)
        told = struct.pack(protocol.ACCESS_IS_FORMAT, access.is_open)
        return protocol.ACCESS_IS, told + access.key_for_cable if at_hand else told

    def _erase(self, body: bytes, asker, _at_hand: bool):
        if len(body) != struct.calcsize(protocol.ERASE_FORMAT):
            return protocol.BAD_BODY
        if struct.unpack(protocol.ERASE_FORMAT, body)[0] != self._app.log.log_id:
            return protocol.WRONG_LOG
        self._app.erase_log(self.calibration.uncalibrated_axes)
        self._app.leave_others(asker)
        return protocol.DONE, bytes((protocol.ERASE,))

    def _calibrate(self, body: bytes, _asker, _at_hand: bool) -> tuple:
        before = self.calibration.values
        answer = self.calibration.update(body)
        if self.calibration.values is not before:
            self._app.use(Detector(self.detector_settings))
        return protocol.CALIBRATION, answer

    def _diagnose(self, _body: bytes, _asker, _at_hand: bool) -> tuple:
        return protocol.DIAGNOSIS, pack_info(diagnosis.entries(self._app, self._board))

    def _stream(self, body: bytes, asker, _at_hand: bool) -> tuple:
        if body not in (b"\0", b"\1"):
            raise ValueError("neither on nor off")
        if body[0]:
            self.raw.start(asker)
        elif self.raw.owner is asker:
            self.raw.stop()
        return protocol.DONE, bytes((protocol.STREAM,))


def _writes(kind: int, body: bytes) -> bool:
    """Tell whether a frame would write flash."""
    if kind == protocol.CALIBRATE:
        return body == bytes((protocol.CALIBRATE_KEEP,))
    if kind == protocol.ACCESS:
        return body != bytes((protocol.ACCESS_ASK,))
    return kind in (protocol.KEY, protocol.ERASE) or (kind == protocol.SET and body != b"")


def _changed(settings: dict, entries: dict) -> dict:
    """Return the settings with what the entries of SET change in them."""
    changed = dict(settings)
    for tag, value in entries.items():
        if tag == protocol.SET_NAME:
            changed["name"] = str(value, "utf-8")
        elif tag in (protocol.SET_TARGET, protocol.SET_LONG) and len(value) == 2:
            key = "target_ms" if tag == protocol.SET_TARGET else "long_ms"
            changed[key] = struct.unpack("<H", value)[0]
        elif tag == protocol.SET_RANGE and len(value) == 4:
            changed["least_mm"], changed["most_mm"] = struct.unpack("<HH", value)
        else:
            raise ValueError("tag %d" % tag)
    return changed
