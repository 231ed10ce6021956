"""The `barhold` command with bleak's backend in the place of the platform's: run_barhold.py SOCKET COMMAND [ARG...]

Everything else is as in a user's shell; nothing in the product knows of this.
"""

import logging
import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1])]

from barhold.cli import main  # noqa: E402
from radio import bleak_backend, hosts  # noqa: E402

if __name__ == "__main__":
    logging.getLogger("bumble").setLevel(logging.ERROR)  # a platform's own stack says nothing here either
    bleak_backend.install(hosts.at(sys.argv[1]))
    sys.argv[:2] = ["barhold"]
    sys.exit(main())
