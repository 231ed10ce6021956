"""The names of sensors, and how a user's text chooses one. Pure."""

import re
from collections.abc import Iterable, Mapping

from barcore import protocol

LEAST_DIGITS = 4
_ID = re.compile(r"[0-9a-f]{16}")
_PART = re.compile(rf"[0-9a-f]{{{LEAST_DIGITS},16}}")
_UNNAMED = protocol.UNNAMED % ""


def is_id(text: str) -> bool:
    """Return whether `text` is a whole device id."""
    return bool(_ID.fullmatch(text))


def sensor_name(device_id: str, name: str = "") -> str:
    """Return what the owner called the sensor, or what it calls itself: `barhold-` and the end of its id."""
    return name or protocol.UNNAMED % device_id[-LEAST_DIGITS:]


def owner_name(owner: str, names: Mapping[str, str]) -> str:
    """Return what to call the owner of a set: the lifter, or the sensor as long as no lifter was named.

    `names` has the name of each sensor by its id.
    """
    return sensor_name(owner, names.get(owner, "")) if is_id(owner) else owner


def has_id(wanted: str, device_id: str) -> bool:
    """Return whether `wanted` is the id, or 4 or more digits that begin or end it, or `barhold-` and its end."""
    digits = wanted.lower().removeprefix(_UNNAMED)
    return bool(_PART.fullmatch(digits)) and (device_id.startswith(digits) or device_id.endswith(digits))


def matching_ids(wanted: str, names: Mapping[str, str]) -> list[str]:
    """Return the ids of the sensors that `wanted` names; a name goes before a part of an id.

    `names` has the name of each known sensor by its id. Upper and lower case are the same.
    """
    named = [device_id for device_id, name in names.items() if name.casefold() == wanted.casefold()]
    return named or [device_id for device_id in names if has_id(wanted, device_id)]


def matching_owner(wanted: str, owners: Iterable[str], names: Mapping[str, str]) -> str:
    """Return the owner of sets that `wanted` names: a lifter, or a sensor by its name or a part of its id.

    It is `wanted` itself where no owner fits, or more than one.
    """
    owners = set(owners)
    if not wanted or wanted in owners:
        return wanted
    meant = [one for one in matching_ids(wanted, names) if one in owners]
    meant = meant or [one for one in owners if is_id(one) and has_id(wanted, one)]
    return meant[0] if len(meant) == 1 else wanted
