"""What the figures mean beside their goals, in the terminal and in docs/reference/performance.md."""

import platform
from collections.abc import Sequence
from pathlib import Path

from tests.bench.comparing import HELLO, Comparison
from tests.bench.driving import CONNECTIONS

COST, P99_MS, GROWTH = 2.0, 50.0, 1.2
PAGE = """# Performance

Written by `{command}`;
every number below was measured, none typed. They are ratios, because seconds of one machine say little about
another: CPU time (user and system) of all server processes for one request, beside a bare Flask route behind
the same granian in the same run. {connections} connections that stay open, {rounds} rounds by turns, medians.
The load tool keeps to one core. Python {python}, SQLite, {machine};
limits were off, because one address asked for all sites.

| `POST /v1/license-validations` with a site token | measured | goal |
| --- | --- | --- |
{rows}

{steadiness} To repeat: `./check bench`, or `./check bench --full` with a
million licenses. The bench refuses to judge when rounds of the bare route differ by more than 30 %.

Each request has another token and a nonce, and each answer is signed for it. How the call is kept this cheap:
[in front of Flask](../decisions/0026-validation-in-front-of-flask.md) and
[on one core](../decisions/0043-answers-meet-on-one-core.md), where the bare route runs on all of them.
"""


def judge(found: Comparison, sizes: Sequence[int]) -> list[str]:
    """Each goal with what was measured, a sentence each."""
    return [
        f"{what}: {figure}, goal {goal}: {_word(met=met)}" for what, figure, goal, met in _goals(found, sizes)
    ]


def write(path: Path, found: Comparison, sizes: Sequence[int], words: Sequence[str]) -> None:
    """The page of the reference."""
    rows = [f"| {what} | {figure} | {goal} |" for what, figure, goal, _met in _goals(found, sizes)]
    text = PAGE.format(
        command=" ".join(["python -m tests.bench", *words]),
        connections=CONNECTIONS,
        rounds=len(found.rounds[HELLO]),
        python=".".join(platform.python_version_tuple()[:2]),
        machine=f"a small {platform.machine()} server with other work beside it",
        rows="\n".join(rows),
        steadiness=f"Rounds of the bare route differed by {found.unsteadiness() - 1:.0%} in this run.",
    )
    path.write_text(text, encoding="utf-8")


def _goals(found: Comparison, sizes: Sequence[int]) -> list[tuple[str, str, str, bool]]:
    rows = []
    for size in sizes:
        name = f"{size:,} licenses"
        cost, p99 = found.cost(name), found.p99_ms(name)
        rows.append((f"CPU beside the bare route, {name}", f"{cost:.2f} ×", f"≤ {COST:.1f} ×", cost <= COST))
        rows.append(
            (f"99 of 100 answers within, {name}", f"{p99:.0f} ms", f"≤ {P99_MS:.0f} ms", p99 <= P99_MS)
        )
    if len(sizes) > 1:
        few, many = f"{min(sizes):,} licenses", f"{max(sizes):,} licenses"
        growth = found.cost(many, few)
        rows.append(
            (f"CPU with {many} beside {few}", f"{growth:.2f} ×", f"≤ {GROWTH:.1f} ×", growth <= GROWTH)
        )
    return rows


def _word(*, met: bool) -> str:
    return "met" if met else "missed"
