"""Measures the routes of running servers by turns, and says what they cost beside a bare Flask route."""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.bench.driving import CannotMeasure, Figures, drive

WARM_UP_S = 2.0
HELLO = "hello"
UNSTEADY = 1.30  # the yardstick's own rounds may not differ by more


@dataclass(frozen=True)
class Target:
    """A running server and what it is asked."""

    name: str
    url: str
    pid: int
    requests: Path


@dataclass(frozen=True)
class Comparison:
    """The rounds of each target, by its name; the yardstick is `hello`."""

    rounds: Mapping[str, Sequence[Figures]]

    def cost(self, name: str, beside: str = HELLO) -> float:
        """How many times the CPU per request of the other: the median of the rounds, each by itself."""
        pairs = zip(self.rounds[name], self.rounds[beside], strict=True)
        return statistics.median(one.cpu_us / other.cpu_us for one, other in pairs)

    def p50_ms(self, name: str) -> float:
        return statistics.median(figures.p50_ms for figures in self.rounds[name])

    def p99_ms(self, name: str) -> float:
        return statistics.median(figures.p99_ms for figures in self.rounds[name])

    def cpu_us(self, name: str) -> float:
        return statistics.median(figures.cpu_us for figures in self.rounds[name])

    def unsteadiness(self) -> float:
        """The dearest round of the yardstick beside the cheapest: 1 on a quiet machine."""
        costs = [figures.cpu_us for figures in self.rounds[HELLO]]
        return max(costs) / min(costs)

    def refuse_unsteady(self) -> None:
        if self.unsteadiness() > UNSTEADY:
            differ = f"rounds of the bare route differ by {self.unsteadiness() - 1:.0%}"
            raise CannotMeasure(f"{differ}: the machine does other things")


def compare(targets: Sequence[Target], *, rounds: int, seconds: float) -> Comparison:
    """Each round asks every target in turn, so that a busy moment hits them alike."""
    for target in targets:
        drive(target.url, target.requests, pid=target.pid, seconds=WARM_UP_S)
    measured: dict[str, list[Figures]] = {target.name: [] for target in targets}
    for _ in range(rounds):
        for target in targets:
            figures = drive(target.url, target.requests, pid=target.pid, seconds=seconds)
            measured[target.name].append(figures)
    return Comparison(measured)
