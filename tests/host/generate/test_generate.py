from dataclasses import replace

import numpy as np
import pytest

from barhold import generate
from barhold.generate import Body, Chip, RepPlan, motion, scenarios
from barhold.recordings import reader
from data import make_recordings
from hostkit import DATA

IDEAL = Chip(100.0, 0, 0, 0, 0, 0, jitter_s=0)
STIFF = Body(0.45, 0.30, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 8.0, 0.1, 0.0)


@pytest.mark.parametrize("name", make_recordings.RECIPES)
def test_the_recordings_in_the_repository_are_made_anew_byte_by_byte(name):
    made = make_recordings.RECIPES[name]()
    assert make_recordings.csv_text(made) == (DATA / f"{name}.csv").read_text(encoding="utf-8")
    assert make_recordings.truth_text(made) == (DATA / f"{name}.json").read_text(encoding="utf-8")
    assert reader.read(DATA / f"{name}.csv").samples == made.samples


def test_seeds_differ():
    assert generate.session(1, sets=1).samples != generate.session(2, sets=1).samples


def test_a_session_has_what_was_asked_for():
    made = generate.session(4, sets=2, reps=5, hold_s=2.5)
    assert [len(reps) for reps in made.sets] == [5, 5]
    assert all(2.2 < rep.hold_s < 2.8 for rep in made.reps)
    assert all(0.2 < rep.rom_m < 0.37 and not rep.partial for rep in made.reps)
    for rep in made.reps:
        assert rep.start_s < rep.top_s < rep.down_s < rep.end_s
        assert rep.hold_s == pytest.approx(rep.down_s - rep.top_s)
    assert made.sets[1][0].start_s - made.sets[0][-1].end_s > 15


def test_truth_judges_by_the_words_of_the_design():
    full = RepPlan()
    plan = [full, replace(full, top=0.45), replace(full, top=0.6), replace(full, bounce=0.2), replace(full, bounce=0.4)]
    reps = generate.play(3, [plan], body=STIFF).reps
    assert len(reps) == 4  # 45 % of the range is no rep
    assert [rep.partial for rep in reps] == [False, True, False, False]
    assert reps[2].hold_s > 2.9  # a dip within a quarter of the range: one hold
    assert reps[3].hold_s < 1.5  # a deeper dip splits the hold, the longer piece counts
    assert reps[3].end_s - reps[3].start_s == pytest.approx(reps[2].end_s - reps[2].start_s, abs=0.2)


def test_a_lone_lift_is_no_set():
    assert generate.play(3, [[RepPlan()]]).sets == ()


def test_the_accelerometer_integrates_to_the_true_range():
    made = generate.play(5, [[RepPlan(), RepPlan()]], chip=IDEAL, body=STIFF)
    t_s, acc_g, _ = _readings(made)
    rep = made.reps[0]
    rest = (t_s > rep.start_s - 0.7) & (t_s < rep.start_s - 0.3)
    up = acc_g[rest].mean(axis=0)
    assert np.linalg.norm(up) == pytest.approx(1, abs=0.002)
    rise = (t_s > rep.start_s - 0.5) & (t_s < (rep.top_s + rep.down_s) / 2)
    speed = np.cumsum((acc_g[rise] @ up - 1) * 9.80665) * 0.01
    assert speed.max() == pytest.approx(1.875 * 0.3 / 1.0, rel=0.15)
    assert np.sum(speed) * 0.01 == pytest.approx(rep.rom_m, abs=0.01)


@pytest.mark.parametrize("seed", range(6, 10))  # each a mounting of its own
def test_gyro_and_accelerometer_agree_on_how_the_bar_rolled_in(seed):
    made = generate.play(seed, [[RepPlan(), RepPlan()]], chip=IDEAL, body=STIFF)
    t_s, acc_g, gyro_dps = _readings(made)
    down = acc_g[0]
    for rate_dps in gyro_dps[t_s < made.reps[0].start_s - 0.4]:
        down = down - np.cross(np.radians(rate_dps), down) * 0.01
    now = acc_g[(t_s > made.reps[0].start_s - 0.7) & (t_s < made.reps[0].start_s - 0.4)].mean(axis=0)
    turned_deg = np.degrees(np.arccos(now @ acc_g[0] / np.linalg.norm(now) / np.linalg.norm(acc_g[0])))
    assert turned_deg > 60
    assert np.degrees(np.arccos(down @ now / np.linalg.norm(down) / np.linalg.norm(now))) < 3


def test_a_knock_leaves_the_bar_as_it_found_it():
    script = motion.Script()
    script.move(3)
    script.knock(50, 20, 0.04)
    script.move(3)
    t_s, acc_g, _ = _readings(generate.read(np.random.default_rng(1), STIFF, script, IDEAL))
    vertical_m_s2 = (acc_g @ acc_g[:200].mean(axis=0) - 1) * 9.80665
    assert vertical_m_s2.max() > 15
    speed = np.cumsum(vertical_m_s2 - vertical_m_s2[:200].mean()) * 0.01
    assert abs(speed[(t_s > 3.5) & (t_s < 5)].mean()) < 0.03


def test_chip_errors_show():
    quiet = generate.play(5, [[RepPlan(), RepPlan()]], chip=IDEAL, body=STIFF)
    noisy = generate.play(5, [[RepPlan(), RepPlan()]], chip=replace(IDEAL, acc_noise_g=0.004), body=STIFF)
    assert _readings(quiet)[1][:200].std(axis=0).max() < 0.0002
    assert _readings(noisy)[1][:200].std(axis=0) == pytest.approx([0.004] * 3, rel=0.25)
    lost = generate.play(5, [[RepPlan(), RepPlan()]], chip=replace(IDEAL, lost=(4.0, 4.3)), body=STIFF)
    assert np.diff(_readings(lost)[0]).max() == pytest.approx(0.3, abs=0.03)


@pytest.mark.parametrize("name", scenarios.NAMES)
def test_every_scenario_has_a_set_and_differs_by_its_seed(name):
    made, other = scenarios.make(name, 0), scenarios.make(name, 1)
    assert made.samples != other.samples
    assert made.samples == scenarios.make(name, 0).samples
    assert len(made.sets) == (0 if name == "idle" else 1)


def test_scenarios_are_what_they_are_called():
    def reps(name):
        return [rep for seed in range(3) for rep in scenarios.make(name, seed).reps]

    assert max(rep.rom_m for rep in reps("bridge")) < 0.16
    assert {rep.partial for rep in reps("partial")} == {False, True}
    assert min(rep.top_s - rep.start_s for rep in reps("slow")) > 1.5
    assert max(rep.hold_s for rep in reps("fast")) < 0.9
    assert max(rep.hold_s for rep in reps("long-hold")) > 12
    assert min(rep.top_s - rep.start_s for rep in reps("slower")) > 1.7
    assert 0.45 < min(rep.rom_m for rep in reps("deadlift")) < max(rep.rom_m for rep in reps("deadlift")) < 0.75
    varied = [rep.top_s - rep.start_s for rep in scenarios.make("varied", 1).reps]
    assert max(varied) > 2 * min(varied), "the tempo changes within a set"
    assert all(abs(rep.hold_s - line_s) > 0.04 for rep in reps("edge") for line_s in (2, 3))
    gap = _readings(scenarios.make("gap", 0))[0]
    assert np.diff(gap).max() == pytest.approx(0.3, abs=0.03)
    assert scenarios.make("rate-40", 0).rate_hz == 40


def _readings(made):
    packed = reader.unpack(made.samples)
    return packed["t_ms"] / 1000, packed["axes"][:, :3] / 4096, packed["axes"][:, 3:] / 32
