"""Peers: what else could count reps, each in its own natural language and with settings that suit it.

All see the whole recording at once, forwards and backwards, and all get the project's own rules of rep, hold and set
on top; the detector sees one sample at a time. Their settings are the best of a small search over recordings of every
scenario.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec

from barhold.errors import InputError
from bench.found import Finder


@dataclass(frozen=True, slots=True)
class Peer:
    """A method, the packages it needs (import names) and its settings in one line."""

    name: str
    module: str
    packages: tuple[str, ...]
    settings: str


PEERS = (
    Peer(
        "find_peaks",
        "peaks",
        ("scipy", "vqf"),
        "scipy find_peaks, height 0.08 m/s, prominence 0.12, distance 0.4 s, both signs, on the velocity from "
        "offlineVQF's gravity, band-passed 0.07-3 Hz forwards and backwards; hold by the definition on it",
    ),
    Peer(
        "skdh",
        "stillness",
        ("scipy", "skdh"),
        "scikit-digital-health Sit2Stand without its stillness constraint, displacement 0.08 m, factor 0.5, velocity "
        "0.1 m/s, power band to 0.8 Hz, stillness 0.4 m/s2; hold from a rise's end to the stillness's end",
    ),
    Peer(
        "ruptures",
        "changes",
        ("scipy", "vqf", "ruptures"),
        "ruptures KernelCPD (linear), penalty 0.1, least 3 of 25 Hz, on the same velocity as find_peaks; pieces over "
        "0.05 m/s are rises and falls; hold by the definition on it",
    ),
)


def finders() -> Mapping[str, Finder]:
    """Return every peer's finder by its name; InputError where a package is missing."""
    missing = sorted({name for peer in PEERS for name in peer.packages if find_spec(name) is None})
    if missing:
        raise InputError(
            f"the peers need {', '.join(missing)}: pip install 'barhold[bench]', or leave out by --no-peers"
        )
    return {peer.name: import_module(f"{__name__}.{peer.module}").find for peer in PEERS}
