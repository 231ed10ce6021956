"""The page about security: each of its claims names a test, and each of those tests exists."""

import re

from hostkit import ROOT

PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
CLAIMS = PAGE[PAGE.index("\n## ") : PAGE.index("## How it works")]
NAMED = re.compile(r"`(test_\w+)`")
WITHOUT_A_TEST = (
    "`barhold serve` answers only your own computer; with `--lan` it lets others in.",
    "The page is not encrypted, so use `--lan` only in a network that you trust.",
    "Its records can be read, and its firmware replaced: a board with USB keeps no secret.",
    "With the key, a thief can also pass off another board as your sensor.",
    "Firmware needs more than the key.",
)
"""What limits a promise, or says where the next sentence stands."""


def sentences(text: str) -> list[str]:
    """Return the sentences, and the points of lists, of a section."""
    flat = []
    for block in re.split(r"\n\s*\n|\n(?=- )", text):
        joined = " ".join(block.split())
        if joined and not joined.startswith("#") and not joined.endswith(("can", "cannot", "from")):
            flat += re.split(r"(?<=[.;]) (?=[A-Z`])", joined.removeprefix("- "))
    return flat


def test_every_claim_names_its_test() -> None:
    found = sentences(CLAIMS)
    assert len(found) > 30
    assert [text for text in found if not NAMED.search(text) and text not in WITHOUT_A_TEST] == []


def test_every_test_that_it_names_exists() -> None:
    defined = set()
    for path in (ROOT / "tests").rglob("test_*.py"):
        defined |= set(re.findall(r"^def (test_\w+)", path.read_text(encoding="utf-8"), re.MULTILINE))
    named = NAMED.findall(PAGE)
    assert len(set(named)) > 30
    assert sorted(set(named) - defined) == []


def test_it_says_that_the_radio_is_authenticated_and_not_encrypted() -> None:
    assert "The radio is authenticated, not encrypted" in " ".join(PAGE.split())
