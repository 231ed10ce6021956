"""The radio as a link: one host at a time, silent until HELLO."""

import struct

from barcore import frame, protocol
from barsensor.link.outbox import Outbox
from barsensor.link.radio import NOBODY, Radio

OFF, ADVERTISING, CONNECTED, OPEN, CLOSING, FAILED = 0, 1, 2, 3, 4, 5
NOTIFY_OVERHEAD = 3
CHECK_MS = 1000
AGAIN_MS = 10000
IDLE_MS = 10000
"""Left to find the services and to subscribe, of which MicroPython tells nothing. Who has written has PROVE_MS."""
PROBE_MS = 5000
STUCK_MS = 6000
CLOSE_MS = 5000
NEXT_BELOW_BYTES = 1024
"""A host's next question is taken up while so little waits to be sent, so that the radio need not run dry."""


class BleLink:
    """A link (see `session_port`) over MicroPython's `bluetooth` (the module). A state machine:

    | state       | when                                    | does                          | then        |
    |-------------|-----------------------------------------|-------------------------------|-------------|
    | OFF         | start()                                 | radio on, table, advertise    | ADVERTISING |
    | any         | stop()                                  | radio off                     | OFF         |
    | ADVERTISING | a central connects                      | idle time begins              | CONNECTED   |
    | ADVERTISING | every 10 s, or what it tells changed    | advertises anew               | ADVERTISING |
    | CONNECTED   | HELLO                                   | hands it on                   | OPEN        |
    | CONNECTED   | HELLO, MTU too small for a record       | STATUS SMALL_MTU              | CONNECTED   |
    | CONNECTED   | any other frame                         | hands it on (nobody answers)  | CONNECTED   |
    | CONNECTED   | 10 s without a write                    | disconnects                   | CLOSING     |
    | OPEN        | BYE                                     | hands it on, idle time begins | CONNECTED   |
    | OPEN        | any other frame                         | hands it on                   | OPEN        |
    | both        | nothing came for 5 s, nothing waits     | notifies the battery: a probe | same        |
    | both        | the radio took nothing for 6 s          | disconnects                   | CLOSING     |
    | both        | disconnected                            | drops all frames, advertises  | ADVERTISING |
    | CLOSING     | disconnected, or it never was connected | drops all frames, advertises  | ADVERTISING |
    | CLOSING     | 5 s and still not                       | radio off and on              | ADVERTISING |
    | both        | drop(): not authenticated 5 s after the first write, or silent | disconnects | CLOSING |
    | any but OFF | the radio raises OSError                | counts it                     | FAILED      |
    | FAILED      | 10 s later                              | radio off and on              | ADVERTISING |
    | any but OFF | another central connects or writes      | disconnects that one          | same        |
    | any but OFF | every second                            | puts the handler back         | same        |

    The probe, the idle time and advertising anew make up for events that were missed while the handler was away.
    """

    is_cable = False
    # Sealed, it fills one notification at the MTU we ask for, and that one packet of the radio.
    max_frame_bytes = protocol.FRAME_OVERHEAD + 7 * protocol.RECORD_BYTES + protocol.MAC_BYTES

    def __init__(self, bluetooth, device_id: bytes, name: str, model: str, version: str) -> None:
        self._device_id, self._model, self._version = device_id, model, version
        self._name, self._battery_pct, self._unsynced = name, protocol.ADVERT_NO_BATTERY, 0
        self._untold = True
        self._radio = Radio(bluetooth)
        self._outbox = Outbox(self._radio.notify)
        self._rows = (self._off, self._advertising, self._linked, self._linked, self._closing, self._failed)
        self._ends_seen = 0
        self._since_ms = self._heard_ms = self._check_ms = self._advertise_from_ms = 0
        self.faults = 0
        self.fault = ""
        self.spoke_ms = -1
        self.state = OFF

    def start(self, now_ms: int) -> None:
        """Switch the radio on and advertise."""
        self._radio.start(self._model, self._version)
        self._untold = True
        self._free(now_ms)

    def stop(self) -> None:
        """Switch the radio off."""
        self._radio.stop()
        self.state = OFF

    def advertise(self, name: str, battery_pct: int, unsynced: int) -> None:
        """Advertise these values from now on; `battery_pct` may be protocol.ADVERT_NO_BATTERY."""
        if (name, battery_pct, unsynced) != (self._name, self._battery_pct, self._unsynced):
            self._name, self._battery_pct, self._unsynced = name, battery_pct, unsynced
            self._untold = True

    @property
    def connected(self) -> bool:
        """Whether a host is there; False for at least one poll between two hosts."""
        return self.state in (CONNECTED, OPEN)

    @property
    def up(self) -> bool:
        """Whether the radio is on, and works."""
        return self.state not in (OFF, FAILED)

    @property
    def bad_frames(self) -> int:
        """How many frames came in damaged or found no room."""
        return self._radio.inbox.bad_frames + self._radio.inbox.lost

    @property
    def room(self) -> int:
        """How many bytes of frames it takes now without dropping one."""
        return self._outbox.room if self.connected else 0

    @property
    def busy(self) -> bool:
        """Whether frames wait in either direction, so that a loop should come back soon."""
        return bool(self._radio.inbox) or bool(self._outbox)

    def poll(self, now_ms: int) -> "tuple | None":
        """Do what is due; return the next (type, nonce, body) that came in whole and valid, or None.

        A radio that raises costs the connection, never the counting: it is started anew a while later.
        """
        try:
            return self._poll(now_ms)
        except OSError as error:
            self.fail(error, now_ms)
            return None

    def fail(self, error, now_ms: int) -> None:
        """Note that the radio raised `error`, and leave it alone for a while."""
        self.faults += 1
        self.fault = "radio: %r" % error
        self._outbox.clear()
        self._enter(FAILED, now_ms)

    def _poll(self, now_ms: int) -> "tuple | None":
        if self.up and now_ms >= self._check_ms:
            self._check_ms = now_ms + CHECK_MS
            self._radio.listen()
            if self._untold:
                self._untold = False
                self._radio.tell(self._device_id, self._name, self._battery_pct)
                self._advertise_from_ms = now_ms
        if self._radio.turn_away() and self.state == ADVERTISING:
            self._advertise_from_ms = now_ms + CHECK_MS  # that one's connection ended the advertising
        return self._rows[self.state](now_ms)

    def send(self, raw: bytes) -> None:
        """Queue one frame, which goes in pieces when the host's MTU is small; one that finds no room is dropped."""
        if self.connected:
            self._outbox.put(raw, self._piece_bytes())

    def drop(self, now_ms: int) -> None:
        """Disconnect the host, which may come again."""
        if self.connected:
            self._close(now_ms)

    # --- the states ---

    def _off(self, now_ms: int) -> None:
        pass

    def _advertising(self, now_ms: int) -> None:
        if self._radio.ends != self._ends_seen:
            self._free(now_ms)
        elif self._radio.peer != NOBODY:
            self._heard_ms = now_ms
            self._enter(CONNECTED, now_ms)
        elif now_ms >= self._advertise_from_ms:
            self._advertise(now_ms)

    def _linked(self, now_ms: int) -> "tuple | None":
        if self._radio.ends != self._ends_seen:
            self._free(now_ms)
            return None
        if self.spoke_ms < 0 and self._radio.inbox:
            self.spoke_ms = now_ms
        outbox = self._outbox
        outbox.push(now_ms)
        if now_ms >= self._heard_ms + PROBE_MS and not outbox:
            self._heard_ms = now_ms
            outbox.try_one(None, now_ms)
        silent = self.state == CONNECTED and self.spoke_ms <= self._since_ms  # since it came, or since its BYE
        idle = silent and now_ms >= self._since_ms + IDLE_MS
        if idle or outbox.failing_ms(now_ms) >= STUCK_MS:
            self._close(now_ms)
        elif outbox.waiting_bytes <= NEXT_BELOW_BYTES:
            return self._judge(self._radio.inbox.take(now_ms), now_ms)
        return None

    def _closing(self, now_ms: int) -> None:
        if self._radio.ends != self._ends_seen:
            self._free(now_ms)
        elif now_ms >= self._since_ms + CLOSE_MS:
            self.stop()
            self.start(now_ms)

    def _failed(self, now_ms: int) -> None:
        if now_ms >= self._since_ms + AGAIN_MS:
            self.stop()
            self.start(now_ms)

    # --- what they do ---

    def _piece_bytes(self) -> int:
        # A longer notification would be cut, and nobody told.
        return self._radio.mtu - NOTIFY_OVERHEAD

    def _enter(self, state: int, now_ms: int) -> None:
        self.state = state
        self._since_ms = now_ms

    def _judge(self, found: "tuple | None", now_ms: int) -> "tuple | None":
        """Follow the session by its frames; a host that could get no record is told so instead."""
        if not found:
            return None
        self._heard_ms = now_ms
        kind = found[0] & ~protocol.SEALED
        if kind == protocol.HELLO and self._piece_bytes() < protocol.MIN_FRAME:
            refusal = struct.pack(protocol.STATUS_FORMAT, protocol.HELLO, protocol.SMALL_MTU)
            self.send(frame.pack(protocol.STATUS, 0, refusal))
            return None
        if kind == protocol.HELLO:
            self._enter(OPEN, now_ms)
        elif kind == protocol.BYE:
            self._enter(CONNECTED, now_ms)
        return found

    def _close(self, now_ms: int) -> None:
        self._enter(CLOSING, now_ms)
        if not self._radio.disconnect(self._radio.peer):
            self._free(now_ms)  # it went unnoticed, while the handler was away

    def _free(self, now_ms: int) -> None:
        """Forget the host that was there, and look for the next one."""
        self._ends_seen = self._radio.ends
        self.spoke_ms = -1
        self._radio.forget()
        self._outbox.clear()
        self._advertise(now_ms, soon=True)

    def _advertise(self, now_ms: int, soon: bool = False) -> None:
        self._enter(ADVERTISING, now_ms)
        began = self._radio.advertise(self._name, self._battery_pct, self._unsynced, soon)
        if not began:
            self.faults += 1
        self._advertise_from_ms = now_ms + (AGAIN_MS if began else CHECK_MS)
