"""Standard output and error while a command runs: text is filtered, and a closed pipe does not stop the work.

Every command runs inside `guarded`. Whatever prints then (typer, rich, a library, a traceback) writes to a
GuardedStream. It shows control characters instead of sending them (see output.control_characters), and ignores a
reader that has gone away. Only rich writes its colours past the filter, through `unfiltered`; _console.console()
filters its text.
"""

import codecs
import contextlib
import errno
import os
import sys
from collections.abc import Iterator
from typing import Any, TextIO, cast

from barhold.output.control_characters import escape_controls

_GONE = (errno.EPIPE, errno.ESHUTDOWN, errno.EBADF, errno.EINVAL)  # EINVAL: how Windows says that a pipe is closed
_ENCODING_ERRORS = "barhold-plain"
_PLAIN = {"\u2500": "-", "\u2588": "#", "\u2591": ".", "\u2026": "..."}


class GuardedStream:
    """A text stream that filters what is written and never raises; `fault` says what went wrong, if anything. A closed
    pipe is not a fault.
    """

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream  # None: closed from the start, or a program without a console
        self.fault: OSError | None = None
        self.is_gone = stream is None
        self.encoding = getattr(stream, "encoding", None) or "utf-8"
        self.errors = "backslashreplace"
        if stream is not None and hasattr(stream, "reconfigure"):
            stream.reconfigure(errors=_ENCODING_ERRORS)

    def write(self, text: str) -> int:
        """Write text, showing its control characters."""
        if not isinstance(text, str):  # typer finds out by this that the stream is one of text
            raise TypeError(f"text must be str, not {type(text).__name__}")
        self.write_unfiltered(escape_controls(text))
        return len(text)

    def write_unfiltered(self, text: str) -> None:
        """Write text that is known to be harmless, or that must not be changed."""
        with self._guard():
            if self._stream and not self.is_gone:
                self._stream.write(text)

    def write_bytes(self, data: bytes) -> None:
        """Write data as it is; filtered only on a terminal."""
        buffer = getattr(self._stream, "buffer", None)
        if buffer is None or self.isatty():
            self.write(data.decode("utf-8", "backslashreplace"))
            return
        with self._guard():
            if self._stream and not self.is_gone:
                self._stream.flush()
                buffer.write(data)

    def writelines(self, lines: Any) -> None:
        """Write each line."""
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """Send what is written."""
        with self._guard():
            if self._stream and not self.is_gone:
                self._stream.flush()

    def isatty(self) -> bool:
        """Return whether it is a terminal."""
        return self._stream is not None and not self._stream.closed and self._stream.isatty()

    def writable(self) -> bool:
        """Return True."""
        return True

    def fileno(self) -> int:
        """Return the file descriptor below."""
        if self._stream is None:
            raise OSError(errno.EBADF, "the stream is closed")
        return self._stream.fileno()

    @property
    def closed(self) -> bool:
        """Return False: writing is always allowed."""
        return False

    @contextlib.contextmanager
    def _guard(self) -> Iterator[None]:
        try:
            yield
        except ValueError as error:  # "I/O operation on closed file"
            if "closed" not in str(error):
                raise
            self.is_gone = True
        except OSError as error:
            if error.errno not in _GONE:
                self.fault = self.fault or error
            self._abandon()

    def _abandon(self) -> None:
        """Discard what is left: the interpreter would try to write it at exit, fail and exit with 120."""
        self.is_gone = True
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), self.fileno())


class _Unfiltered:
    """What rich writes to: its control sequences must pass, and its text is already filtered."""

    def __init__(self, stream: GuardedStream) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        self._stream.write_unfiltered(text)
        return len(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def unfiltered(stream: TextIO) -> TextIO:
    """Return a stream that writes to a guarded stream past its filter."""
    return cast(TextIO, _Unfiltered(stream)) if isinstance(stream, GuardedStream) else stream


@contextlib.contextmanager
def guarded() -> Iterator[tuple[GuardedStream, GuardedStream]]:
    """Put guarded streams in the place of stdout and stderr."""
    _plug_closed_descriptors()
    before = sys.stdout, sys.stderr
    streams = GuardedStream(before[0]), GuardedStream(before[1])
    sys.stdout, sys.stderr = cast(TextIO, streams[0]), cast(TextIO, streams[1])
    try:
        yield streams
    finally:
        for stream in streams:
            stream.flush()
        sys.stdout, sys.stderr = before


def _plug_closed_descriptors() -> None:
    """Reopen any of the descriptors 0, 1 and 2 that is closed: otherwise the next file, perhaps the database, gets
    it."""
    for fd in range(3):
        try:
            os.fstat(fd)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free


def _plain(error: UnicodeError) -> tuple[str, int]:
    """Return the text with `?` for characters that the terminal's encoding lacks."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end]
    escaped = (_PLAIN.get(c) or c.encode("ascii", "backslashreplace").decode() for c in lacking)
    return "".join(escaped), error.end


codecs.register_error(_ENCODING_ERRORS, _plain)
