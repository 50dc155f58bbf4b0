"""The jobs of helpdesks: send what waits for a ticket, read a hook, look regularly."""

from server.helpdesks import draining, hearing
from server.jobs import Job, handler

HOURS = 70
SCHEDULE = (5, 30, 120, 600, 1800, *([3600] * HOURS))  # to 72 hours, then the regular look takes over


@handler("helpdesks.drain", queue="helpdesks", lease_s=360, schedule=SCHEDULE)
def drain(job: Job) -> None:
    """Sends what waits for one ticket at one helpdesk, in order."""
    draining.drain(job.args["link_id"])


@handler("helpdesks.receive", queue="helpdesks", lease_s=360, schedule=SCHEDULE)
def receive(job: Job) -> None:
    """Puts the news of one hook into its ticket."""
    hearing.hear(job.args["delivery_id"])


@handler("helpdesks.reconcile", queue="helpdesks", lease_s=360, schedule=(30, 60, 120))
def reconcile(job: Job) -> None:
    """Looks at one helpdesk without a hook and plans its next look."""
    hearing.look_regularly(job.args["connection_id"])
