"""A whole team as one TOML file: who trains, by which plan, and who wears which sensor since when. Pure.

[[lifter]]
name = "Mia"
plan = "glute-bridge"        # left out: the chosen plan

[[wearer]]
sensor = "00112233aabbccdd"
since = 2026-11-20T18:00:00Z  # left out: all that the sensor ever counted
lifter = "Mia"               # left out: nobody wears it from then on
"""

import json
import tomllib
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from barhold.errors import InputError
from barhold.model import Lifter, Wearer
from barhold.training import wall_time

_FIELDS = {"lifter": {"name", "plan"}, "wearer": {"sensor", "since", "lifter"}}


def to_toml(lifters: Iterable[Lifter], wearers: Iterable[Wearer]) -> str:
    """Return the file of a team."""
    parts = []
    for lifter in lifters:
        plan = f"plan = {json.dumps(lifter.plan, ensure_ascii=False)}\n" if lifter.plan else ""
        parts.append(f"[[lifter]]\nname = {json.dumps(lifter.name, ensure_ascii=False)}\n{plan}")
    for wearer in wearers:
        since = f"since = {_moment(wearer.since_utc_ms)}\n" if wearer.since_utc_ms > 0 else ""
        who = f"lifter = {json.dumps(wearer.lifter, ensure_ascii=False)}\n" if wearer.lifter else ""
        parts.append(f'[[wearer]]\nsensor = "{wearer.device_id}"\n{since}{who}')
    return "\n".join(parts)


def from_toml(data: bytes, where: str) -> tuple[list[Lifter], list[Wearer]]:
    """Return lifters and wearers in a team's file; InputError names the file and the place."""
    try:
        read = tomllib.loads(data.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{where}: not a team's TOML file ({error}): write one with `barhold lifter export`") from None
    unknown = read.keys() - _FIELDS.keys()
    if unknown:
        raise InputError(f"{where}: {min(unknown)!r} is unknown; a team has [[lifter]] and [[wearer]]")
    lifters = [
        Lifter(_text(entry, "name", at), _text(entry, "plan", at, "")) for at, entry in _entries(read, "lifter", where)
    ]
    names = {lifter.name for lifter in lifters}
    wearers = []
    for at, entry in _entries(read, "wearer", where):
        lifter = _text(entry, "lifter", at, "")
        if lifter and lifter not in names:
            raise InputError(f"{at}: lifter {lifter!r} is not in the file: add a [[lifter]] of this name")
        wearers.append(Wearer(_sensor(entry, at), _since_ms(entry, at), lifter))
    return lifters, wearers


def _entries(read: dict[str, Any], kind: str, where: str) -> list[tuple[str, dict[str, Any]]]:
    """Return each entry of a kind with the words for where it stands."""
    entries = read.get(kind, [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise InputError(f"{where}: write each {kind} under its own [[{kind}]]")
    named = [(f"{where}: {kind} {number}", entry) for number, entry in enumerate(entries, start=1)]
    for at, entry in named:
        if unknown := entry.keys() - _FIELDS[kind]:
            raise InputError(f"{at}: {min(unknown)!r} is unknown; there are {', '.join(sorted(_FIELDS[kind]))}")
    return named


def _text(entry: dict[str, Any], name: str, at: str, default: str | None = None) -> str:
    text = entry.get(name, default)
    if not isinstance(text, str) or (default is None and not text):
        raise InputError(f"{at}: {name} must be text in quotes")
    return text


def _sensor(entry: dict[str, Any], at: str) -> str:
    text = _text(entry, "sensor", at).lower()
    if len(text) != 16 or any(digit not in "0123456789abcdef" for digit in text):
        raise InputError(f"{at}: sensor must be its id of 16 hexadecimal digits; `barhold lifter list` shows it")
    return text


def _since_ms(entry: dict[str, Any], at: str) -> int:
    since = entry.get("since")
    if since is None:
        return 0
    if not isinstance(since, datetime):
        raise InputError(f"{at}: since must be a time, as 2026-11-20T18:00:00Z")
    since_ms = wall_time.utc_ms(since.astimezone(UTC))
    if not wall_time.is_possible(since_ms):
        raise InputError(f"{at}: since must lie between 2020 and 2100")
    return since_ms


def _moment(utc_ms: int) -> str:
    """Return a time as TOML has it; one that cannot be true as the nearest that can."""
    kept_ms = min(max(utc_ms, wall_time.FIRST_UTC_MS), wall_time.LAST_UTC_MS - 1)
    return wall_time.moment(kept_ms).isoformat(timespec="milliseconds").replace("+00:00", "Z")
