"""The one place where errors become a line on stderr and an exit status."""

import os
import sys
import traceback
from typing import Any

import typer
from typer.core import TyperGroup

from barhold.cli import screen
from barhold.errors import BarholdError


class BarholdGroup(TyperGroup):
    """Runs a command; tells a BarholdError in one line, and takes a closed pipe for the reader's wish."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command that `ctx` names."""
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
        except BarholdError as error:
            if ctx.params.get("debug"):
                traceback.print_exc()
            screen.note(str(error))
            raise typer.Exit(error.exit_status) from None
        except BrokenPipeError:
            # The interpreter flushes stdout once more at exit: let that go nowhere instead of failing.
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            raise typer.Exit(0) from None
        return result
