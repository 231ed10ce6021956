"""The order in which the files of tests run: the longest first, so that none of them starts when the others are done.

Each file goes to one worker as a whole (`--dist loadfile`), so a server or browser that it starts is started once.
"""

from collections.abc import Callable
from typing import TypeVar

Test = TypeVar("Test")

LONGEST_S = {
    "host/exports/test_other_readers.py": 60,  # npm fetches a package
    "integration/test_update_radio.py": 130,
    "host/flash/test_flash.py": 100,
    "integration/test_safe_mode.py": 68,
    "integration/test_plus2_cable.py": 62,
    "host/live/test_live_page_browser.py": 60,
    "bench/test_page_lag.py": 46,
    "firmware/app/test_housekeeping.py": 33,
    "integration/test_radio_process.py": 34,
    "firmware/app/test_start.py": 25,
    "firmware/app/test_field_faults.py": 25,
    "integration/test_crowd.py": 22,
    "integration/test_start_radio.py": 20,
    "bench/test_radio_measure.py": 20,
    "integration/test_adversary.py": 20,
    "firmware/log/test_power_cut.py": 18,
    "host/cli/test_manners.py": 16,
    "firmware/boards/test_boards.py": 14,
    "firmware/core/test_small_ints.py": 14,
    "host/store/test_backup.py": 12,
    "host/cli/test_examples.py": 12,
    "host/cli/test_start_command.py": 11,
    "host/store/test_disk.py": 11,
    "bench/test_bench.py": 11,
    "firmware/link/test_flood.py": 11,
    "host/cli/test_guarded_streams.py": 10,
    "firmware/app/test_soak.py": 10,
    "integration/test_radio.py": 9,
    "host/report/test_report_browser.py": 8,
    "host/cli/test_narrow_terminals.py": 8,
    "host/cli/test_hostile_files.py": 8,
    "host/recordings/test_compare.py": 8,
    "host/cli/test_commands.py": 8,
    "firmware/core/test_mpy_heap.py": 8,
    "host/store/test_postgres.py": 8,
    "integration/test_flash_journey.py": 7,
    "host/recordings/test_plot.py": 6,
    "host/store/test_derived.py": 6,
    "host/store/test_store.py": 6,
    "firmware/core/test_mpy_parity.py": 5,
    "host/live/test_live_page.py": 5,
    "host/image/test_image_bundle.py": 5,
    "host/store/test_writers.py": 5,
    "firmware/log/test_record_log.py": 5,
    "firmware/link/test_flood_control.py": 5,
}
"""How long the longest files below tests/ take alone, s. Only their order counts."""


def longest_first(tests: list[Test], file_of: Callable[[Test], str]) -> None:
    """Sort tests by how long their file takes. Those of files that are not in the table keep their order, last."""
    tests.sort(key=lambda test: -LONGEST_S.get(file_of(test), 0))
