"""The replay contract against the development recordings, where they lie beside the checkout."""

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from barhold.store import Store
from hostkit import ROOT, barhold

CORPUS = ROOT.parent / "shared" / "corpus"
pytestmark = [
    pytest.mark.skipif(not CORPUS.is_dir(), reason="no ../shared/corpus beside this checkout"),
    pytest.mark.skipif(find_spec("scipy") is None, reason="../shared/corpus/traces.py needs scipy"),
]
WRITE = """
import pathlib, sys
sys.path.insert(0, sys.argv[1])
import numpy, traces
out = pathlib.Path(sys.argv[2])
for seed in (0, 1):
    traces.write(out, f"normal-{seed}", traces.scenario("normal", seed))
bridge = min(pathlib.Path(sys.argv[1], "bridges").glob("S*.csv"))
person = numpy.loadtxt(bridge, delimiter=",", skiprows=1)
traces.write(out, "human-0", traces.scenario("bridge-human", int(bridge.stem[1:]), person))
"""


@pytest.fixture(scope="module")
def traces(tmp_path_factory):
    folder = tmp_path_factory.mktemp("traces")
    subprocess.run([sys.executable, "-c", WRITE, CORPUS, folder], check=True)
    return folder


def test_the_scorer_reads_what_replay_prints(traces):
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "host"), str(ROOT / "firmware")])}
    command = [
        sys.executable,
        CORPUS / "score.py",
        traces,
        "--json",
        "--cmd",
        f"{sys.executable} -m barhold replay --json",
    ]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=env)
    rows = json.loads(done.stdout)
    assert rows["normal"]["exact"] == 1
    assert rows["normal"]["missed"] == rows["normal"]["false"] == 0
    assert rows["human"]["within1"] == 1


def test_a_persons_recording_ends_as_rows_and_as_a_check_and_twice_adds_nothing(traces, tmp_path):
    db = tmp_path / "b.db"
    barhold("sync", "--virtual", traces / "human-0.csv", db=db)
    with Store.open(db) as store:
        first = list(store.records())
    again = barhold("sync", "--virtual", traces / "human-0.csv", db=db)
    with Store.open(db) as store:
        assert list(store.records()) == first
    assert " 0 new" in again.stdout
    replayed = barhold("replay", "--json", Path(traces, "human-0.csv")).stdout.splitlines()
    checked = barhold("check", "--json", db=db)
    assert checked.exit_code in (0, 1)
    reps = [rep for item in json.loads(checked.stdout)["sets"] for rep in item["reps"]]
    assert [rep["hold_s"] for rep in reps] == [json.loads(line)["hold_s"] for line in replayed]
    assert reps
