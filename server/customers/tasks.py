"""The jobs of customers: send a magic link, and forget what is over."""

from server.customers.visiting import forget_ended, send_link_to
from server.jobs import Job, handler
from server.kernel import clock
from server.kernel.db import writing


@handler("customers.send_link", queue="mail")
def send_link(job: Job) -> None:
    """Mails the link to the customer page, if the address that was typed is a customer's."""
    with writing():
        send_link_to(job.args["email"], now=clock.now())


@handler("customers.forget", queue="default", daily=True)
def forget(_job: Job) -> None:
    """Deletes the magic links and the visits of the customer page that are over."""
    with writing():
        forget_ended(clock.now())
