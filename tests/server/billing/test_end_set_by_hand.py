"""A subscription whose license's end was set by hand: Stripe charges on its own days, and pages say so."""

from datetime import datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from server.billing.models import Order
from server.kernel import clock
from server.kernel.db import session, writing
from server.kernel.i18n import long_date
from server.licensing.services import extend_license, purchase_page_address, send_purchase_mail
from tests.server.billing.conftest import Till
from tests.server.pages.conftest import come_in


@pytest.fixture
def monthly(till: Till) -> Till:
    till.sell(price_id=till.price())
    till.catch_up()
    return till


def extend(till: Till, *, days: int) -> datetime:
    far = clock.now() + timedelta(days=days)
    license = till.license()
    with writing():
        extend_license(license, far, actor="system", now=clock.now())
    return far


def terms_of(client: FlaskClient, till: Till) -> set[str]:
    """What the customer page and the page of the purchase say about the license's end."""
    license = till.license()
    with writing():
        page = purchase_page_address(send_purchase_mail(license, cause="again"))
    come_in(client, till.cast)
    paths = ["/account/harbour", "/get/" + page.rsplit("/", 1)[1]]
    return {
        client.get(path).text.partition("<dt>Valid until</dt><dd>")[2].partition("</dd>")[0] for path in paths
    }


def test_both_days_are_named(client: FlaskClient, monthly: Till) -> None:
    charged = monthly.order().renews_at
    assert charged is not None
    far = extend(monthly, days=900)

    both = f"{long_date(far, 'en')}; the next payment is charged on {long_date(charged, 'en')}"
    assert terms_of(client, monthly) == {both}


def test_an_end_that_is_stripes_own_is_the_day_of_the_renewal(client: FlaskClient, monthly: Till) -> None:
    ends = monthly.license().valid_until
    assert ends is not None

    assert terms_of(client, monthly) == {f"{long_date(ends, 'en')}; then it renews by itself"}


def test_where_the_day_of_the_charge_is_not_known_none_is_claimed(client: FlaskClient, monthly: Till) -> None:
    with writing():
        session.scalars(select(Order)).one().renews_at = None
    far = extend(monthly, days=900)

    assert terms_of(client, monthly) == {f"{long_date(far, 'en')}; it renews by itself"}


def test_a_trial_that_was_made_longer_says_when_its_first_payment_is_charged(
    client: FlaskClient, till: Till
) -> None:
    till.sell(price_id=till.price(trial_days=14))
    till.catch_up()
    charged = till.order().renews_at
    assert charged is not None
    extend(till, days=90)
    license = till.license()
    with writing():
        page = purchase_page_address(send_purchase_mail(license, cause="again"))

    told = client.get("/get/" + page.rsplit("/", 1)[1]).text
    assert f"This is a trial until {long_date(charged, 'en')}. Then the first payment is charged" in told
    assert f"; the next payment is charged on {long_date(charged, 'en')}" in told
