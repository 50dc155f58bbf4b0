"""Ends what was started, side by side: one slow neighbour must not make the others wait."""

import threading
from collections.abc import Callable


class Ends:
    """Remembers how each part is stopped."""

    def __init__(self) -> None:
        self._stops: list[Callable[[], object]] = []

    def add(self, stop: Callable[[], object]) -> None:
        self._stops.append(stop)

    def end(self) -> None:
        """Stop everything; comes back when the last one has ended."""
        threads = [threading.Thread(target=stop) for stop in self._stops]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
