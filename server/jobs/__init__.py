"""Deferred work: enqueue it with its cause, handle it by kind, and it is done at least once."""

from server.jobs.registry import Fail, Handler, Job, Postpone, Retry, handler
from server.jobs.services import enqueue

__all__ = ["Fail", "Handler", "Job", "Postpone", "Retry", "enqueue", "handler"]
