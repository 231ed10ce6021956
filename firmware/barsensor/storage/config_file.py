"""A file of the configuration: a few values in a small text on a storage (port in `record_log`), defaults when damaged.

It is two lines: the values as JSON with the version of their form, and the CRC-32 of that line in hex. A value is a
whole number, a text, true, false or a list of whole numbers; no floats, because a board keeps fewer digits than a host.
A new key is no new version: older firmware passes it through unread. A new version is a step in its form's table.

A file that was saved once and is gone is a fault as well; what must be there is noted apart from the file system.

Loading writes nothing and raises nothing: a file that cannot be believed costs its values, is told, and stays as it is,
since a read that failed once may succeed at the next start. Saving over it first keeps it aside as `<name>.bad`, the
newest one only.
"""

import binascii
import json

BYTES_MOST = 2048
_BRACKETS_MOST = 64  # a parser must not be led into depths that a board's stack lacks
_TAIL_BYTES = 10


class ConfigError(Exception):
    """A file of the configuration, or a value for one, is not what its form asks for; the text says what."""


class Form:
    """What one file holds: its name, the values when there is none, their check, and a step from each older version.

    `check(values)` raises ConfigError; steps[n - 1] turns the values of version n into those of n + 1.
    """

    def __init__(self, name: str, defaults: dict, check, steps: tuple = ()) -> None:
        self.name = name
        self.version = 1 + len(steps)
        self._defaults = defaults
        self._check_values = check
        self._steps = steps

    def values(self) -> dict:
        """Return the defaults, to be changed freely."""
        return dict(self._defaults)

    def load(self, storage) -> tuple:
        """Return (values, fault): the file's values, or the defaults; `fault` is "" or what is wrong with the file."""
        try:
            raw = _read(storage, self.name)
        except OSError as error:
            return self.values(), "%s: cannot be read (%s)" % (self.name, error)
        if raw is None:
            return self.values(), "%s: gone from flash" % self.name if storage.must_hold(self.name) else ""
        return self._judged(raw)

    def save(self, storage, changes: dict) -> None:
        """Keep the defaults with `changes`, durable on return; ConfigError for one out of range, OSError of flash."""
        raw = self._text(changes)
        try:
            held = _read(storage, self.name)
        except OSError:
            held = None  # what cannot be read cannot be kept aside
        if held is not None and self._judged(held)[1]:
            storage.replace(self.name + ".bad", held)
        if held != raw:
            storage.replace(self.name, raw)
        storage.expect_file(self.name)

    def _judged(self, raw: bytes) -> tuple:
        try:
            return self._parse(raw), ""
        except ConfigError as error:
            return self.values(), "%s: %s" % (self.name, error)

    def _parse(self, raw: bytes) -> dict:
        if len(raw) > BYTES_MOST:
            raise ConfigError("over %d bytes" % BYTES_MOST)
        line = raw[:-_TAIL_BYTES]
        if raw[-_TAIL_BYTES:] != _tail(line):
            raise ConfigError("torn or damaged")
        found = _from_json(line)
        if not isinstance(found, dict):
            raise ConfigError("holds no values")
        version = found.pop("version", 0)
        if type(version) is not int or not 1 <= version <= self.version:
            raise ConfigError("version is %s, must be 1..%d" % (shown(version), self.version))
        found = self._stepped(found, version)
        if not isinstance(found, dict):
            raise ConfigError("version %d does not migrate" % version)
        values = self.values()
        for key, value in found.items():
            values[key] = tuple(value) if isinstance(value, list) else value
        self._check(values)
        return values

    def _stepped(self, found: dict, version: int):
        try:
            for step in self._steps[version - 1 :]:
                found = step(found)
            return found
        except (LookupError, TypeError, ValueError, AttributeError):
            return None

    def _check(self, values: dict) -> None:
        for key, value in values.items():
            if not isinstance(key, str) or not _is_plain(value):
                raise ConfigError("%s is %s, must be a whole number, a text or a list" % (shown(key), shown(value)))
        self._check_values(values)

    def _text(self, changes: dict) -> bytes:
        values = self.values()
        values.update(changes)
        self._check(values)
        parts = ["%s: %s" % (json.dumps(key), json.dumps(values[key])) for key in sorted(values)]
        line = ('{"version": %d, %s}' % (self.version, ", ".join(parts))).encode()
        if len(line) + _TAIL_BYTES > BYTES_MOST:
            raise ConfigError("%d bytes, at most %d" % (len(line) + _TAIL_BYTES, BYTES_MOST))
        return line + _tail(line)


def shown(value) -> str:
    """Return a value as it goes into a short text."""
    return repr(value)[:24]


def _read(storage, name: str):
    """Return the file's bytes, at most one more than a good one has; None when there is no such file."""
    if name not in storage.names():
        return None
    raw = bytearray(min(storage.size(name), BYTES_MOST + 1))
    return bytes(raw[: storage.read_into(name, 0, raw)])


def _from_json(line: bytes):
    if line.count(b"[") + line.count(b"{") > _BRACKETS_MOST:
        return None
    try:
        return json.loads(str(line, "utf-8"))
    except (ValueError, TypeError):
        return None


def _is_plain(value) -> bool:
    if isinstance(value, (list, tuple)):
        return all(type(item) is int for item in value)
    return isinstance(value, (int, str, bool))  # in MicroPython a bool is no int


def _tail(line: bytes) -> bytes:
    return ("\n%08x\n" % binascii.crc32(line)).encode()
