"""UPDATE_STATE: the progress of a sensor's update, and why it refuses one."""

import struct
from dataclasses import dataclass

from barcore import protocol


@dataclass(frozen=True, slots=True)
class UpdateState:
    """The sensor's answer to UPDATE."""

    state: int  # protocol.UPDATE_NONE ...
    reason: int
    slot: int  # that runs
    slot_state: int  # confirmed, on trial, safe mode: as the loader's `slots` numbers them
    next_offset: int
    total_bytes: int
    key_id: int  # 0 for no key

    @property
    def reason_text(self) -> str:
        """Why the update is refused; "" if it is not."""
        return reason_text(self.reason)


def reason_text(reason: int) -> str:
    """Return the text of a refusal reason, shared by host and sensor."""
    return protocol.UPDATE_REASON_TEXT.get(reason, f"reason {reason}") if reason else ""


def read_update_state(body: bytes) -> UpdateState | None:
    """Return what the body says; None when it is too short."""
    if len(body) < struct.calcsize(protocol.UPDATE_STATE_FORMAT):
        return None
    return UpdateState(*struct.unpack_from(protocol.UPDATE_STATE_FORMAT, body))
