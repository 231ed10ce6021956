"""Make what is generated in this folder: `python -m hardware.make`, or some of `wiring cad renders pages`."""

import sys
from collections.abc import Callable


def wiring() -> None:
    """Draw the harnesses and the schematic. Needs Graphviz' `dot`."""
    from hardware.wiring import draw

    draw.harnesses()
    draw.schematic()


def cad() -> None:
    """Write STL, STEP and drawings."""
    from hardware.cad import drawings, export

    export.write()
    drawings.write()


def renders() -> None:
    """Take the pictures; about a minute of computing."""
    from hardware.cad import scenes

    scenes.write()


def pages() -> None:
    """Fill the tables of the READMEs; needs NumPy alone."""
    from hardware import pages as filled

    filled.write()


STEPS: dict[str, Callable[[], None]] = {"wiring": wiring, "cad": cad, "renders": renders, "pages": pages}


def main(wanted: list[str]) -> int:
    """Run the wanted steps, all by default; return the exit status."""
    unknown = [one for one in wanted if one not in STEPS]
    if unknown:
        print(f"no step '{unknown[0]}': choose of {', '.join(STEPS)}", file=sys.stderr)
        return 2
    for name in wanted or STEPS:
        print(f"{name} ...", file=sys.stderr)
        STEPS[name]()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
