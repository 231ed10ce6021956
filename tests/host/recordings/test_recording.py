import contextlib
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from barhold.errors import InputError
from barhold.recordings import reader
from hostkit import DATA, barhold

HEADER = "t_s,ax_g,ay_g,az_g,gx_dps,gy_dps,gz_dps\n"


def row(t_s, value="0.0"):
    return f"{t_s},{value},0.0,1.0,0.5,-0.5,0.0\n"


GOOD = HEADER + "".join(row(f"{i / 50:.3f}") for i in range(100))

BAD = {
    "missing-column": (GOOD.replace(",gz_dps", ",other"), 1, "gz_dps is missing"),
    "no-header": (GOOD.replace(HEADER, ""), 1, "t_s is missing"),
    "empty": ("", 1, "t_s is missing"),
    "text": (GOOD + row("2.0", "abc"), 102, "ax_g is 'abc'"),
    "number-with-underscore": (GOOD + row("2.0", "1_0"), 102, "ax_g is '1_0'"),
    "empty-cell": (GOOD + row("2.0", ""), 102, "ax_g is empty"),
    "short-row": (GOOD + "2.0,1.0\n", 102, "ay_g is empty"),
    "nan": (GOOD + row("2.0", "nan"), 102, "ax_g is nan"),
    "infinite": (GOOD + row("2.0", "-inf"), 102, "ax_g is -inf"),
    "infinite-time": (GOOD + row("inf"), 102, "t_s is inf"),
    "time-backwards": (GOOD + row("1.5"), 102, "backwards from 1.98 to 1.5"),
    "header-only": (HEADER, 1, "0 rows"),
    "one-row": (HEADER + row("0.0"), 2, "1 rows"),
    "time-stands": (HEADER + row("1.0") * 50, 3, "stands still"),
    "slow": (HEADER + "".join(row(f"{i / 12.5:.3f}") for i in range(50)), 3, "12.5 Hz, must be at least 20"),
    "slow-later": (GOOD + "".join(row(2 + i) for i in range(200)), 103, "1.0 Hz, must be at least 20"),
    "years": (GOOD + row(2e9), 102, "12 days"),
    "binary": (b"t_s,ax_g\n\xff\xfe\x00\x01\n", 2, "not UTF-8"),
    "zeros": (bytes(1000), 1, "t_s is missing"),
    "endless-cell": (HEADER + "9" * 200_000 + "\n", 2, ""),
    "endless-header": ('"' + "a" * 200_000 + "\n" + row("0.0"), 1, "200001 characters, a row has at most 10000"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_recording_ends_with_one_line_that_names_file_line_and_reason(tmp_path, name):
    content, line, reason = BAD[name]
    path = tmp_path / f"{name}.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    result = barhold("replay", path, "--json")
    assert result.exit_code == 2
    assert result.stdout == ""
    assert len(result.stderr.splitlines()) == 1
    assert f"{path}, line {line}: " in result.stderr
    assert reason in result.stderr
    assert len(result.stderr) < len(str(path)) + 160


@pytest.mark.parametrize("name", ["none.csv", "."])
def test_unreadable_file_is_named(tmp_path, name):
    result = barhold("replay", tmp_path / name)
    assert (result.exit_code, result.stdout, len(result.stderr.splitlines())) == (2, "", 1)
    assert str(tmp_path / name) in result.stderr


def test_a_bad_file_does_not_stop_the_others(tmp_path):
    bad = tmp_path / "bad.csv"
    bad.write_text(HEADER)
    result = barhold("replay", bad, DATA / "lone-lift.csv")
    assert result.exit_code == 2
    assert "lone-lift.csv" in result.stdout
    assert "bad.csv" in result.stderr


def test_file_name_with_control_characters_stays_one_line(tmp_path):
    result = barhold("replay", tmp_path / "a\n\x1b[31mb.csv")
    assert len(result.stderr.splitlines()) == 1
    assert "\x1b" not in result.stderr


def test_columns_are_found_by_name_and_extra_ones_ignored(tmp_path):
    plain, mixed = tmp_path / "plain.csv", tmp_path / "mixed.csv"
    plain.write_text(GOOD)
    lines = GOOD.splitlines()[1:]
    cells = [line.split(",") for line in lines]
    mixed.write_text(
        '"a, b" , gz_dps,ax_g,ay_g,az_g,note,gx_dps,gy_dps,t_s\r\n'
        + "".join(f'"x, y",{c[6]},{c[1]},{c[2]},{c[3]},hello,{c[4]},{c[5]},{c[0]}\r\n' for c in cells),
        encoding="utf-8-sig",
    )
    assert reader.read(mixed).samples == reader.read(plain).samples


def test_units_rounding_and_limits(tmp_path):
    path = tmp_path / "r.csv"
    path.write_text(HEADER + "5.0004,1.0,-0.5,99,1.0,-2000,0.02\n5.0206,1.00013,-99,0,1e308,0,-0.02\n")
    packed = reader.unpack(reader.read(path).samples)
    assert packed["t_ms"].tolist() == [0, 21]  # 5000 and 5021: each time rounded, then the first taken off
    assert packed["axes"].tolist() == [[4096, -2048, 32767, 32, -32768, 1], [4097, -32768, 0, 32767, 0, -1]]


def test_the_recordings_own_clock_is_kept(tmp_path):
    path = tmp_path / "late.csv"
    path.write_text(HEADER + "".join(row(f"{1e6 + i / 50:.3f}") for i in range(100)))
    read = reader.read(path)
    assert (read.start_s, read.duration_s, read.rate_hz) == pytest.approx((1e6, 1.98, 50.0))


def test_rate_is_not_fooled_by_gaps_or_rounded_times(tmp_path):
    path = tmp_path / "r.csv"
    times = [int(i * 1000 / 104) / 1000 + (5 if i > 500 else 0) for i in range(1000)]
    path.write_text(HEADER + "".join(row(f"{t:.3f}") for t in times))
    assert reader.read(path).rate_hz == pytest.approx(104, rel=0.005)


def test_a_rate_no_sensor_has_is_averaged_down(tmp_path):
    path = tmp_path / "fast.csv"
    path.write_text(HEADER + "".join(row(f"{i / 1000:.3f}", f"{i % 3}") for i in range(3000)))
    read = reader.read(path)
    assert read.rate_hz == pytest.approx(1000 / 3)
    assert reader.unpack(read.samples)["axes"][:, 0].tolist() == [4096] * 1000


def test_eight_thousand_rows_take_well_under_a_tenth_of_a_second(tmp_path):
    path = tmp_path / "long.csv"
    rows = np.column_stack([np.arange(8000) / 104, np.random.default_rng(1).normal(size=(8000, 6))])
    np.savetxt(path, rows, fmt="%.5f", delimiter=",", header=HEADER.strip(), comments="")
    reader.read(path)

    def timed():
        start = time.perf_counter()
        reader.read(path)
        return time.perf_counter() - start

    assert min(timed() for _ in range(5)) < 0.1


axes = st.lists(st.integers(-32768, 32767), min_size=6, max_size=6)


@settings(max_examples=50, deadline=None)
@given(st.lists(axes, min_size=2, max_size=30))
def test_what_is_written_is_read_back_bit_by_bit(tmp_path_factory, rows):
    packed = np.empty(len(rows), reader.unpack(b"").dtype)
    packed["t_ms"], packed["axes"] = np.arange(len(rows)) * 10, rows
    path = tmp_path_factory.mktemp("r") / "r.csv"
    reader.write(path, packed.tobytes())
    assert reader.read(path).samples == packed.tobytes()


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet='0123456789.,-+eE_naif"\r\n\t \u0660\x1c\x85x', max_size=120))
def test_nothing_in_a_file_ends_in_anything_but_an_input_error(tmp_path_factory, junk):
    path = tmp_path_factory.mktemp("r") / "r.csv"
    path.write_text(GOOD + junk, encoding="utf-8", newline="")
    with contextlib.suppress(InputError):
        reader.read(path)


def bursty(rows, packet: int):
    """The rows stamped when their packet of `packet` rows came, a millisecond apart."""
    late = rows.copy()
    for first in range(0, len(rows), packet):
        last = min(first + packet, len(rows)) - 1
        late[first : last + 1, 0] = rows[last, 0] + 0.001 * np.arange(last - first + 1)
    return late


@pytest.mark.parametrize("packet", [2, 5, 12])
def test_rows_that_were_stamped_in_bursts_are_spread_evenly(packet: int) -> None:
    rows = np.zeros((1000, 7))
    rows[:, 0] = np.arange(1000) / 50
    spread_s = reader._spread_bursts(bursty(rows, packet))[:, 0]
    step_s = np.diff(spread_s)
    assert step_s.min() > 0.012
    assert step_s.max() < 0.028
    assert np.ptp((spread_s - rows[:, 0])[50:-50]) < 0.02, "all are late by the same"


def test_jitter_gaps_and_pauses_are_no_bursts() -> None:
    rng = np.random.default_rng(3)
    rows = np.zeros((2000, 7))
    rows[:, 0] = np.arange(2000) / 50 + rng.uniform(-0.006, 0.006, 2000)
    rows[1000:, 0] += 300
    kept = rows[rng.random(2000) > 0.1]
    assert reader._spread_bursts(kept) is kept


def test_a_long_gap_between_bursts_stays_a_gap() -> None:
    rows = np.zeros((400, 7))
    rows[:, 0] = np.arange(400) / 50
    rows[200:, 0] += 3.0
    spread_s = reader._spread_bursts(bursty(rows, 4))[:, 0]
    assert np.diff(spread_s).max() == pytest.approx(3.0, abs=0.1)
