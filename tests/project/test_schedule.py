"""The order in which the files of tests run."""

import schedule
from hostkit import ROOT


def test_every_file_in_the_tables_exists_and_stands_in_one_of_them():
    assert [name for name in schedule.order() if not (ROOT / "tests" / name).is_file()] == []
    assert len(set(schedule.order())) == len(schedule.order())


def test_files_that_wait_and_files_that_compute_take_turns_longest_first():
    first, second, third = schedule.order()[:3]
    assert first == max(schedule.WAITING_S, key=lambda name: schedule.WAITING_S[name])
    assert second == max(schedule.WORKING_S, key=lambda name: schedule.WORKING_S[name])
    assert third in schedule.WAITING_S


def test_each_file_stays_together_and_those_in_no_table_come_last():
    longest, shorter = schedule.order()[0], schedule.order()[-1]
    tests = [("a.py", 1), (shorter, 1), ("b.py", 1), (longest, 1), (longest, 2), ("b.py", 2)]
    schedule.longest_first(tests, lambda test: test[0])
    assert tests == [(longest, 1), (longest, 2), (shorter, 1), ("a.py", 1), ("b.py", 1), ("b.py", 2)]
