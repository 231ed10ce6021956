"""One end of a connection: a link and the protocol on it. One host may be on the radio, another on the cable."""

from barsensor.link.session_protocol import IDLE, LOCKED

PROVE_MS = 5000
"""From its first write on, a host opens a connection within this time; where the sensor has a key, it proves it."""
SILENT_MS = 30000
UNPROVED = (IDLE, LOCKED)  # as a constant: made in each step, it would be garbage


class SessionPort:
    """Serves one link, a frame a step, so that a chatty host delays no sample, and ends what holds it for nothing.

    A link: `poll(now_ms) -> None or (type, nonce, body)`, `send(raw)`, `drop(now_ms)`, `max_frame_bytes`, `connected`,
    `spoke_ms` (when the host that is connected first wrote, -1 before that and on a cable), `is_cable`, `up` (a host
    can reach it), `faults` (how often what carries it failed).
    """

    def __init__(self, link, answer) -> None:
        self.link = link
        self._answer = answer
        self._unproved_from_ms = -1  # since when a host could have proved that it may be here
        self._proved_ms = -1

    @property
    def open(self) -> bool:
        """Whether a host that may ask for records is connected here; a stranger keeps no sensor awake."""
        return self._answer.is_open

    def serve(self, now_ms: int) -> None:
        """Answer the frame that came, if any; forget the connection when the link went down."""
        frame = self.link.poll(now_ms)
        if not self.link.connected:
            self._answer.close()
        elif frame:
            self._send(self._answer.update(frame[0], frame[1], frame[2], now_ms))
        if self._is_overdue(now_ms):
            self._answer.close()
            self.link.drop(now_ms)
        raw = self._answer.raw_sample_frame(self.link.room)
        if raw:
            self.link.send(raw)

    def leave(self, asker, now_ms: int) -> None:
        """Disconnect the host unless it is the asker: the log that it knows is no more."""
        if self._answer is not asker:
            self._answer.close()
            self.link.drop(now_ms)

    def live(self, raw) -> None:
        """Tell an open connection of the record `raw`."""
        self._send(self._answer.live(raw))

    def _is_overdue(self, now_ms: int) -> bool:
        """Tell whether the host had its time to prove the key, or has been silent for too long."""
        state = self._answer.state
        if not self.link.connected:
            self._unproved_from_ms = self._proved_ms = -1
            return False
        if state not in UNPROVED:
            self._unproved_from_ms, self._proved_ms = -1, now_ms
        elif self._unproved_from_ms < 0:  # another HELLO, or a BYE, gives no more time
            self._unproved_from_ms = max(self.link.spoke_ms, self._proved_ms)
        if self._unproved_from_ms >= 0 and now_ms - self._unproved_from_ms >= PROVE_MS:
            return True
        return state != IDLE and now_ms - self._answer.heard_ms >= SILENT_MS

    def _send(self, frames: list) -> None:
        for raw in frames:
            self.link.send(raw)
