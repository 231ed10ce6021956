"""The one place where errors become a line on stderr and an exit status."""

import contextlib
import os
import sys
import traceback
from typing import Any

import typer
from typer.core import TyperGroup

from barhold.cli import _console
from barhold.errors import BarholdError


class BarholdGroup(TyperGroup):
    """Runs a command; tells a BarholdError in one line, and takes a closed pipe for the reader's wish."""

    def make_context(self, *args: Any, **kwargs: Any) -> Any:
        """Read the command line, which is when --help and --version print."""
        try:
            return super().make_context(*args, **kwargs)
        except BrokenPipeError:
            _drop_stdout()
            raise typer.Exit(0) from None

    def invoke(self, ctx: Any) -> Any:
        """Run the command that `ctx` names."""
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
        except BarholdError as error:
            if ctx.params.get("debug"):
                traceback.print_exc()
            _console.note(str(error))
            raise typer.Exit(error.exit_status) from None
        except OSError as error:
            _drop_stdout()
            if isinstance(error, BrokenPipeError):  # the reader has seen enough
                raise typer.Exit(0) from None
            _console.note(f"{error.filename or 'output'}: {error.strerror}")
            raise typer.Exit(2) from None
        return result


def _drop_stdout() -> None:
    # The interpreter flushes stdout once more at exit: let what is left go nowhere instead of failing again.
    with contextlib.suppress(OSError):
        sys.stdout.flush()
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
