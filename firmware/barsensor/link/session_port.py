"""One end of a session: a link and what is answered on it. A host may be on the radio, another one on the cable."""


class SessionPort:
    """Serves one link, a frame a step, so that a chatty host delays no sample.

    A link: `poll(now_ms) -> None or (type, nonce, body)`, `send(raw)`, `max_frame_bytes`, `connected`, `is_cable`,
    `up` (a host can reach it), `faults` (how often what carries it failed).
    """

    def __init__(self, link, answer) -> None:
        self.link = link
        self._answer = answer

    @property
    def open(self) -> bool:
        """Whether a host has a session here."""
        return self._answer.is_open

    def serve(self, now_ms: int) -> None:
        """Answer the frame that came, if any; forget the session when the link went down."""
        frame = self.link.poll(now_ms)
        if not self.link.connected:
            self._answer.close()
        elif frame:
            self._send(self._answer.update(frame[0], frame[1], frame[2], now_ms))
        raw = self._answer.stream(self.link.room)
        if raw:
            self.link.send(raw)

    def leave(self, asker) -> None:
        """End the connection unless it is the asker's: the log that it speaks of is no more."""
        if self._answer is not asker:
            self._answer.close()

    def live(self, raw) -> None:
        """Tell an open session of the record `raw`."""
        self._send(self._answer.live(raw))

    def _send(self, frames: list) -> None:
        for raw in frames:
            self.link.send(raw)
