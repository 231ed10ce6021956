"""The same bytes under CPython and under real MicroPython, and the same as yesterday."""

import binascii
import struct
from concurrent.futures import ThreadPoolExecutor

import pytest

from barcore import cobs, frame, protocol, record
from barsensor import main
from barsensor.boards import sim
from mpy import detect, play_recording, rig

RECORDINGS = ["lone-lift", "mixed-set", "six-reps"]
NEAR_WRAP_TICK = (1 << 30) - 10_000


def play_here(samples: bytes, start_tick: int) -> list[str]:
    return play_recording.lines(main, sim, samples, start_tick)


@pytest.mark.parametrize("name", RECORDINGS)
def test_the_detector_gives_the_golden_records(name: str, samples, golden) -> None:
    golden(f"{name}.records.txt", "".join(line + "\n" for line in detect.lines(samples(name))))


@pytest.mark.parametrize("name", [*RECORDINGS, "wild"])
def test_the_detector_gives_the_same_records_in_micropython(name: str, samples) -> None:
    packed = samples(name)
    assert rig.run(rig.HERE / "detect.py", stdin=packed).split("\n")[:-1] == detect.lines(packed)


def test_the_detector_gives_the_golden_records_with_a_boards_32_bit_integers(samples, golden) -> None:
    """The native build has 64 bits, in which nothing overflows: the set with the most kinds of record, on the other."""
    golden("mixed-set.records.txt", rig.run(rig.HERE / "detect.py", stdin=samples("mixed-set"), bits_32=True))


def test_the_golden_records_hold_reps_and_sets(samples) -> None:
    kinds = [int(line.split()[1]) for line in detect.lines(samples("six-reps"))]
    assert kinds.count(protocol.REP) == 6
    assert kinds.count(protocol.SET_START) == kinds.count(protocol.SET_END) == 1


def test_the_application_logs_and_cues_the_same_in_micropython(samples) -> None:
    packed = samples("six-reps")
    there = rig.run(rig.HERE / "play_recording.py", str(NEAR_WRAP_TICK), stdin=packed)
    assert there.split("\n")[:-1] == play_here(packed, NEAR_WRAP_TICK)


def test_played_twice_is_byte_for_byte_the_same_log_wherever_the_ticks_start(samples) -> None:
    packed = samples("six-reps")
    first = play_here(packed, 0)
    assert len(next(line for line in first if line.startswith("log "))) > 64 * 8
    assert play_here(packed, 0) == first
    assert play_here(packed, NEAR_WRAP_TICK) == first


class PipeHost:
    """A host on the pipe to the sensor in MicroPython."""

    def __init__(self, process) -> None:
        self.process = process
        self.splitter = cobs.Splitter(600)
        self.nonce = 0

    def ask(self, kind: int, body: bytes, last: int) -> list[tuple[int, int, bytes]]:
        """Send a frame; return what comes back up to the first frame of type `last`."""
        self.process.stdin.write(cobs.encode(frame.pack(kind, self.nonce, body)) + b"\0")
        got: list[tuple[int, int, bytes]] = []
        while not got or got[-1][0] != last:
            data = self.process.stdout.read(4096)
            assert data, f"the sensor left after {got}"
            got += [frame.parse(cobs.decode(packet)) for packet in self.splitter.feed(data, len(data))]
        return got


def test_a_session_with_the_virtual_sensor_in_micropython(samples) -> None:
    packed = samples("six-reps")
    with rig.sensor(packed) as process:
        host = PipeHost(process)
        process.stdin.write(b"noise\0")
        [(_, host.nonce, body)] = host.ask(protocol.HELLO, struct.pack("<BB8s", 1, 0, b"hostnonc"), protocol.INFO)
        info = frame.parse_info(body)
        log_id, (_, next_seq, _) = info[protocol.INFO_LOG], struct.unpack("<III", info[protocol.INFO_RANGE])
        pulled = b""
        while len(pulled) < next_seq * 32:
            asked = struct.pack("<IH", len(pulled) // 32, 5) + log_id
            got = host.ask(protocol.PULL, asked, protocol.END)
            pulled += b"".join(body for kind, _, body in got if kind == protocol.DATA)
        acked = host.ask(protocol.ACK, log_id + struct.pack("<I", next_seq), protocol.ACKED)
    assert acked[-1][2] == log_id + struct.pack("<I", next_seq)
    here = next(line for line in play_here(packed, 0) if line.startswith("log "))
    assert binascii.hexlify(pulled).decode() == here.split()[1]
    assert [record.header(pulled, at)[0] for at in range(0, len(pulled), 32)].count(protocol.REP) == 6


def test_a_script_that_fails_says_why_and_one_that_hangs_is_ended(tmp_path) -> None:
    script = tmp_path / "script.py"
    script.write_text("print('so far')\nraise ValueError('limit is %d, got %d' % (3, 4))")
    with pytest.raises(rig.RigError, match="ValueError: limit is 3, got 4"):
        rig.run(script)
    script.write_text("while True:\n    pass")
    with pytest.raises(rig.subprocess.TimeoutExpired):
        rig.run(script, limit_s=1)


def test_many_processes_install_it_once_and_with_no_node_on_the_path(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(rig, "PLACE", tmp_path / "place")
    monkeypatch.setenv("PATH", str(tmp_path))
    with ThreadPoolExecutor(3) as pool:
        made = list(pool.map(lambda _: rig.interpreter(), range(3)))
    assert len(set(made)) == 1
    assert made[0].is_file()
    assert [path.name for path in (tmp_path / "place").iterdir()] == [made[0].parents[3].name]


def test_the_interpreter_is_the_pinned_real_one(tmp_path) -> None:
    script = tmp_path / "script.py"
    script.write_text("import sys\nprint(sys.implementation[0], sys.implementation[1])")
    assert rig.run(script, bits_32=True) == "micropython (1, 27, 0, '')\n"
