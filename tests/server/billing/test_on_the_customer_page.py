"""What a customer does about payments on the own page: bills at Stripe, and another plan."""

import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from server.accounts.models import AuditEntry
from server.billing.models import Order
from server.kernel.db import session, writing
from tests.fake_stripe.running import RunningShop
from tests.server.billing.conftest import Till
from tests.server.pages.conftest import come_in


@pytest.fixture
def monthly(till: Till) -> Till:
    """One subscription, in its first month, of a product with a bigger plan."""
    till.sell(price_id=till.price())
    till.catch_up()
    return till


def form_token(client: FlaskClient) -> str:
    found = re.search(r'name="form_token" value="(\w+)"', client.get("/account/harbour").text)
    assert found
    return found[1]


def test_the_button_leads_to_stripes_own_page(client: FlaskClient, monthly: Till) -> None:
    license_id = monthly.license().id
    come_in(client, monthly.cast)
    assert "Invoices and payment" in client.get("/account/harbour").text

    answer = client.post(
        f"/account/harbour/licenses/{license_id}/bills", data={"form_token": form_token(client)}
    )

    assert answer.status_code == 303
    assert answer.headers["Location"].startswith(monthly.shop.url)


def test_a_customer_changes_the_plan_of_a_subscription(client: FlaskClient, monthly: Till) -> None:
    bigger = monthly.price("agency", amount=2_900, seats=25)
    monthly.price("dollars", amount=2_900, currency="usd")
    monthly.price("once", renews=False)
    license_id, customer_id = monthly.license().id, monthly.license().customer_id
    come_in(client, monthly.cast)
    offered = re.findall(r'<option value="(prc_\w+)">', client.get("/account/harbour").text)
    assert offered == [bigger]

    answer = client.post(
        f"/account/harbour/licenses/{license_id}/plan",
        data={"form_token": form_token(client), "price": bigger},
    )

    assert answer.status_code == 303
    assert "The plan was changed." in client.get(answer.headers["Location"]).text
    assert (monthly.license().plan.code, monthly.license().seats) == ("agency", 25)
    asked = session.scalars(select(AuditEntry).where(AuditEntry.action == "order.plan_change_asked")).one()
    assert asked.actor == f"customer:{customer_id}"


def test_nobody_else_reaches_them(client: FlaskClient, monthly: Till) -> None:
    license_id = monthly.license().id
    come_in(client, monthly.cast, "bob@buyer.example.com")

    for what in ("bills", "plan"):
        answer = client.post(
            f"/account/harbour/licenses/{license_id}/{what}", data={"form_token": form_token(client)}
        )
        assert answer.status_code == 404
        assert client.post(f"/account/harbour/licenses/{license_id}/{what}").status_code == 403


def test_what_was_given_by_hand_has_no_bills(client: FlaskClient, monthly: Till) -> None:
    license_id = monthly.license().id
    with writing():
        session.scalars(select(Order)).one().stripe_customer = ""
    come_in(client, monthly.cast)

    assert "Invoices and payment" not in client.get("/account/harbour").text
    answer = client.post(
        f"/account/harbour/licenses/{license_id}/bills", data={"form_token": form_token(client)}
    )
    assert answer.status_code == 404


def test_while_stripe_is_away_the_page_says_so(client: FlaskClient, monthly: Till, shop: RunningShop) -> None:
    license_id = monthly.license().id
    come_in(client, monthly.cast)
    token = form_token(client)
    shop.fail({"kind": "down"})

    answer = client.post(f"/account/harbour/licenses/{license_id}/bills", data={"form_token": token})

    assert answer.status_code == 503
    assert "Stripe does not answer at the moment" in answer.text
