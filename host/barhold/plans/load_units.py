"""Loads on the bar as people write them: "60kg", "132.5 lb", "62,5 kg", and "60" where the unit is known. Pure."""

import re

from barhold.errors import InputError
from barhold.model import Load

KG_PER_LB = 0.45359237
MOST_KG = 1000.0
_UNITS = {"kg": "kg", "kgs": "kg", "lb": "lb", "lbs": "lb"}
_SHAPE = re.compile(r"(\d{1,6}(?:[.,]\d{1,4})?)\s*([^\d\s.,]*)", re.ASCII)


def parse(text: str, usual_unit: str = "") -> Load:
    """Return the load that `text` says, in the usual unit where it names none; InputError where that is unknown."""
    shape = _SHAPE.fullmatch(text.strip())
    if not shape:
        raise InputError(f"load {text!r}: it must be a number and its unit, as 60kg or 132.5 lb")
    unit = _UNITS.get(shape[2].lower() or usual_unit)
    if unit is None and not shape[2]:
        raise InputError(f"{shape[1]} needs a unit: write {shape[1]}kg or {shape[1]}lb")
    if unit is None:
        raise InputError(f"load {text!r}: {shape[2]} is not kg or lb: write {shape[1]}kg or {shape[1]}lb")
    load = Load(float(shape[1].replace(",", ".")), unit)
    if not 0 < in_kg(load) <= MOST_KG:
        raise InputError(f"load {text!r}: it must be over 0 and at most {MOST_KG:g} kg")
    return load


def in_kg(load: Load) -> float:
    """Return the load in kg."""
    return load.amount * (KG_PER_LB if load.unit == "lb" else 1.0)


def as_text(load: Load) -> str:
    """Return the load as it was said."""
    return f"{load.amount:.10g} {load.unit}"
