"""Counts and lists in words. Pure."""


def count(number: int, noun: str, plural: str = "") -> str:
    """Return a number with its noun: `1 set`, `2 sets`."""
    return f"{number} {noun if number == 1 else plural or f'{noun}s'}"


def listed(words: list[str]) -> str:
    """Return words as a list in a sentence: `a`, `a and b`, `a, b and c`."""
    return " and ".join(words) if len(words) < 3 else f"{', '.join(words[:-1])} and {words[-1]}"
