"""The sensor's end of a connection. It is silent until HELLO; then it only answers, except for LIVE."""

import binascii
import hashlib
import struct

from barcore import frame, protocol, seal
from barcore.protocol import RECORD_BYTES

IDLE, LOCKED, OPEN, PROVED = 0, 1, 2, 3


class SessionProtocol:
    """A state machine of four states; `update` takes a frame and returns the frames to send (as bytes).

    | state  | frame                         | answer              | then |
    |--------|-------------------------------|---------------------|------|
    | any    | HELLO, where `access` answers everybody, or over the cable | INFO, new nonces | OPEN |
    | any    | HELLO, elsewhere              | short INFO, new nonces | LOCKED |
    | any but IDLE | HELLO repeated (its nonce) | the same INFO, same nonces | the same |
    | any    | HELLO of another major        | STATUS BAD_VERSION  | IDLE |
    | any    | HELLO too short               | STATUS BAD_BODY     | IDLE |
    | IDLE   | any other                     | none, counted       | IDLE |
    | any    | sealed, but forged or old     | none, counted       | the same |
    | LOCKED, OPEN | sealed                  | as below, sealed    | PROVED |
    | LOCKED | BYE                           | none                | IDLE |
    | LOCKED | any other                     | STATUS NEEDS_KEY    | LOCKED |
    | OPEN   | wrong nonce, or a sensor's own | none, counted      | OPEN |
    | PROVED | not sealed                    | none, counted       | PROVED |
    | PROVED | HELLO sealed                  | INFO                | PROVED |
    | OPEN, PROVED | PULL                    | DATA ..., END       | the same |
    | OPEN, PROVED | PULL while storage fails | STATUS LOG_FAULT   | the same |
    | OPEN, PROVED | PULL of another log     | STATUS WRONG_LOG    | the same |
    | OPEN, PROVED | ACK                     | ACKED               | the same |
    | OPEN, PROVED | ACK of another log      | STATUS WRONG_LOG    | the same |
    | OPEN, PROVED | TIME                    | TIME_IS             | the same |
    | OPEN, PROVED | BYE                     | none                | IDLE |
    | OPEN, PROVED | body too short, out of range | STATUS BAD_BODY | the same |
    | OPEN, PROVED | unknown type            | STATUS UNKNOWN_FRAME | the same |
    | OPEN, PROVED | SET, KEY, ACCESS, ERASE, CALIBRATE, STREAM, UPDATE, DIAGNOSE | as `control` says | the same |
    | any, by radio | the key or `access` changed | none            | IDLE |
    """

    def __init__(
        self,
        device_id: bytes,
        log,
        name: str,
        version: str,
        max_frame_bytes: int,
        control=None,
        is_cable: bool = False,
        access=None,
    ) -> None:
        if max_frame_bytes < protocol.MIN_FRAME:
            raise ValueError("max_frame_bytes is %d, must be at least %d" % (max_frame_bytes, protocol.MIN_FRAME))
        self._device_id = device_id
        self._log = log
        self._name = name.encode()
        self._version = version.encode()
        room_bytes = max_frame_bytes - protocol.FRAME_OVERHEAD - protocol.MAC_BYTES
        self._body_bytes = min(max(room_bytes, RECORD_BYTES), protocol.MAX_BODY)
        self._control = control
        self._is_cable = is_cable
        self._access = access
        self._data = bytearray(self._body_bytes // RECORD_BYTES * RECORD_BYTES)
        self._host_nonce = self._sensor_nonce = b""
        self._sessions = self._changes = 0
        self._nonce = 0
        self._sealer = None  # type: seal.Sealer | None
        self._opener = None  # type: seal.Opener | None
        self.state = IDLE
        self.dropped = 0
        self.heard_ms = 0  # when the last frame was taken that was not dropped
        self._rows = {
            protocol.PULL: (protocol.PULL_FORMAT, self._pull),
            protocol.ACK: (protocol.ACK_FORMAT, self._ack),
            protocol.TIME: (protocol.TIME_FORMAT, self._time),
        }

    def update(self, kind: int, nonce: int, body: bytes, now_ms: int) -> list:
        """Take one frame at `now_ms` since boot; return the frames that answer it."""
        self._end_if_changed()
        if kind == protocol.HELLO:
            self.heard_ms = now_ms
            return self._hello(body, now_ms)
        taken = self._take(kind, nonce, body)
        kind &= ~protocol.SEALED
        if taken is None or kind >= protocol.FIRST_FROM_SENSOR:
            self.dropped += 1
            return []
        self.heard_ms = now_ms
        return self._answer(kind, taken, now_ms)

    def live(self, raw: bytes) -> list:
        """Return the frames that tell an open connection of the record `raw`: one or none."""
        self._end_if_changed()
        return [self._frame(protocol.LIVE, raw)] if self.is_open else []

    def raw_sample_frame(self, room: int) -> bytes:
        """Return a frame of raw samples when the host asked for them, enough wait and `room` bytes are free."""
        control = self._control
        most_bytes = protocol.FRAME_OVERHEAD + self._body_bytes + protocol.MAC_BYTES
        if not control or control.raw.owner is not self or room < most_bytes:
            return b""
        self._end_if_changed()
        body = control.raw.take(self._body_bytes) if self.is_open else b""
        return self._frame(protocol.SAMPLES, body) if body else b""

    @property
    def is_open(self) -> bool:
        """Whether a host that may ask for records is connected."""
        return self.state in (OPEN, PROVED)

    @property
    def is_owner(self) -> bool:
        """Whether the host may do what only the owner may: it has the cable, or proved the key."""
        return self._is_cable or self.state == PROVED

    def close(self) -> None:
        """Forget the connection, as when its link went down."""
        self.state = IDLE
        self._nonce = 0
        self._sealer = self._opener = None
        if self._control and self._control.raw.owner is self:
            self._control.raw.stop()

    # --- who asks ---

    def _end_if_changed(self) -> None:
        """End a connection whose key, or right to be here, has changed; the cable has it whatever the key is."""
        if self.state != IDLE and self._access and self._access.changes != self._changes and not self._is_cable:
            self.close()

    def _take(self, kind: int, nonce: int, body: bytes) -> "bytes | None":
        """Return the body of a frame of this connection, opened where it is sealed; None for any other frame."""
        if not kind & protocol.SEALED:
            return None if self.state in (IDLE, PROVED) or nonce != self._nonce else body
        opened = self._opener.open(kind ^ protocol.SEALED, nonce, body) if self._opener else None
        if opened is not None:
            self.state = PROVED
        return opened

    def _hello(self, body: bytes, now_ms: int) -> list:
        if len(body) < struct.calcsize(protocol.HELLO_FORMAT):
            self.close()
            return [self._status(protocol.HELLO, protocol.BAD_BODY)]
        major, _, host_nonce = struct.unpack_from(protocol.HELLO_FORMAT, body)
        if major != protocol.MAJOR:
            self.close()
            return [self._status(protocol.HELLO, protocol.BAD_VERSION)]
        if self.state == IDLE or host_nonce != self._host_nonce:
            self.close()  # with all that the host before has asked for
            self._open(host_nonce)
        # Not sealed: who sent it has proved nothing, whoever is connected.
        is_whole = self._is_cable or not self._access or self._access.answers_everybody
        return [frame.pack(protocol.INFO, self._nonce, self._info(is_whole, now_ms))]

    def _open(self, host_nonce: bytes) -> None:
        access = self._access
        self._sessions += 1
        self._host_nonce = host_nonce
        seed = host_nonce + self._device_id + struct.pack("<HI", self._log.boot, self._sessions)
        self._nonce = binascii.crc32(seed) or 1
        self.state = OPEN
        if access and access.key:
            self._changes = access.changes
            self._sensor_nonce = hashlib.sha256(seed + access.secure_random_bytes()).digest()[: protocol.NONCE_BYTES]
            self._opener = seal.Opener(self._key(seal.TO_SENSOR))
            self._sealer = seal.Sealer(self._key(seal.TO_HOST))
            if not (self._is_cable or access.answers_everybody):
                self.state = LOCKED
        elif access:
            self._changes = access.changes

    def _key(self, direction: bytes) -> bytes:
        key, nonces = self._access.key, (self._host_nonce, self._sensor_nonce)
        return seal.connection_key(key, nonces[0], nonces[1], self._device_id, direction)

    # --- what is answered ---

    def _answer(self, kind: int, body: bytes, now_ms: int) -> list:
        if kind == protocol.HELLO:  # sealed: the connection stays
            return [self._frame(protocol.INFO, self._info(True, now_ms))]
        if kind == protocol.BYE:
            self.close()
            return []
        if self.state == LOCKED:
            return [self._status(kind, protocol.NEEDS_KEY)]
        if kind not in self._rows:
            return [self._controlled(kind, body)]
        form, answer = self._rows[kind]
        if len(body) < struct.calcsize(form):
            return [self._status(kind, protocol.BAD_BODY)]
        return answer(struct.unpack_from(form, body), now_ms)

    def _controlled(self, kind: int, body: bytes) -> bytes:
        """Return what control answers; a sensor without it knows none of its frames."""
        control = self._control
        if control is None:
            return self._status(kind, protocol.UNKNOWN_FRAME)
        done = control.answer(kind, body, self, self._is_cable)
        return self._status(kind, done) if isinstance(done, int) else self._frame(done[0], done[1])

    def _info(self, is_whole: bool, now_ms: int) -> bytes:
        name = self._control.name.encode() if self._control else self._name
        entries = [
            (protocol.INFO_PROTOCOL, bytes((protocol.MAJOR, protocol.MINOR))),
            (protocol.INFO_DEVICE, self._device_id),
        ]
        if is_whole:
            log = self._log
            entries += [
                (protocol.INFO_LOG, struct.pack("<I", log.log_id)),
                (protocol.INFO_RANGE, struct.pack("<III", log.first_seq, log.next_seq, log.acked)),
                (protocol.INFO_CLOCK, struct.pack("<HI", log.boot, now_ms & 0xFFFFFFFF)),
            ]
        entries.append((protocol.INFO_NAME, name))
        if is_whole:
            entries.append((protocol.INFO_FIRMWARE, self._version))
        entries.append((protocol.INFO_HELLO, self._host_nonce))
        if is_whole and self._control:
            entries += self._control.info()
        if self._sealer:
            proof = seal.proof(self._access.key, self._host_nonce, self._nonce, self._device_id)
            entries += [(protocol.INFO_PROOF, proof), (protocol.INFO_NONCE, self._sensor_nonce)]
        return frame.pack_info(entries)

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

    def _status(self, kind: int, code: int) -> bytes:
        return self._frame(protocol.STATUS, struct.pack(protocol.STATUS_FORMAT, kind, code))

    def _frame(self, kind: int, body: bytes) -> bytes:
        if self.state == PROVED and self._sealer:
            return self._sealer.pack(kind, body)
        return frame.pack(kind, self._nonce, body)
