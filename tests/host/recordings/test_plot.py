"""The picture of a recording: what is drawn in it, how it marks disagreements, and what it says when it cannot be."""

import itertools
import json
import re
import shutil
import struct
from dataclasses import asdict, replace

import pytest

from barcore import live, protocol
from barhold.errors import InputError
from barhold.model import Rep
from barhold.recordings import ground_truth, reader, timeline
from barhold.recordings import replay as player
from hostkit import DATA, barhold, barhold_process

matplotlib = pytest.importorskip("matplotlib", reason="no matplotlib: the extra plot is not installed")

from barhold.recordings import plot, plot_lanes  # noqa: E402 (they need matplotlib)

LIFTS = {live.LOW, live.RISING, live.HELD, live.FALLING}


@pytest.fixture(scope="module")
def six():
    """The scene of six reps that were found rightly."""
    path = DATA / "six-reps.csv"
    taken = reader.read(path)
    return timeline.build(path, taken, player.training_sets(taken))


def spoilt(six):
    """The same scene with its first rep missed, its second's hold half a second off and its last one false."""
    first, second, *others, last = six.pairs
    long = replace(second.found, hold_ms=second.found.hold_ms + 500)
    wrong = [
        ground_truth.RepMatch(first.true, None),
        ground_truth.RepMatch(second.true, long),
        *others,
        ground_truth.RepMatch(None, last.found),
    ]
    return replace(six, pairs=wrong)


def gids(figure):
    """The marks of all artists, by row's strip."""
    return [[artist.get_gid() for artist in axes.get_children() if artist.get_gid()] for axes in figure.axes]


def words(figure):
    return [text.get_text() for axes in figure.axes for text in axes.texts]


def test_every_rep_hold_state_and_event_is_drawn(six):
    figure = plot.draw(six)
    lanes = [gid for strip in gids(figure)[::3] for gid in strip]
    assert lanes.count("true") == lanes.count("found") == 6, "no row's edge cuts a rep in two"
    assert {"TOP", "TARGET", "REP", "live"} <= set(lanes)
    found = six.pairs[0].found
    assert f"{found.hold_ms / 1000:.2f} ±{found.hold_err_ms / 1000:.2f}" in words(figure)
    assert {"low", "held"} <= set(words(figure))
    assert six.title in [text.get_text() for text in figure.texts]
    assert six.title.endswith("6 reps found, 6 true; all agree")


def test_a_disagreement_is_a_hatch_and_a_word_in_its_row(six):
    agreed, wrong = plot.draw(six), plot.draw(spoilt(six))
    marks = {ground_truth.MISSED, ground_truth.FALSE, ground_truth.HOLD_OFF}
    assert not marks & {gid for strip in gids(agreed) for gid in strip}
    for strip in range(3):  # lanes, height and velocity alike
        assert {gid for row in gids(wrong)[strip::3] for gid in row} >= marks
    hatched = [artist for axes in wrong.axes for artist in axes.get_children() if artist.get_gid() in marks]
    assert all(artist.get_hatch() for artist in hatched), "no colour is needed to see it"
    assert {"MISSED", "FALSE REP"} <= set(words(wrong))
    assert any(re.fullmatch(r"HOLD \+0\.[45]\d s", word) for word in words(wrong))
    assert spoilt(six).title.endswith("; 1 missed, 1 false, 1 hold off")


def test_without_a_truth_nothing_is_judged(six):
    figure = plot.draw(
        replace(six, pairs=[ground_truth.RepMatch(None, pair.found) for pair in six.pairs], judged=False)
    )
    assert "FALSE REP" not in words(figure)
    assert "no truth" in figure.texts[0].get_text()
    assert "true" not in [label.get_text() for label in figure.axes[0].get_yticklabels()]


def test_a_lone_lift_is_shown_as_not_counted():
    path = DATA / "lone-lift.csv"
    taken = reader.read(path)
    one = timeline.build(path, taken, player.training_sets(taken))
    assert len(one.uncounted) == 1
    assert "alone" in gids(plot.draw(one))[0]


def test_a_row_shows_what_lies_in_it_and_no_more(six):
    third = six.pairs[2].found
    middle_s = six.start_s + (third.start_ms + third.rise_ms + third.hold_ms / 2) / 1000
    part = spoilt(six).part(middle_s - 0.1, middle_s + 0.1)
    assert [pair.found for pair in part.pairs] == [third]
    assert len(part.track.t_s) == len(part.track.state) == len(part.track.reviewed_m) == pytest.approx(11, abs=1)
    assert spoilt(six).part(0.0, 5.0).pairs == part.part(middle_s + 5, middle_s + 6).pairs == []


@pytest.mark.parametrize(("seconds", "rows"), [(5, 1), (44, 1), (61, 2), (299, 10), (3600, plot.MOST_ROWS)])
def test_a_long_recording_wraps_into_rows_of_about_30_s(six, seconds, rows):
    track = replace(six.track, t_s=six.track.t_s / six.track.t_s[-1] * seconds)
    figure = plot.draw(replace(six, track=track, pairs=[]))
    assert len(figure.axes) == 3 * rows
    assert figure.get_size_inches().tolist() == [plot.WIDTH_IN, plot.HEAD_IN + plot.ROW_IN * rows]
    edges = [axes.get_xlim() for axes in figure.axes[::3]]
    assert edges[0][0] == six.start_s
    assert edges[-1][1] == pytest.approx(six.start_s + seconds)
    assert all(a[1] == b[0] for a, b in itertools.pairwise(edges))


def test_the_probe_sees_what_replay_counts_and_what_the_bar_did(six):
    track = six.track
    assert set(track.state) == LIFTS == set(plot_lanes.STATES)
    assert track.t_s[0] == pytest.approx(0.02)
    assert all(round((b - a) * 1000) == 20 for a, b in itertools.pairwise(track.t_s))
    starts = [round(said.at_s * 1000) for said in track.said if said.kind == protocol.REP]
    assert starts == [pair.found.start_ms for pair in six.pairs]
    for pair in six.pairs:
        true = pair.true
        held = (track.t_s > true.top_s + 0.2) & (track.t_s < true.down_s - 0.2)
        low = (track.t_s > true.start_s - 0.3) & (track.t_s < true.start_s)
        assert abs(track.reviewed_m_s[held]).max() < 0.06
        assert track.reviewed_m[held].mean() - track.reviewed_m[low].mean() == pytest.approx(true.rom_m, abs=0.03)


def rep_at(middle_s, hold_s=2.0):
    return Rep(1, round((middle_s - hold_s / 2 - 1) * 1000), 1000, round(hold_s * 1000), 1000, 0, 0.3, 0.6, 50, 0)


def true_at(middle_s, hold_s=2.0):
    top_s, down_s = middle_s - hold_s / 2, middle_s + hold_s / 2
    return ground_truth.TrueRep(top_s - 1, top_s, down_s, down_s + 1, hold_s, 0.3, False)


def test_reps_pair_one_to_one_with_the_nearest_in_their_own_clock():
    true, found = [true_at(110), true_at(120)], [rep_at(10.9), rep_at(10.1, 2.2), rep_at(18.9)]
    judged = ground_truth.match(true, found, 100.0)
    assert [pair.verdict for pair in judged] == [
        ground_truth.HOLD_OFF,
        ground_truth.FALSE,
        ground_truth.FALSE,
        ground_truth.MISSED,
    ]
    assert judged[0].off_ms == 200
    assert ground_truth.match([true_at(110)], [rep_at(10, 2.15)], 100.0)[0].verdict == ground_truth.AGREED


def test_both_forms_of_a_truth_are_read(tmp_path):
    nested = ground_truth.read(DATA / "six-reps.csv")
    flat = tmp_path / "a.json"
    flat.write_text(json.dumps({"seconds": 40, "reps": [{**asdict(rep), "more": 1} for rep in nested]}))
    assert ground_truth.read(tmp_path / "a.csv") == nested
    assert ground_truth.read(tmp_path / "b.csv") is None


@pytest.mark.parametrize("text", ["{", "3", "{}", '{"reps": [{"start_s": 1}]}', "[[3]]"])
def test_a_json_that_is_no_truth_is_named(tmp_path, text):
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(InputError, match=r"a\.json: .*truth of a\.csv .*; move it away"):
        ground_truth.read(tmp_path / "a.csv")


@pytest.mark.parametrize(("name", "magic"), [("a.png", b"\x89PNG\r\n\x1a\n"), ("a.SVG", b"<?xml")])
def test_the_command_writes_the_picture_beside_its_usual_output(tmp_path, name, magic):
    result = barhold("replay", DATA / "six-reps.csv", "--json", "--plot", tmp_path / name)
    assert (result.exit_code, result.stderr) == (0, "")
    assert len(result.stdout.splitlines()) == 6
    raw = (tmp_path / name).read_bytes()
    assert raw.startswith(magic)
    if name.endswith("png"):
        width, height = struct.unpack(">II", raw[16:24])
        rows = (height / plot.DPI - plot.HEAD_IN) / plot.ROW_IN
        assert (width, rows) == (plot.WIDTH_IN * plot.DPI, pytest.approx(round(rows), abs=0.01))


def test_a_folder_gets_a_picture_each(tmp_path):
    result = barhold("replay", DATA / "lone-lift.csv", DATA / "mixed-set.csv", "--plot", tmp_path)
    assert (result.exit_code, result.stderr) == (0, "")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["lone-lift.png", "mixed-set.png"]


def test_a_name_that_the_font_or_the_drawing_could_trip_over(tmp_path):
    odd = tmp_path / "\u6df1$x_{$.csv"
    shutil.copy(DATA / "lone-lift.csv", odd)
    result = barhold("replay", odd, "--plot", tmp_path / "a.png")
    assert (result.exit_code, result.stderr) == (0, "")


@pytest.mark.parametrize(
    ("files", "target", "says"),
    [
        (["lone-lift"], "a.jpg", "neither .png nor .svg"),
        (["lone-lift"], "none", "neither .png nor .svg"),
        (["lone-lift"], "none/a.png", "cannot be written"),
        (["lone-lift", "six-reps"], "a.png", "2 files need a folder"),
        (["lone-lift", "lone-lift"], ".", "share a picture"),
    ],
)
def test_a_picture_that_cannot_be_is_one_line_and_status_2(tmp_path, files, target, says):
    result = barhold("replay", *(DATA / f"{name}.csv" for name in files), "--plot", tmp_path / target)
    assert (result.exit_code, result.stdout) == (2, "")
    assert len(result.stderr.splitlines()) == 1
    assert says in result.stderr


def test_a_missing_extra_is_one_line_that_names_it(tmp_path, monkeypatch):
    monkeypatch.setattr("barhold.cli.replay.find_spec", lambda name: None)
    result = barhold("replay", DATA / "lone-lift.csv", "--plot", tmp_path / "a.png")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "pip install 'barhold[plot]'" in result.stderr


def test_the_command_draws_in_a_process_of_its_own(tmp_path):
    done = barhold_process("replay", DATA / "lone-lift.csv", "--plot", tmp_path / "a.svg")
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "a.svg").stat().st_size > 10_000
