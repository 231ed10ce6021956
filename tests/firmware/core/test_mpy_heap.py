"""The sample path allocates nothing: the heap is locked from a recording's first sample to its last."""

import pytest

from mpy import rig


@pytest.mark.parametrize("name", ["six-reps", "mixed-set"])
def test_the_detector_works_with_the_heap_locked(name: str, samples) -> None:
    word, reps = rig.run(rig.HERE / "heap.py", "none", stdin=samples(name)).split()
    assert word == "reps"
    assert int(reps) >= 5, "the lock proves something only if the recording reached every part of a set"


def test_nothing_allocates_even_when_the_sensor_goes_mad(samples) -> None:
    assert rig.run(rig.HERE / "heap.py", "none", stdin=samples("wild")).startswith("reps ")


@pytest.mark.parametrize("seed", ["list", "float", "bigint"])
def test_the_lock_catches_a_seeded_allocation(seed: str, samples) -> None:
    with pytest.raises(rig.RigError, match=r"MemoryError: the sample of 50\d\d ms allocated"):
        rig.run(rig.HERE / "heap.py", seed, stdin=samples("six-reps"))
