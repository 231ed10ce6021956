"""How the recordings beside this file were made. `python tests/support/data/make_recordings.py` makes them anew."""

import json
from dataclasses import asdict, replace
from pathlib import Path

from barhold import generate
from barhold.generate import CALIBRATED, Generated, RepPlan
from barhold.recordings import reader

FOLDER = Path(__file__).parent


def six_reps() -> Generated:
    """One set as the plan wants it."""
    return generate.session(1, sets=1, reps=6, hold_s=2.5, chip=replace(CALIBRATED, rate_hz=83.0))


def mixed_set() -> Generated:
    """Short and long holds, one partial rep, one dip in the band, one lift too low to count; a slow chip."""
    good = RepPlan(rise_s=0.9, hold_s=2.5, fall_s=1.2)
    plan = [
        good,
        replace(good, hold_s=1.2),
        replace(good, hold_s=3.6),
        replace(good, top=0.6),
        replace(good, top=0.35),
        replace(good, bounce=0.15),
        replace(good, floor_m_s2=20.0),
    ]
    return generate.play(5, [plan], chip=replace(CALIBRATED, rate_hz=52.0))


def lone_lift() -> Generated:
    """A single lift: no set."""
    return generate.play(7, [[RepPlan()]], chip=replace(CALIBRATED, rate_hz=52.0))


RECIPES = {"six-reps": six_reps, "mixed-set": mixed_set, "lone-lift": lone_lift}


def csv_text(made: Generated) -> str:
    """Return the recording's file."""
    return reader.to_csv(made.samples)


def truth_text(made: Generated) -> str:
    """Return the truth's file, one rep a line."""
    sets = [[_rounded({k: v for k, v in asdict(rep).items() if k != "zone_s"}) for rep in reps] for reps in made.sets]
    lines = [",\n ".join(json.dumps(rep) for rep in reps) for reps in sets]
    return "[" + ",\n".join(f"[{line}]" for line in lines) + "]\n"


def _rounded(rep: dict[str, float]) -> dict[str, float]:
    return {name: value if name == "partial" else round(value, 4) for name, value in rep.items()}


if __name__ == "__main__":
    for name, recipe in RECIPES.items():
        result = recipe()
        (FOLDER / f"{name}.csv").write_text(csv_text(result), encoding="utf-8", newline="\n")
        (FOLDER / f"{name}.json").write_text(truth_text(result), encoding="utf-8", newline="\n")
