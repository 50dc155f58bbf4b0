"""The job behind a recorded event."""

from server.billing.settling import Overtaken, process_event
from server.billing.stripe_api import StripeAway, StripeRefused
from server.jobs import Job, Retry, handler

# About three days: as long as Stripe itself would go on telling us.
SCHEDULE = (2, 10, 60, 300, 1_800, 3_600, 7_200, 14_400, 28_800, 43_200, 43_200, 43_200, 43_200)


@handler("stripe.process", queue="billing", lease_s=240, schedule=SCHEDULE)
def process(job: Job) -> None:
    """Reads a recorded Stripe event and brings its order into the state that Stripe tells."""
    try:
        process_event(job.args["connection_id"], job.args["event_id"])
    except (StripeAway, StripeRefused, Overtaken) as error:
        raise Retry(error.code) from error
