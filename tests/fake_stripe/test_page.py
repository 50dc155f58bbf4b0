"""The hosted checkout page: plain HTML that a buyer can read, fill in wrongly, pay or leave."""

from __future__ import annotations

import urllib.error
import urllib.parse
import urllib.request
from typing import Any

import pytest
import stripe

from tests.fake_stripe.conftest import Receiver, monthly, open_session
from tests.fake_stripe.running import RunningShop


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


_browser = urllib.request.build_opener(_Stay, urllib.request.ProxyHandler({}))


def visit(url: str | None, **typed: str) -> tuple[int, str, str]:
    """Status, page and where a redirect leads to."""
    assert url is not None
    form = urllib.parse.urlencode(typed).encode() if typed else None
    try:
        with _browser.open(url, data=form, timeout=10) as answer:
            return answer.status, answer.read().decode(), ""
    except urllib.error.HTTPError as other:
        with other:
            return other.code, other.read().decode(), other.headers.get("Location", "")


def test_the_page_says_what_is_bought_and_that_no_money_moves(client: stripe.StripeClient) -> None:
    status, page, _ = visit(open_session(client).url)

    assert status == 200
    for words in ("Test shop – no real money", "Bookings Studio", "49.00 EUR", "Pay 49.00 EUR"):
        assert words in page
    assert 'href="https://shop-1.example.com/buy"' in page
    assert "<script" not in page


def test_a_trial_says_that_nothing_is_paid_today(client: stripe.StripeClient) -> None:
    trial = {"trial_period_days": 14}
    session = open_session(
        client,
        mode="subscription",
        line_items=[monthly("Solo", 900)],
        subscription_data=trial,
        automatic_tax={"enabled": True},
    )
    page = visit(session.url)[1]

    for words in ("14 days on trial", "9.00 EUR a month", "To pay today", "0.00 EUR", "Start the trial"):
        assert words in page
    assert "Pay 10.80 EUR" not in page
    visit(session.url, email="anna@example.com", name="Anna")
    paid = client.v1.checkout.sessions.retrieve(session.id)
    assert paid.total_details is not None
    assert (paid.amount_total, paid.total_details.amount_tax) == (0, 0)


def test_a_promotion_code_is_shown_before_it_is_paid(client: stripe.StripeClient) -> None:
    session = open_session(client, allow_promotion_codes=True)
    assert "TEST20 takes 20 % off" in visit(session.url)[1]
    assert visit(session.url, apply="yes", code="NONE")[0] == 422

    status, page, _ = visit(session.url, apply="yes", code="TEST20")
    assert status == 200
    for words in ("−9.80 EUR", "Pay 39.20 EUR"):
        assert words in page
    assert client.v1.checkout.sessions.retrieve(session.id).status == "open"
    visit(session.url, email="anna@example.com", name="Anna", code="TEST20")
    assert client.v1.checkout.sessions.retrieve(session.id).amount_total == 3_920
    assert "Promotion code" not in visit(open_session(client).url)[1]


def test_tax_stands_on_the_page_and_is_paid(client: stripe.StripeClient) -> None:
    session = open_session(client, automatic_tax={"enabled": True})
    page = visit(session.url)[1]

    for words in ("Tax, 20 %", "9.80 EUR", "Pay 58.80 EUR"):
        assert words in page
    visit(session.url, email="anna@example.com", name="Anna")
    assert client.v1.checkout.sessions.retrieve(session.id).amount_total == 5_880


def test_an_address_that_the_shop_gave_cannot_be_changed(client: stripe.StripeClient) -> None:
    page = visit(open_session(client, customer_email="anna@example.com").url)[1]
    assert 'value="anna@example.com"' in page
    assert "readonly" in page


def test_paying_leads_back_to_the_shop_with_the_session(
    client: stripe.StripeClient, receiver: Receiver
) -> None:
    session = open_session(client)
    status, _, back = visit(session.url, email="anna@example.com", name="Анна")

    assert (status, back) == (303, f"https://shop-1.example.com/paid?session_id={session.id}")
    paid = client.v1.checkout.sessions.retrieve(session.id)
    assert paid.customer_details is not None
    assert (paid.payment_status, paid.customer_details.name) == ("paid", "Анна")
    receiver.wait_for(1)


def test_pressing_pay_twice_pays_once(client: stripe.StripeClient, shop: RunningShop) -> None:
    session = open_session(client)
    first = visit(session.url, email="anna@example.com", name="Anna")
    again = visit(session.url, email="anna@example.com", name="Anna")

    assert first == again
    assert len(shop.events()) == 1


@pytest.mark.parametrize(
    ("typed", "problem"),
    [({"email": "anna", "name": "Anna"}, "email-problem"), ({"email": "a@b.c", "name": " "}, "name-problem")],
)
def test_a_wrong_entry_is_explained_beside_its_field(
    client: stripe.StripeClient, typed: dict[str, str], problem: str
) -> None:
    session = open_session(client)
    status, page, _ = visit(session.url, **typed)

    assert status == 422
    assert f'aria-describedby="{problem}"' in page
    assert client.v1.checkout.sessions.retrieve(session.id).status == "open"


def test_what_a_buyer_typed_is_never_markup(client: stripe.StripeClient) -> None:
    page = visit(open_session(client).url, email='"><script>alert(1)</script>', name="x")[1]
    assert "<script" not in page


@pytest.mark.parametrize(("end", "status"), [("pay", 200), ("expire", 410)])
def test_a_finished_purchase_cannot_be_paid_again(
    client: stripe.StripeClient, shop: RunningShop, end: str, status: int
) -> None:
    session = open_session(client)
    shop.pay(session.id) if end == "pay" else shop.expire(session.id)
    assert visit(session.url)[0] == status
    assert "<form" not in visit(session.url)[1]


def test_an_unknown_purchase_has_a_page_too(shop: RunningShop) -> None:
    status, page, _ = visit(f"{shop.url}/c/pay/cs_test_none")
    assert status == 404
    assert "We do not know this purchase" in page
