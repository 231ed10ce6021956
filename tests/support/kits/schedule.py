"""The order in which the files of tests run: the longest first, so that none of them starts when the others are done.

Files that wait for real time and files that compute take turns, so that a core has work while others wait. Each file
goes to one worker as a whole (`--dist loadfile`), so a server or browser that it starts is started once.
"""

from collections.abc import Callable
from itertools import chain, zip_longest
from typing import TypeVar

Test = TypeVar("Test")

WAITING_S = {
    "host/flash/test_flash.py": 156,
    "integration/test_update_radio.py": 140,
    "integration/test_plus2_cable.py": 64,
    "host/live/test_live_page_browser.py": 59,
    "integration/test_safe_mode.py": 58,
    "bench/test_page_lag.py": 45,
    "integration/test_flash_journey.py": 44,
    "integration/test_radio_process.py": 38,
    "host/flash/test_flash_image.py": 34,
    "integration/test_start_radio.py": 19,
    "host/live/test_live_page.py": 14,
    "integration/test_radio.py": 14,
    "host/cli/test_start_command.py": 11,
    "integration/test_turns_on_page.py": 11,
    "host/report/test_report_browser.py": 8,
    "host/store/test_disk.py": 7,
}
"""How long the longest files below tests/ take alone that mostly wait, s. Only their order counts."""
WORKING_S = {
    "host/exports/test_other_readers.py": 60,  # npm fetches a package
    "firmware/app/test_field_faults.py": 25,
    "firmware/app/test_housekeeping.py": 23,
    "firmware/app/test_start.py": 22,
    "firmware/update/test_updating.py": 21,
    "integration/test_crowd.py": 20,
    "firmware/core/test_small_ints.py": 18,
    "firmware/log/test_power_cut.py": 17,
    "host/sync/test_sync.py": 14,
    "integration/test_adversary.py": 12,
    "firmware/boards/test_boards.py": 10,
    "firmware/link/test_flood.py": 10,
    "host/cli/test_examples.py": 10,
    "host/cli/test_manners.py": 8,
    "host/cli/test_hostile_files.py": 8,
    "bench/test_bench.py": 8,
    "host/cli/test_guarded_streams.py": 7,
    "firmware/core/test_mpy_heap.py": 7,
    "firmware/app/test_soak.py": 7,
    "host/image/test_image_bundle.py": 6,
    "host/cli/test_demo.py": 6,
    "host/connection/test_hostile_frames.py": 6,
    "host/store/test_backup.py": 5,
    "firmware/core/test_mpy_parity.py": 5,
    "host/cli/test_commands.py": 5,
    "host/connection/test_connection.py": 5,
    "firmware/log/test_record_log.py": 5,
    "firmware/link/test_flood_control.py": 5,
    "bench/test_radio_measure.py": 4,
    "host/store/test_writers.py": 4,
    "host/store/test_derived.py": 4,
}
"""How much CPU time the longest of the others take, s."""


def order() -> list[str]:
    """Return the files of both tables: the longest first, one that waits and one that computes in turn."""
    by_length = (sorted(table, key=lambda name: -table[name]) for table in (WAITING_S, WORKING_S))
    return [name for name in chain.from_iterable(zip_longest(*by_length)) if name]


def longest_first(tests: list[Test], file_of: Callable[[Test], str]) -> None:
    """Sort tests by the place of their file. Those of files that are in no table keep their order, last."""
    place = {name: at for at, name in enumerate(order())}
    tests.sort(key=lambda test: place.get(file_of(test), len(place)))
