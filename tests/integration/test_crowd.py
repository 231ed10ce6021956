"""16 computers sync 100 sensors into one database while some are killed: nothing is lost, nothing is there twice."""

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

import crowd
from barhold.store import Store
from fake_sensor import LOG
from hostkit import ROOT, TEST_PATHS

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs fork and SIGKILL")


def run(place: str, folder: Path, *figures: int) -> int:
    """Run a crowd; return how many were killed."""
    paths = os.pathsep.join(str(ROOT / name) for name in TEST_PATHS)
    command = [sys.executable, str(Path(crowd.__file__)), place, str(folder), *map(str, figures)]
    env = {**os.environ, "PYTHONPATH": paths}
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=900)
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


def check(place: str, sensors: int, count: int) -> None:
    logs = {crowd.device(number).hex(): crowd.records(number, count) for number in range(sensors)}
    with Store.open(place) as store:
        found = [((r.device_id, r.log_id, r.seq), r.raw) for r in store.records()]
        assert len(found) == len(dict(found)), "doubled"
        assert dict(found) == {(one, LOG, seq): raw for one, log in logs.items() for seq, raw in log.items()}
        assert store.quarantined() == []
        assert Counter(one.device_id for one in store.anchors()) == Counter(list(logs))
        assert {one.device_id for one in store.devices()} == set(logs)


def test_nothing_is_lost_or_doubled(database_place: str, tmp_path: Path, tell: Callable[[str], None]) -> None:
    # The first computers find no schema, too.
    killed = run(database_place, tmp_path, 100, 60, 16, 24)
    check(database_place, 100, 60)
    tell(f"16 processes, 100 sensors by {crowd.OFTEN} each, 6000 records, {killed} killed: 0 lost, 0 doubled")


@pytest.mark.long
def test_nothing_is_lost_or_doubled_at_length(database_place: str, tmp_path: Path, tell: Callable[[str], None]) -> None:
    killed = run(database_place, tmp_path, 100, 1000, 16, 300)
    check(database_place, 100, 1000)
    tell(f"16 processes, 100 sensors by {crowd.OFTEN} each, 100000 records, {killed} killed: 0 lost, 0 doubled")


def test_a_store_that_acknowledges_too_early_is_caught(database_place: str, tmp_path: Path) -> None:
    # What the crowd proves hangs on its sensors' forgetting: one that has acknowledged without a commit has lost them.
    (tmp_path / "7.acked").write_text("3 ")
    run(database_place, tmp_path, 10, 5, 4, 0)
    with pytest.raises(AssertionError):
        check(database_place, 10, 5)
