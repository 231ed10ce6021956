"""The order in which the files of tests run: the longest first, so that none of them starts when the others are done.

Each file goes to one worker as a whole (`--dist loadfile`), so a server or browser that it starts is started once.
"""

from collections.abc import Callable
from typing import TypeVar

Test = TypeVar("Test")

LONGEST_S = {
    "bench/test_bench.py": 20,
    "host/cli/test_manners.py": 18,
}
"""How long the longest files below tests/ take alone, s. Only their order counts."""


def longest_first(tests: list[Test], file_of: Callable[[Test], str]) -> None:
    """Sort tests by how long their file takes. Those of files that are not in the table keep their order, last."""
    tests.sort(key=lambda test: -LONGEST_S.get(file_of(test), 0))
