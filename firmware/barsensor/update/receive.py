"""Takes a bundle into the slot that does not run, and lets the next start try it.

    state     frame or moment                         does                                 then
    any       BEGIN, refused                          -                                    the same, reason
    HEAD, FILES  BEGIN again, the same                -                                    the same
    any       BEGIN of what flash has in part         judges its head again                FILES, or NONE, reason
    any       BEGIN of anything else                  -                                    HEAD
    HEAD      BLOCK, the head not complete            keeps it in memory                   HEAD
    HEAD      BLOCK, the head complete but refused    -                                    NONE, reason
    HEAD      BLOCK, the head complete                empties the slot, keeps the head     FILES
    FILES     BLOCK, its file not complete            keeps it in memory                   FILES
    FILES     BLOCK, its file complete and right      writes it, and reads it back         FILES
    FILES     BLOCK, its file complete but not right  -                                    FILES, reason
    FILES     FINISH, all there                       -                                    CHECKING
    CHECKING  a step, all hashed and right            makes the slot whole, sets it on trial  READY
    CHECKING  a step, not right                       empties the slot                     NONE, reason
    READY     a while later, at rest                  restarts                             -
    HEAD, FILES  CANCEL                               empties the slot                     NONE

Before the first write of an update its whole head is there and was judged (`policy`); before that of a file, all of it
is there and has the SHA-256 that the head names. After a restart of the sensor the state is NONE until BEGIN, and what
came is on flash; only the file that was under way comes again.
"""

import hashlib
import struct

from barcore import bundle, protocol
from barcore.protocol import UPDATE_CHECKING, UPDATE_FILES, UPDATE_HEAD, UPDATE_NONE, UPDATE_READY
from barsensor.update import policy
from barsensor.update.slot_files import SlotFiles

RESTART_AFTER_MS = 1500
"""Time for the answer to reach the host."""
ASK = bytes((protocol.UPDATE_ASK,))
LEAST_BYTES = {protocol.UPDATE_BEGIN: 34, protocol.UPDATE_BLOCK: 5}
NO_BUFFER = bytearray(0)
NO_MANIFEST = bundle.Manifest((0, 0, 0), 0, 0, 0, 0, [])


class Update:
    """One sensor's updates. `slots` is the loader's Slots; `sensor` a policy.SensorIdentity."""

    def __init__(self, board, slots, sensor) -> None:
        self._board = board
        self._slots = slots
        self._sensor = sensor
        key, self.fault = policy.KEY.load(board.config)
        self._key = bytes.fromhex(key["modulus"])
        self._rows = {
            protocol.UPDATE_BEGIN: self._begin,
            protocol.UPDATE_BLOCK: self._block,
            protocol.UPDATE_FINISH: self._finish,
            protocol.UPDATE_CANCEL: self._cancel,
            protocol.UPDATE_KEY: self._keep_key,
        }
        self.state = UPDATE_NONE
        self._reason = 0
        self._asker = self._right = None
        self._manifest, self._files, self._check = NO_MANIFEST, SlotFiles(""), iter(())
        self._digest, self._head, self._file = b"", NO_BUFFER, NO_BUFFER
        self._at_hand = self._downgrade = False
        self._head_bytes = self._next = self._index = self._fill = 0
        self._restart_from_ms = 0

    def ask(self, body: bytes, asker, at_hand: bool, hindrance: int = 0):
        """Do what an UPDATE frame asks; return UPDATE_STATE's body, or a status code.

        `at_hand`: it came over the cable; `hindrance`: the reason why flash must not be written now, 0 for none.
        """
        if body == ASK:
            return self._told()
        if not body or body[0] not in self._rows or len(body) < LEAST_BYTES.get(body[0], 1):
            return protocol.BAD_BODY
        try:
            self._reason = self._may(body[0], asker, hindrance) or self._rows[body[0]](body[1:], asker, at_hand)
        except (OSError, MemoryError):
            self._lose_file()
            self._reason = protocol.UPDATE_STORAGE
        except (ValueError, policy.ConfigError):
            return protocol.BAD_BODY
        return self._told()

    def step(self, busy: bool, now_ms: int) -> bool:
        """Do one step of the check; return whether it is time to restart."""
        if self.state == UPDATE_CHECKING:
            self._step_check(busy, now_ms)
        return self.state == UPDATE_READY and not busy and now_ms >= self._restart_from_ms

    # --- one per action ---

    def _may(self, action: int, asker, hindrance: int) -> int:
        """Return why an update may not start now; 0 if it may."""
        if action not in (protocol.UPDATE_BEGIN, protocol.UPDATE_KEY):
            if asker is not self._asker or self.state not in (UPDATE_HEAD, UPDATE_FILES):
                return protocol.UPDATE_NOT_BEGUN
        elif self.state in (UPDATE_CHECKING, UPDATE_READY):
            return protocol.UPDATE_TRIAL
        return hindrance

    def _begin(self, body: bytes, asker, at_hand: bool) -> int:
        flags, digest = struct.unpack_from(protocol.UPDATE_BEGIN_FORMAT, body)
        if self.state in (UPDATE_HEAD, UPDATE_FILES) and asker is self._asker and digest == self._digest:
            return 0  # the link was down for a while: the button need not be held again
        reason = policy.begin_refusal(self._board.power.battery_mv(), self._slots.read())
        if reason:
            return reason
        files = SlotFiles(self._slots.folder(self._slots.other()))
        head = files.head_in_progress()
        goes_on = hashlib.sha256(head).digest() == digest
        if not at_hand and not goes_on and not self._board.button():
            return protocol.UPDATE_BUTTON
        self._forget()
        self._files, self._asker, self._digest = files, asker, digest
        self._at_hand, self._downgrade = at_hand, flags & protocol.UPDATE_DOWNGRADE != 0
        if goes_on:
            return self._open(head, False)
        self._head, self.state = bytearray(), UPDATE_HEAD
        return 0

    def _block(self, body: bytes, _asker, _at_hand: bool) -> int:
        (offset,) = struct.unpack_from(protocol.UPDATE_BLOCK_FORMAT, body)
        if offset != self._next:
            return protocol.UPDATE_OFFSET
        at = 4
        while at < len(body) and self.state in (UPDATE_HEAD, UPDATE_FILES):
            taken, reason = (self._take_head if self.state == UPDATE_HEAD else self._take_file)(body, at)
            if reason or not taken:
                return reason or protocol.UPDATE_BUNDLE  # more than the bundle has
            at += taken
        return 0

    def _finish(self, _body: bytes, _asker, _at_hand: bool) -> int:
        if self.state != UPDATE_FILES or self._index < len(self._manifest.files):
            return protocol.UPDATE_MISSING
        self._check = self._files.check_steps()
        self.state = UPDATE_CHECKING
        return 0

    def _cancel(self, _body: bytes, _asker, _at_hand: bool) -> int:
        if self.state == UPDATE_FILES:
            self._files.clear()
        self._forget()
        return 0

    def _keep_key(self, body: bytes, _asker, at_hand: bool) -> int:
        if not at_hand:
            return protocol.UPDATE_CABLE
        policy.KEY.save(self._board.config, {"modulus": body.hex()})
        self._key = body
        return 0

    # --- the head, then the files ---

    def _take_head(self, body: bytes, at: int) -> tuple:
        """Keep what of the head is in `body` from `at` on; return (bytes taken, reason)."""
        head, whole = self._head, bundle.HEADER_BYTES
        if len(head) >= whole:
            whole = bundle.head_bytes(head)
        piece = body[at : at + whole - len(head)]
        head.extend(piece)
        self._next += len(piece)
        if len(head) == bundle.HEADER_BYTES:
            try:
                bundle.head_bytes(head)
            except bundle.BundleError:
                self._forget()
                return len(piece), protocol.UPDATE_BUNDLE
        elif len(head) == whole:
            return len(piece), self._open(bytes(head), True)
        return len(piece), 0

    def _open(self, head: bytes, fresh: bool) -> int:
        """Judge the whole head, then make ready for its files, of which some are there unless it is `fresh`."""
        reason = protocol.UPDATE_OTHER if hashlib.sha256(head).digest() != self._digest else 0
        reason = reason or policy.head_refusal(head, self._sensor, self._key, self._at_hand, self._downgrade)
        if reason:
            self._forget()
            return reason
        self._manifest, self._head, self._head_bytes = bundle.parse_head(head)[0], NO_BUFFER, len(head)
        self._file = bytearray(max([size for _, size, _ in self._manifest.files]))
        if fresh:
            self._files.begin(head)
        self.state = UPDATE_FILES
        self._lose_file()
        return 0

    def _take_file(self, body: bytes, at: int) -> tuple:
        """Take what of the file under way is in `body` from `at` on; return (bytes taken, reason)."""
        if self._index == len(self._manifest.files):
            return 0, 0
        name, size, digest = self._manifest.files[self._index]
        count = min(len(body) - at, size - self._fill)
        self._file[self._fill : self._fill + count] = body[at : at + count]
        self._fill += count
        self._next += count
        if self._fill < size:
            return count, 0
        data = memoryview(self._file)[:size]
        if hashlib.sha256(data).digest() == digest and self._files.write_verified(name, data, digest):
            self._index, self._fill = self._index + 1, 0
            return count, 0
        self._lose_file()
        return count, protocol.UPDATE_FILE

    def _step_check(self, busy: bool, now_ms: int) -> None:
        if self._right is None:
            self._right = next(self._check)
        if self._right is None or busy:
            return
        try:
            if self._right:
                self._files.finish()
                self._slots.try_other()
                self._restart_from_ms, self.state = now_ms + RESTART_AFTER_MS, UPDATE_READY
                return
            self._files.clear()
            self._reason = protocol.UPDATE_FILE
        except OSError:
            self._reason = protocol.UPDATE_STORAGE
        self._forget()

    # --- what is known ---

    def _lose_file(self) -> None:
        """Resume after the files that are on flash."""
        self._fill = 0
        if self.state != UPDATE_FILES:
            self._forget()
            return
        self._index = self._files.first_missing(self._manifest)
        self._next = self._head_bytes + sum([size for _, size, _ in self._manifest.files[: self._index]])

    def _forget(self) -> None:
        self.state = UPDATE_NONE
        self._asker = self._right = None
        self._manifest, self._files, self._check = NO_MANIFEST, SlotFiles(""), iter(())
        self._digest, self._head, self._file = b"", NO_BUFFER, NO_BUFFER
        self._head_bytes = self._next = self._index = self._fill = 0

    def _told(self) -> bytes:
        pointer = self._slots.read()
        slot, state = (pointer.slot, pointer.state) if pointer else (0, 0)
        total_bytes = self._head_bytes + self._manifest.total_bytes
        key_id = struct.unpack("<I", hashlib.sha256(self._key).digest()[:4])[0] if self._key else 0
        offset, form = self._next, protocol.UPDATE_STATE_FORMAT
        return struct.pack(form, self.state, self._reason, slot, state, offset, total_bytes, key_id)
