"""Many computers sync many sensors into one database, and some of them die: a program of its own, so that it may fork.

    python crowd.py URL FOLDER SENSORS RECORDS PROCESSES KILLS

A sensor forgets what was acknowledged: FOLDER holds, per sensor, up to where, and who comes later finds only the rest.
So a record that was acknowledged and is not in the database is lost for ever, and shows.
"""

import asyncio
import os
import random
import signal
import sys
import time
from pathlib import Path

from barhold.connection import Connection
from barhold.errors import StoreError
from barhold.store import Store
from fake_sensor import FakeLog, FakeSensor, make

OFTEN = 3
"""How many computers go for each sensor."""
LONGEST_S = 0.2
"""From one death to the next."""


def device(number: int) -> bytes:
    return number.to_bytes(8, "big")


def records(number: int, count: int) -> dict[int, bytes]:
    return {seq: make(seq, t_ms=1000 * number + seq) for seq in range(count)}


class Forgetful(FakeSensor):
    """A sensor whose log's acknowledged part is gone."""

    def __init__(self, number: int, count: int, folder: Path) -> None:
        self.kept = folder / f"{number}.acked"
        acked = max((int(word) for word in self.kept.read_text().split()), default=0) if self.kept.exists() else 0
        log = FakeLog({seq: raw for seq, raw in records(number, count).items() if seq >= acked})
        log.first_seq, log.next_seq, log.acked = acked, count, acked
        super().__init__(log, device=device(number))
        real = log.ack

        def ack(log_id: int, next_seq: int) -> int:
            with self.kept.open("a") as file:
                file.write(f"{next_seq} ")
            return real(log_id, next_seq)

        log.ack = ack


def computer(url: str, folder: Path, numbers: list[int], count: int) -> None:
    """Sync these sensors; one that another computer holds for too long is tried again."""
    with Store.open(url) as store:
        for number in numbers:
            for _ in range(5):
                sensor = Forgetful(number, count, folder)
                try:
                    asyncio.run(Connection(sensor, store, lambda: time.time_ns() // 1_000_000).run())
                    break
                except StoreError as err:
                    print(err, file=sys.stderr)


def main(url: str, folder: Path, sensors: int, count: int, processes: int, kills: int) -> None:
    rng = random.Random(1)
    work = [[] for _ in range(processes)]
    for number in range(sensors):
        for who in rng.sample(range(processes), OFTEN):
            work[who].append(number)
    running: dict[int, list[int]] = {}

    def begin(numbers: list[int]) -> None:
        pid = os.fork()
        if not pid:
            status = 1
            try:
                computer(url, folder, numbers, count)
                status = 0
            finally:
                os._exit(status)
        running[pid] = numbers

    for numbers in work:
        rng.shuffle(numbers)
        begin(numbers)
    killed = 0
    while running:
        if killed < kills:
            time.sleep(rng.uniform(0, LONGEST_S))
            os.kill(rng.choice(list(running)), signal.SIGKILL)
        pid, status = os.wait()
        numbers = running.pop(pid)
        if os.waitstatus_to_exitcode(status) == -signal.SIGKILL:
            killed += 1
            begin(numbers)
        elif status:
            raise SystemExit(f"a computer failed with {status}")
    print(killed)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), *map(int, sys.argv[3:]))
