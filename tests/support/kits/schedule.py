"""The order in which files of tests run: the longest first, so that none of them starts when the others are done.

Each file goes to one worker as a whole (`--dist loadfile`), so a server or browser that it starts is started once.
"""

from collections.abc import Callable

LONGEST_S = {
    "bench/test_bench.py": 20,
}
"""What the files below tests/ take that take longest, s; measured alone on a quiet machine. Their order is what counts."""


def longest_first(items: list, file_of: Callable) -> None:
    """Sort tests by how long their file takes; files that are not in the table keep their order and come last."""
    items.sort(key=lambda item: -LONGEST_S.get(file_of(item), 0))
