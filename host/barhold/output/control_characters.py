"""Text for a terminal: what it would obey, such as an escape sequence, is shown instead. Pure.

Names, notes, paths and error messages may come from a crafted database, file or sensor. Escape sequences in them could
retitle the window, hide lines or fill the clipboard; bidirectional overrides could reorder what is read.
"""

import re

# C0 but tab and line feed, DEL and C1; what is invisible or reorders text, but not the joiners that Persian words and
# emoji need; line and paragraph separators; halves of characters, which stand for bytes of a file name.
_CONTROL = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    r"\ud800-\udfff\U000e0000-\U000e007f]"
)


def escape_controls(text: str) -> str:
    """Return the text with control characters other than tab and line feed as escapes, such as \\x1b."""
    return text if text.isprintable() else _CONTROL.sub(_escaped, text)


def escape_line(text: str) -> str:
    """Return the text as one line: like `escape_controls`, with line feeds escaped as well."""
    return escape_controls(text).replace("\n", "\\n")


def _escaped(match: "re.Match[str]") -> str:
    code = ord(match[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
