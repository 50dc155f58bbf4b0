"""Compares versions as PHP's `version_compare` does, because WordPress and every updater do."""

import re

PARTS = re.compile(r"[0-9]+|[A-Za-z]+")
# Anything unknown < dev < alpha < beta < RC < nothing more < a number < pl, as PHP's manual puts it.
WORDS = {"dev": 1, "alpha": 2, "a": 2, "beta": 3, "b": 3, "rc": 4, "c": 4, "pl": 7, "p": 7}
NOTHING = (5, 0)
NUMBER = 6


def is_newer(version: str, than: str) -> bool:
    """Whether `version` is higher than the other one."""
    return compare(version, than) > 0


def compare(left: str, right: str) -> int:
    """-1, 0 or 1."""
    ours, theirs = _parts(left), _parts(right)
    longest = max(len(ours), len(theirs))
    ours += [NOTHING] * (longest - len(ours))
    theirs += [NOTHING] * (longest - len(theirs))
    return (ours > theirs) - (ours < theirs)


def _parts(version: str) -> list[tuple[int, int]]:
    return [
        (NUMBER, int(part)) if part.isdigit() else (WORDS.get(part.lower(), 0), 0)
        for part in PARTS.findall(version)
    ]
