"""The jobs behind a recorded event and behind the nightly comparison with Stripe."""

from datetime import UTC, datetime

from server.billing.models import StripeConnection
from server.billing.reconciling import reconcile, spread_of
from server.billing.services.connections import all_complete
from server.billing.settling import Overtaken, process_event
from server.billing.stripe_api import StripeAway, StripeRefused
from server.jobs import Fail, Job, Retry, handler
from server.jobs.services import enqueue
from server.kernel import clock
from server.kernel.db import writing
from server.kernel.tenancy import resolve, tenant

# About three days: as long as Stripe itself would go on telling us.
SCHEDULE = (2, 10, 60, 300, 1_800, 3_600, 7_200, 14_400, 28_800, 43_200, 43_200, 43_200, 43_200)
AGAIN = (60, 600, 3_600, 7_200, 14_400)


@handler("stripe.process", queue="billing", lease_s=240, schedule=SCHEDULE)
def process(job: Job) -> None:
    """Reads a recorded Stripe event and brings its order into the state that Stripe tells."""
    try:
        process_event(job.args["connection_id"], job.args["event_id"])
    except (StripeAway, StripeRefused, Overtaken) as error:
        raise Retry(error.code) from error


@handler("stripe.reconcile_all", queue="billing", lease_s=240, daily=True)
def owe_reconciling(_job: Job) -> None:
    """Owes each connection its comparison of this day, at a time of the night that is its own."""
    now = clock.now()
    for tenant_id, connection_id in all_complete():
        with tenant(tenant_id), writing():
            enqueue(
                "stripe.reconcile",
                {"connection_id": connection_id},
                due_at=now + spread_of(connection_id),
                dedupe_key=f"{connection_id}:{now:%Y-%m-%d}",
            )


@handler("stripe.reconcile", queue="billing", lease_s=900, schedule=AGAIN)
def compare(job: Job) -> None:
    """Takes in what Stripe told while nobody listened."""
    connection_id, since = job.args["connection_id"], job.args.get("since")
    try:
        done = reconcile(
            resolve(StripeConnection, connection_id),
            now=clock.now(),
            since=None if since is None else datetime.fromtimestamp(since, UTC),
        )
    except StripeAway as error:
        raise Retry(error.code) from error
    except StripeRefused as error:
        raise Fail(error.code) from error
    if done.until is not None:
        rest = {"connection_id": connection_id, "since": int(done.until.timestamp())}
        with writing():
            enqueue("stripe.reconcile", rest, dedupe_key=f"{connection_id}:after:{job.id}")
