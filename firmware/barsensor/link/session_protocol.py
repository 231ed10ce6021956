"""The sensor's end of a session. It says nothing until HELLO, and then only what it is asked, but for LIVE."""

import binascii
import struct

from barcore import frame, protocol
from barcore.protocol import RECORD_BYTES

IDLE, OPEN = 0, 1


class SessionProtocol:
    """A state machine of two states; `update` takes a frame and returns the frames to send (as bytes).

    | state | frame                         | answer              | then |
    |-------|-------------------------------|---------------------|------|
    | any   | HELLO                         | INFO, new nonce     | OPEN |
    | OPEN  | HELLO repeated (its nonce)    | INFO, same nonce    | OPEN |
    | any   | HELLO of another major        | STATUS BAD_VERSION  | IDLE |
    | any   | HELLO too short               | STATUS BAD_BODY     | IDLE |
    | IDLE  | any other                     | none, counted       | IDLE |
    | OPEN  | wrong nonce, or a sensor's own | none, counted      | OPEN |
    | OPEN  | PULL                          | DATA ..., END       | OPEN |
    | OPEN  | PULL while storage fails      | STATUS LOG_FAULT    | OPEN |
    | OPEN  | PULL of another log           | STATUS WRONG_LOG    | OPEN |
    | OPEN  | ACK                           | ACKED               | OPEN |
    | OPEN  | ACK of another log            | STATUS WRONG_LOG    | OPEN |
    | OPEN  | TIME                          | TIME_IS             | OPEN |
    | OPEN  | BYE                           | none                | IDLE |
    | OPEN  | body too short, out of range  | STATUS BAD_BODY     | OPEN |
    | OPEN  | unknown type                  | STATUS UNKNOWN_FRAME | OPEN |
    | OPEN  | SET, KEY, ERASE, CALIBRATE, STREAM | as `control` says | OPEN |
    """

    def __init__(
        self, device_id: bytes, log, name: str, version: str, max_frame_bytes: int, control=None, is_cable: bool = False
    ) -> None:
        if max_frame_bytes < protocol.MIN_FRAME:
            raise ValueError("max_frame_bytes is %d, must be at least %d" % (max_frame_bytes, protocol.MIN_FRAME))
        self._device_id = device_id
        self._log = log
        self._name = name.encode()
        self._version = version.encode()
        body_bytes = min(max_frame_bytes - protocol.FRAME_OVERHEAD, protocol.MAX_BODY)
        self._body_bytes = body_bytes
        self._control = control
        self._is_cable = is_cable
        self._data = bytearray(body_bytes // RECORD_BYTES * RECORD_BYTES)
        self._host_nonce = b""
        self._sessions = 0
        self._nonce = 0
        self.state = IDLE
        self.dropped = 0
        self._rows = {
            protocol.HELLO: (protocol.HELLO_FORMAT, self._hello),
            protocol.PULL: (protocol.PULL_FORMAT, self._pull),
            protocol.ACK: (protocol.ACK_FORMAT, self._ack),
            protocol.TIME: (protocol.TIME_FORMAT, self._time),
            protocol.BYE: ("<", self._bye),
        }

    def update(self, kind: int, nonce: int, body: bytes, now_ms: int) -> list:
        """Take one frame at `now_ms` since boot; return the frames that answer it."""
        if kind != protocol.HELLO and self._is_foreign(kind, nonce):
            self.dropped += 1
            return []
        if kind not in self._rows:
            return [self._controlled(kind, body)]
        form, answer = self._rows[kind]
        if len(body) >= struct.calcsize(form):
            return answer(struct.unpack_from(form, body), now_ms)
        if kind == protocol.HELLO:
            self.close()
        return [self._status(kind, protocol.BAD_BODY)]

    def live(self, raw: bytes) -> list:
        """Return the frames that tell an open session of the record `raw`: one or none."""
        return [self._frame(protocol.LIVE, raw)] if self.state == OPEN else []

    def stream(self, room: int) -> bytes:
        """Return a frame of raw samples when the host asked for them, enough wait and `room` bytes are free."""
        control = self._control
        if not control or control.raw.owner is not self or room < self._body_bytes + protocol.FRAME_OVERHEAD:
            return b""
        body = control.raw.take(self._body_bytes)
        return self._frame(protocol.SAMPLES, body) if body else b""

    @property
    def is_open(self) -> bool:
        """Whether a host has a session."""
        return self.state == OPEN

    def close(self) -> None:
        """Forget the session, as when its link went down."""
        self.state = IDLE
        self._nonce = 0
        if self._control and self._control.raw.owner is self:
            self._control.raw.stop()

    def _controlled(self, kind: int, body: bytes) -> bytes:
        """Return what control answers; a sensor without it knows none of its frames."""
        done = self._control.update(kind, body, self, self._is_cable) if self._control else protocol.UNKNOWN_FRAME
        return self._status(kind, done) if isinstance(done, int) else self._frame(done[0], done[1])

    def _is_foreign(self, kind: int, nonce: int) -> bool:
        return self.state == IDLE or nonce != self._nonce or kind >= protocol.FIRST_FROM_SENSOR

    def _hello(self, values: tuple, now_ms: int) -> list:
        major, _, host_nonce = values
        if major != protocol.MAJOR:
            self.close()
            return [self._status(protocol.HELLO, protocol.BAD_VERSION)]
        if self.state == IDLE or host_nonce != self._host_nonce:
            self.close()  # with all that the host before has asked for
            self._open(host_nonce)
        return [self._frame(protocol.INFO, self._info(now_ms))]

    def _open(self, host_nonce: bytes) -> None:
        self._sessions += 1
        self._host_nonce = host_nonce
        seed = host_nonce + self._device_id + struct.pack("<HI", self._log.boot, self._sessions)
        self._nonce = binascii.crc32(seed) or 1
        self.state = OPEN

    def _info(self, now_ms: int) -> bytes:
        log = self._log
        name = self._control.name.encode() if self._control else self._name
        more = self._control.info(self._host_nonce, self._nonce) if self._control else []
        return frame.pack_info(
            [
                (protocol.INFO_PROTOCOL, bytes((protocol.MAJOR, protocol.MINOR))),
                (protocol.INFO_DEVICE, self._device_id),
                (protocol.INFO_LOG, struct.pack("<I", log.log_id)),
                (protocol.INFO_RANGE, struct.pack("<III", log.first_seq, log.next_seq, log.acked)),
                (protocol.INFO_CLOCK, struct.pack("<HI", log.boot, now_ms & 0xFFFFFFFF)),
                (protocol.INFO_NAME, name),
                (protocol.INFO_FIRMWARE, self._version),
                (protocol.INFO_HELLO, self._host_nonce),
            ]
            + more
        )

    def _pull(self, values: tuple, _now_ms: int) -> list:
        from_seq, count, log_id = values
        if not 1 <= count <= protocol.PULL_MAX:
            return [self._status(protocol.PULL, protocol.BAD_BODY)]
        if log_id != self._log.log_id:
            return [self._status(protocol.PULL, protocol.WRONG_LOG)]
        try:
            return self._records(from_seq, from_seq + count)
        except OSError:
            return [self._status(protocol.PULL, protocol.LOG_FAULT)]

    def _records(self, from_seq: int, end_seq: int) -> list:
        frames, crc, sent, used = [], 0, 0, 0
        seq = max(from_seq, min(end_seq, self._log.first_seq))
        end_seq = min(end_seq, self._log.next_seq)
        while seq < end_seq:
            # A record that went bad on flash is left out: the host sees the hole, the sync goes on.
            if self._log.read_into(seq, self._data, used):
                crc = binascii.crc32(struct.pack("<I", seq), crc)
                sent += 1
                used += RECORD_BYTES
            seq += 1
            if used == len(self._data):
                frames.append(self._frame(protocol.DATA, self._data))
                used = 0
        if used:
            frames.append(self._frame(protocol.DATA, self._data[:used]))
        frames.append(self._frame(protocol.END, struct.pack(protocol.END_FORMAT, seq, sent, crc, from_seq)))
        return frames

    def _ack(self, values: tuple, _now_ms: int) -> list:
        code = self._log.ack(values[0], values[1])
        if code:
            return [self._status(protocol.ACK, code)]
        return [self._frame(protocol.ACKED, struct.pack(protocol.ACK_FORMAT, self._log.log_id, self._log.acked))]

    def _time(self, values: tuple, now_ms: int) -> list:
        body = struct.pack(protocol.TIME_IS_FORMAT, values[0], self._log.boot, now_ms & 0xFFFFFFFF)
        return [self._frame(protocol.TIME_IS, body)]

    def _bye(self, _values: tuple, _now_ms: int) -> list:
        self.close()
        return []

    def _status(self, kind: int, code: int) -> bytes:
        return self._frame(protocol.STATUS, struct.pack(protocol.STATUS_FORMAT, kind, code))

    def _frame(self, kind: int, body: bytes) -> bytes:
        return frame.pack(kind, self._nonce, body)
