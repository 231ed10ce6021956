"""The one place where errors become a line on stderr and an exit status.

0 done, 1 only from `check` for a plan that was not met, 2 an error, 130 interrupted. The status reports the work
itself: a reader that closes the pipe early does not change it.
"""

import sys
import traceback
from typing import Any

import typer
from typer.core import TyperGroup

from barhold.cli import _console
from barhold.cli._guarded_streams import guarded
from barhold.errors import BarholdError

_ERROR, _INTERRUPTED = 2, 130


class BarholdGroup(TyperGroup):
    """Runs a command with guarded streams, and prints an error as one line."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run the command line from reading it to the exit status."""
        with guarded() as (stdout, _):
            try:
                result = super().main(*args, **kwargs)
            except SystemExit as ending:
                stdout.flush()
                if stdout.fault and not ending.code:
                    _console.note(f"the output could not be written: {stdout.fault.strerror}")
                    raise SystemExit(_ERROR) from None
                raise
            except KeyboardInterrupt:
                raise SystemExit(_INTERRUPTED) from None
            return result

    def invoke(self, ctx: Any) -> Any:
        """Run the command that `ctx` names."""
        try:
            return super().invoke(ctx)
        except (typer.Exit, KeyboardInterrupt):
            raise
        except BrokenPipeError:  # the reader of a command that would go on for ever has seen enough
            raise typer.Exit(0) from None
        except (typer.Abort, EOFError):
            _console.note("no answer was given: run it in a terminal, or see the options in --help")
            raise typer.Exit(_ERROR) from None
        except BarholdError as error:
            _print_traceback(ctx)
            _console.note(str(error))
            raise typer.Exit(error.exit_status) from None
        except OSError as error:
            _print_traceback(ctx)
            _console.note(f"{error.filename or 'the system'}: {error.strerror or error}")
            raise typer.Exit(_ERROR) from None
        except Exception as error:
            if _is_usage_error(error):
                raise
            _print_traceback(ctx)
            reason = f"{type(error).__name__}: {error}"[:300]
            _console.note(f"a fault in Barhold or its data: {reason}: repeat with `barhold --debug ...` and report it")
            raise typer.Exit(_ERROR) from None


def _print_traceback(ctx: Any) -> None:
    if ctx.params.get("debug"):
        sys.stderr.write(traceback.format_exc())


def _is_usage_error(error: Exception) -> bool:
    """Return whether typer prints the error itself: they come from the copy of click that typer uses."""
    return hasattr(error, "show") and hasattr(error, "exit_code")
