"""Dramatiq carries `(job id, kind, tries)` to worker threads; the table stays the truth."""

from collections.abc import Callable

import dramatiq
from dramatiq.brokers.stub import StubBroker
from dramatiq.middleware import ShutdownNotifications

from server.jobs.run import run_in_thread

Run = Callable[[int, str, int], None]


class EmbeddedCarrier:
    """Queues and worker threads inside this process; losing them costs time, never a job."""

    def __init__(
        self, queues: set[str], *, threads: int, run: Callable[[int, str, int], None] = run_in_thread
    ) -> None:
        self.broker = StubBroker(middleware=[ShutdownNotifications()])
        self._actors = {
            # one actor a queue, without retries: the table knows when to come again
            queue: dramatiq.actor(actor_name=f"run_{queue}", queue_name=queue, broker=self.broker)(run)
            for queue in sorted(queues)
        }
        self._worker = dramatiq.Worker(self.broker, worker_threads=threads, worker_timeout=100)

    def start(self) -> None:
        self._worker.start()

    def publish(self, queue: str, job_id: int, kind: str, tries: int) -> None:
        self._actors[queue].send(job_id, kind, tries)

    def backlog(self) -> int:
        """How many messages wait or run: the relay keeps the rest in the table, where it can be seen."""
        return sum(queue.unfinished_tasks for queue in self.broker.queues.values())

    def forget_dead_letters(self) -> None:
        """The stub broker keeps rejected messages for ever: a leak."""
        for letters in self.broker.dead_letters_by_queue.values():
            letters.clear()

    def stop(self, timeout_s: float) -> None:
        self._worker.stop(timeout=int(timeout_s * 1000))
        self.broker.close()
