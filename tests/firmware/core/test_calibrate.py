"""Calibration: row by row of its table, what it refuses, how well it finds a part's errors, and float32."""

import ast
import importlib
import random
import struct
import types
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import poses
from barcore import calibrate, fit, still
from barcore.calibrate import (
    ALIKE,
    ALL_FACES,
    BADLY_SPREAD,
    CLIPPED,
    DONE,
    FAILED,
    IMPLAUSIBLE,
    MISFIT,
    MOVED,
    NONE,
    NOT_1G,
    NOT_CONVERGED,
    POSES_MOST,
    POSING,
    READY,
    TURNED,
    Calibrator,
)
from barcore.settings import Settings
from mpy import calibrate_poses, rig
from poses import FACES, Part, ask_pose, calibrated, tilted

EDGE = (0.707, 0.707, 0.0)


def part(seed: int = 1) -> Part:
    return Part(random.Random(seed))


def perfect() -> Part:
    return Part(random.Random(1), 0.0, 0.0, 0.0)


def shown(count: int, chip: Part) -> Calibrator:
    """A calibrator that has taken the first `count` faces."""
    calibrator = Calibrator()
    for i in range(count):
        ask_pose(calibrator, chip, FACES[i], 20000 * i)
    return calibrator


def shake(calibrator: Calibrator, t_ms: int = 300000) -> int:
    """Ask for a pose of a sensor that never rests."""
    calibrator.ask(t_ms)
    for i in range(1100):
        calibrator.update(array("i", [t_ms + 10 * i, 0, 0, 4096, 3000 * (i & 1), 0, 0]), 0)
    return calibrator.state


def test_ready_poses_when_asked_and_takes_no_sample_before() -> None:
    calibrator = Calibrator()
    assert [calibrator.update(array("i", [10 * i, 0, 0, 4096, 0, 0, 0]), 0) for i in range(300)] == [READY] * 300
    calibrator.ask(3000)
    assert calibrator.state == POSING


def test_a_refused_pose_leaves_it_ready_with_the_reason() -> None:
    calibrator = shown(2, part())
    assert shake(calibrator) == READY
    assert (calibrator.reason, calibrator.poses, calibrator.faces) == (MOVED, 2, 3)


def test_a_refused_pose_after_all_faces_leaves_it_done_with_its_result() -> None:
    calibrator = calibrated(part())
    offset = calibrator.acc_offset
    assert shake(calibrator) == DONE
    assert (calibrator.reason, calibrator.poses, calibrator.acc_offset) == (MOVED, 6, offset)


def test_a_taken_pose_leaves_it_ready_for_the_next() -> None:
    calibrator = shown(3, part())
    assert (calibrator.state, calibrator.reason, calibrator.poses, calibrator.faces) == (READY, NONE, 3, 0b000111)


def test_the_sixth_face_ends_it_in_any_order_with_poses_between() -> None:
    chip, calibrator = part(), Calibrator()
    for i, face in enumerate([EDGE, *reversed(FACES)]):
        assert calibrator.state == READY
        ask_pose(calibrator, chip, face, 20000 * i)
    assert (calibrator.state, calibrator.poses, calibrator.faces) == (DONE, 7, ALL_FACES)
    assert 0 < calibrator.misfit_ug < 3000


def test_a_further_pose_may_refuse_the_fit() -> None:
    chip = part()
    calibrator = calibrated(chip)
    assert (calibrator.state, calibrator.misfit_ug) == (DONE, 0)
    chip.offset_g[0] += 0.1  # it was hit
    assert ask_pose(calibrator, chip, (0.577, 0.577, 0.577), 300000) == FAILED
    assert (calibrator.reason, calibrator.acc_offset, calibrator.acc_scale) == (MISFIT, (0, 0, 0), (4096,) * 3)
    assert calibrator.misfit_ug > 10000


def test_twelve_poses_without_all_faces_fail() -> None:
    chip, calibrator = perfect(), Calibrator()
    ring = [(0.0, 1.0, 0.0), (0.0, -1.0, 0.0), (0.0, 0.0, 1.0), (0.0, 0.0, -1.0)]
    edges = [(0.0, y, z) for y in (0.707, -0.707) for z in (0.707, -0.707)]
    corners = [(0.577, y, z) for y in (0.577, -0.577) for z in (0.577, -0.577)]
    for i, up in enumerate(ring + edges + corners):
        assert calibrator.state == READY
        ask_pose(calibrator, chip, up, 20000 * i)
    assert (calibrator.state, calibrator.reason, calibrator.poses) == (FAILED, BADLY_SPREAD, POSES_MOST)
    assert calibrator.faces == 0b111100


def test_done_poses_when_asked_until_twelve() -> None:
    chip = perfect()
    calibrator = calibrated(chip, 0.0)
    more = [(x, y, 0.577) for x in (0.577, -0.577) for y in (0.577, -0.577)] + [(0.577, y, -0.577) for y in (0.6, -0.6)]
    for i, up in enumerate(more):
        calibrator.ask(400000 + 20000 * i)
        assert calibrator.state == POSING
        assert ask_pose(calibrator, chip, up, 400000 + 20000 * i) == DONE
    assert calibrator.poses == POSES_MOST
    calibrator.ask(900000)
    assert calibrator.state == DONE


def test_failed_stays_until_it_begins_anew() -> None:
    calibrator = shown(5, perfect())
    calibrator._fail(MISFIT)
    calibrator.ask(500000)
    assert calibrator.state == FAILED
    calibrator.begin()
    assert (calibrator.state, calibrator.reason, calibrator.poses, calibrator.faces) == (READY, NONE, 0, 0)
    for i, face in enumerate(FACES):
        ask_pose(calibrator, perfect(), face, 500000 + 20000 * i)
    assert calibrator.state == DONE


@pytest.mark.parametrize("state", [READY, POSING, DONE, FAILED])
def test_begin_forgets_in_any_state(state: int) -> None:
    calibrator = calibrated(part()) if state in (DONE, FAILED) else shown(2, part())
    if state == POSING:
        calibrator.ask(500000)
    elif state == FAILED:
        calibrator._fail(MISFIT)
    assert calibrator.state == state
    calibrator.begin()
    assert (calibrator.state, calibrator.poses, calibrator.acc_offset) == (READY, 0, (0, 0, 0))


def test_a_pose_like_an_earlier_one_is_refused() -> None:
    chip, calibrator = perfect(), shown(1, perfect())
    assert ask_pose(calibrator, chip, (0.94, 0.34, 0.0), 300000) == READY  # 20 degrees
    assert (calibrator.reason, calibrator.poses) == (ALIKE, 1)
    ask_pose(calibrator, chip, (0.866, 0.5, 0.0), 400000)
    assert (calibrator.reason, calibrator.poses) == (NONE, 2)


@pytest.mark.parametrize(("length", "reason"), [(0.55, NOT_1G), (1.45, NOT_1G), (0.0, NOT_1G), (0.75, NONE)])
def test_what_rests_reads_about_1_g(length: float, reason: int) -> None:
    calibrator = Calibrator()
    ask_pose(calibrator, perfect(), (0.0, 0.0, length))
    assert calibrator.reason == reason


def test_a_sensor_that_turns_evenly_about_the_vertical_is_refused() -> None:
    chip, calibrator = perfect(), shown(1, perfect())
    chip.zero_dps[2] = 3.0
    ask_pose(calibrator, chip, FACES[2], 300000)
    assert (calibrator.reason, calibrator.poses) == (TURNED, 1)


def test_a_stuck_axis_is_refused() -> None:
    calibrator = Calibrator()
    ask_pose(calibrator, perfect(), (8.0, 0.0, 1.0))
    assert calibrator.reason == CLIPPED


@pytest.mark.parametrize(
    ("axis", "offset_g", "scale"), [(0, 0.16, 1.0), (1, -0.16, 1.0), (2, 0.0, 1.12), (0, 0.0, 0.88)]
)
def test_implausible_errors_are_refused(axis: int, offset_g: float, scale: float) -> None:
    chip = perfect()
    chip.offset_g[axis], chip.scale[axis] = offset_g, scale
    calibrator = calibrated(chip, 0.0)
    assert (calibrator.state, calibrator.reason) == (FAILED, IMPLAUSIBLE)
    assert (calibrator.acc_offset, calibrator.acc_scale) == ((0, 0, 0), (4096, 4096, 4096))


def test_just_plausible_errors_are_taken() -> None:
    chip = perfect()
    chip.offset_g[:], chip.scale[:] = [0.145, -0.145, 0.0], [1.09, 0.92, 1.0]
    assert calibrated(chip, 0.0).state == DONE


def test_a_fit_that_does_not_converge_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calibrate, "fit", lambda readings: [])
    calibrator = calibrated(perfect())
    assert (calibrator.state, calibrator.reason) == (FAILED, NOT_CONVERGED)


def test_badly_spread_readings_have_no_fit() -> None:
    rng = random.Random(1)
    assert fit.fit([tilted(rng, (0.0, 0.0, 1.0), 60.0) for _ in range(12)]) == []
    assert fit.fit([(x, y, 0.0) for x, y in [(1, 0), (-1, 0), (0, 1), (0, -1), (0.7, 0.7), (-0.7, 0.7)]]) == []
    assert fit.fit([]) == []


def test_every_reason_has_a_text_and_those_of_still_are_its_first() -> None:
    assert sorted(calibrate.REASON_TEXT) == list(range(MOVED, IMPLAUSIBLE + 1))
    assert (still.MOVED, still.CLIPPED, still.GAPPED) == (1, 2, 3)


def errors(chip: Part, found: Calibrator) -> tuple[float, float, float]:
    """Return the largest errors left: offset in mg, scale in %, gyroscope's zero in dps."""
    offset = max(abs(o / 4.096 - 1000 * t) for o, t in zip(found.acc_offset, chip.offset_g, strict=True))
    scale = max(abs(s / 4096 * t - 1) * 100 for s, t in zip(found.acc_scale, chip.scale, strict=True))
    zero = max(abs(z / 32 - t) for z, t in zip(found.gyro_offset, chip.zero_dps, strict=True))
    return offset, scale, zero


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2**32), st.integers(0, 3))
def test_a_parts_errors_are_found(seed: int, extra: int) -> None:
    chip = part(seed)
    found = calibrated(chip, extra=extra)
    assert (found.state, found.poses) == (DONE, 6 + extra), calibrate.REASON_TEXT.get(found.reason)
    offset_mg, scale_percent, zero_dps = errors(chip, found)
    assert offset_mg < 3.0  # seen over 2000 parts: at most 0.73 mg, 0.074 %, 0.021 dps
    assert scale_percent < 0.5
    assert zero_dps < 0.03
    assert found.misfit_ug < 3000
    Settings(2000, found.acc_offset, found.acc_scale, found.gyro_offset, calibrated=True)


# --- float32 -----------------------------------------------------------------------------------------------------


def single(value: object, _where: str = "") -> object:
    """Round a float to what a board keeps of it."""
    return struct.unpack("<f", struct.pack("<f", value))[0] if type(value) is float else value


class Rounding(ast.NodeTransformer):
    """Rounds the result of every operation and every constant; the root is rounded by its stand-in."""

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        return ast.copy_location(ast.Call(ast.Name("_single", ast.Load()), [node], []), node)

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.AST:
        target = ast.parse(ast.unparse(node.target), mode="eval").body
        return ast.copy_location(ast.Assign([node.target], self.visit(ast.BinOp(target, node.op, node.value))), node)

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        return ast.copy_location(ast.Constant(single(node.value)), node)


@contextmanager
def as_on_a_board(*modules: types.ModuleType) -> Iterator[None]:
    """Within it the functions of `modules` calculate with float32."""
    for module in modules:
        tree = Rounding().visit(ast.parse(Path(module.__file__ or "").read_text(encoding="utf-8")))
        module.__dict__["_single"] = single
        exec(compile(ast.fix_missing_locations(tree), module.__name__, "exec"), module.__dict__)
        root = module.__dict__["sqrt"]
        module.__dict__["sqrt"] = lambda value, root=root: single(root(value))
    try:
        yield
    finally:
        for module in modules:
            importlib.reload(module)


def test_the_rounding_rounds() -> None:
    with as_on_a_board(fit):
        assert fit._length((1.0, 1e-4, 0.0), [0.0] * 3 + [1.0] * 3) == 1.0
        assert fit._STEP_LEAST == single(2e-5) != 2e-5
    assert fit._length((1.0, 1e-4, 0.0), [0.0] * 3 + [1.0] * 3) > 1.0


def test_float32_is_enough() -> None:
    parts = range(60)
    wide = [calibrated(part(seed), extra=seed % 3) for seed in parts]
    with as_on_a_board(fit, calibrate):
        narrow = [calibrated(part(seed), extra=seed % 3, maker=calibrate.Calibrator) for seed in parts]
    for one, other in zip(wide, narrow, strict=True):
        assert (one.state, other.state) == (DONE, DONE)
        assert one.gyro_offset == other.gyro_offset
        pairs = zip(one.acc_offset + one.acc_scale, other.acc_offset + other.acc_scale, strict=True)
        assert all(abs(a - b) <= 1 for a, b in pairs), "a count at most, where it lies between two"
        assert abs(one.misfit_ug - other.misfit_ug) <= 2


# --- both interpreters -------------------------------------------------------------------------------------------


def test_micropython_finds_the_same_integers() -> None:
    packed = b""
    for seed in range(12):
        packed += poses.packed(part(seed), [*FACES, EDGE, (0.577, -0.577, 0.577)])
    packed += poses.packed(perfect(), [*FACES[:4], EDGE, EDGE])
    lines = calibrate_poses.lines(packed)
    assert rig.run(rig.HERE / "calibrate_poses.py", stdin=packed).split("\n")[:-1] == lines
    assert sum(line.startswith(f"{DONE} ") for line in lines) == 12 * 3
    assert any(line.startswith(f"{READY} {ALIKE} ") for line in lines)
