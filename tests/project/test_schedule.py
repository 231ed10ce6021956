"""The order in which the files of tests run."""

import schedule
from hostkit import ROOT


def test_every_file_in_the_table_exists():
    assert [name for name in schedule.LONGEST_S if not (ROOT / "tests" / name).is_file()] == []


def test_the_longest_file_is_first_and_each_file_stays_together():
    by_length = sorted(schedule.LONGEST_S, key=lambda name: -schedule.LONGEST_S[name])
    longest, shorter = by_length[0], by_length[-1]
    tests = [("a.py", 1), (shorter, 1), ("b.py", 1), (longest, 1), (longest, 2), ("b.py", 2)]
    schedule.longest_first(tests, lambda test: test[0])
    assert tests == [(longest, 1), (longest, 2), (shorter, 1), ("a.py", 1), ("b.py", 1), ("b.py", 2)]
