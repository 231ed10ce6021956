"""Runs the project's checks in the order in which they are named, and prints what each one cost.

    python tests/support/checks.py lint types
    python tests/support/checks.py test -k store

Used by the tasks in pyproject.toml, so that `poe lint types` works as well as `poe check`. Words that are no check are
passed on to the last one.
"""

import resource
import subprocess
import sys
import time

CHECKS = {
    "lint": ("ruff", "check", "."),
    "format": ("ruff", "format", "--check", "."),
    "types": ("mypy",),
    "test": ("pytest",),
}


def main(words: list[str]) -> int:
    """Run the checks named at the beginning of `words` and return the first exit status that is not 0."""
    names = []
    while words and words[0] in CHECKS:
        names.append(words.pop(0))
    for name in names:
        status = run(name, words if name == names[-1] else [])
        if status:
            return status
    return 0


def run(name: str, arguments: list[str]) -> int:
    """Run one check as a process of its own and print its wall and CPU time."""
    began_s, cpu_before_s = time.monotonic(), cpu_s()
    status = subprocess.run([sys.executable, "-m", *CHECKS[name], *arguments], check=False).returncode
    print(f"{name}: {time.monotonic() - began_s:.0f} s, {cpu_s() - cpu_before_s:.0f} s of CPU", flush=True)
    return status


def cpu_s() -> float:
    """Return the CPU time of all processes that have ended below this one."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
