"""The order in which the files of tests run."""

import schedule
from hostkit import ROOT


def test_every_file_in_the_table_exists():
    assert [name for name in schedule.LONGEST_S if not (ROOT / "tests" / name).is_file()] == []


def test_the_longest_file_is_first_and_stays_together():
    longest, next_longest = sorted(schedule.LONGEST_S, key=schedule.LONGEST_S.get, reverse=True)[:2]
    tests = [("a.py", 1), (next_longest, 1), ("b.py", 1), (longest, 1), (longest, 2), ("a.py", 2)]
    schedule.longest_first(tests, lambda test: test[0])
    assert tests == [(longest, 1), (longest, 2), (next_longest, 1), ("a.py", 1), ("b.py", 1), ("a.py", 2)]
