"""One end of a session: link and answer together."""

from barsensor.link.session_port import SessionPort
from barsensor.link.session_protocol import OPEN
from sensorkit import Link


class Answer:
    """Answers every frame with two, streams what it is told."""

    def __init__(self) -> None:
        self.is_open = True
        self.state, self.heard_ms = OPEN, 0
        self.closed = 0
        self.rooms: list[int] = []
        self.streamed = b""

    def update(self, kind: int, nonce: int, body: bytes, now_ms: int) -> list[bytes]:
        return [b"%d %d %d" % (kind, nonce, now_ms), body]

    def live(self, raw: bytes) -> list[bytes]:
        return [raw]

    def raw_sample_frame(self, room: int) -> bytes:
        self.rooms.append(room)
        return self.streamed

    def close(self) -> None:
        self.closed += 1


class Raw(Link):
    def send(self, raw: bytes) -> None:
        self.sent.append(raw)


def test_one_frame_a_step_is_answered_then_one_of_the_stream_follows() -> None:
    link, answer = Raw(), Answer()
    end = SessionPort(link, answer)
    link.incoming += [(1, 2, b"a"), (3, 4, b"b")]
    answer.streamed = b"samples"
    end.serve(7)
    assert link.sent == [b"1 2 7", b"a", b"samples"]
    answer.streamed = b""
    end.serve(8)
    assert link.sent[3:] == [b"3 4 8", b"b"]
    assert answer.rooms == [4096, 4096]


def test_nothing_to_say_says_nothing() -> None:
    link = Raw()
    SessionPort(link, Answer()).serve(0)
    assert link.sent == []


def test_live_records_pass_and_open_is_the_sessions() -> None:
    link, answer = Raw(), Answer()
    end = SessionPort(link, answer)
    end.live(b"record")
    assert (link.sent, end.open) == ([b"record"], True)
    answer.is_open = False
    assert not end.open


def test_a_link_that_went_down_ends_the_session_and_answers_no_frame_that_came_before() -> None:
    link, answer = Raw(), Answer()
    link.connected = False
    link.incoming.append((1, 2, b""))
    SessionPort(link, answer).serve(0)
    assert (link.sent, answer.closed) == ([], 1)
