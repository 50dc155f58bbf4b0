"""The relay: looks for due rows, claims them, and hands them to the carrier."""

import logging
import threading

from sqlalchemy.exc import SQLAlchemyError

from server.jobs import services
from server.jobs.carrier import EmbeddedCarrier
from server.jobs.registry import find
from server.kernel import clock
from server.kernel.db import session, writing

log = logging.getLogger("keydesk.jobs")

WINDOW = 32  # more than this waits in the table, where it can be re-ordered and seen
TICK_S = 0.2
CLEAN_EVERY_S = 3600  # what is old is forgotten, and a new day's jobs are owed
CARRIED_S = 120  # a row that waits longer in the carrier is claimed again


class Relay:
    """One thread. It polls: a lost wake-up can then never matter."""

    def __init__(self, carrier: EmbeddedCarrier) -> None:
        self.carrier = carrier
        self._stopping = threading.Event()
        self._clean_at = clock.monotonic() + CLEAN_EVERY_S
        self._thread = threading.Thread(target=self._loop, name="keydesk-relay", daemon=True)

    def start(self) -> None:
        """Take over whatever an earlier worker left (we hold the worker lock), then begin."""
        with writing():
            left = services.recover(clock.now(), all_owners=True)
        session.remove()
        if left:
            log.info("took over unfinished jobs", extra={"jobs": left})
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join(timeout=2)

    def _loop(self) -> None:
        while not self._stopping.is_set():
            try:
                claimed = self.tick()
            except SQLAlchemyError:  # the database is away or busy: the rows stay, the next tick tries again
                log.exception("relay tick failed")
                session.rollback()
                claimed = 0
            finally:
                session.remove()
            if claimed == 0:
                self._stopping.wait(TICK_S)

    def tick(self) -> int:
        """Claim what is due and there is room for; answers how many."""
        if clock.monotonic() > self._clean_at:
            self._clean()
        room = WINDOW - self.carrier.backlog()
        if room <= 0 or not services.has_work(clock.now()):
            session.rollback()
            return 0
        with writing():
            services.recover(clock.now(), all_owners=False)
            claimed = services.claim(room, clock.now(), CARRIED_S)
        for job_id, kind, tries in claimed:
            known = find(kind)
            self.carrier.publish(known.queue if known else "unknown", job_id, kind, tries)
        self.carrier.forget_dead_letters()
        return len(claimed)

    def _clean(self) -> None:
        with writing():
            services.forget_old(clock.now())
            services.owe_daily(clock.now())
        self._clean_at = clock.monotonic() + CLEAN_EVERY_S
