"""Files that nobody else may read, and many who write one file at once."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from barhold.store import Store, backup, database
from fake_sensor import LOG, make

DEVICE = "00112233445566aa"
WRITERS = 8
_WRITER = """
import sys, time
from pathlib import Path
from barhold.store import Store
from fake_sensor import LOG, make
number, folder, writers = int(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
longest_s = done = 0
with Store.open(folder / "b.db") as store:
    (folder / f"{number}.ready").touch()
    while len(list(folder.glob("*.ready"))) < writers:
        time.sleep(0.01)
    until_s = time.monotonic() + 4
    while time.monotonic() < until_s:
        began_s = time.monotonic()
        store.add_records(f"{number:016x}", LOG, [make(done + at) for at in range(20)], 1)
        longest_s, done = max(longest_s, time.monotonic() - began_s), done + 20
print(done, longest_s)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX permissions")
def test_a_database_its_companions_and_a_backup_are_the_owners_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("platformdirs.user_data_path", lambda *_, **__: tmp_path / "data" / "barhold")
    monkeypatch.delenv("BARHOLD_DB", raising=False)
    before = os.umask(0)
    try:
        with Store.open() as store:
            store.add_records(DEVICE, LOG, [make(0)], 1)
            backup.backup(store, tmp_path / "backup.db")
            folder = tmp_path / "data" / "barhold"
            modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    finally:
        os.umask(before)
    assert modes == {"barhold.db": 0o600, "barhold.db-wal": 0o600, "barhold.db-shm": 0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "backup.db").stat().st_mode) == 0o600


def test_eight_writers_at_once_all_get_turns(tmp_path: Path) -> None:
    Store.open(tmp_path / "b.db").close()
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    children = [
        subprocess.Popen(
            [sys.executable, "-c", _WRITER, str(number), tmp_path, str(WRITERS)],
            env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for number in range(WRITERS)
    ]  # fmt: skip
    told = [child.communicate(timeout=120) for child in children]
    assert [child.returncode for child in children] == [0] * WRITERS, [error for _, error in told]
    done = [int(out.split()[0]) for out, _ in told]
    longest_s = [float(out.split()[1]) for out, _ in told]
    assert max(longest_s) < database.BUSY_TIMEOUT_MS / 1000 / 2
    assert min(done) * 10 > sum(done) / WRITERS, done
    with Store.open(tmp_path / "b.db") as store:
        assert len(list(store.records())) == sum(done)
