"""A change of plan that the bank refuses: the customer reads what to do, the vendor also Stripe's words."""

import pytest
from flask.testing import FlaskClient

from tests.server.billing.conftest import Till
from tests.server.billing.test_on_the_customer_page import form_token, quoted
from tests.server.pages.conftest import come_in

ADVICE = {
    "card_declined": ("Use another card", "Возьмите другую карту"),
    "do_not_honor": ("Use another card", "Возьмите другую карту"),
    "insufficient_funds": ("not enough money on the card", "не хватает денег"),
    "expired_card": ("The card has expired", "Срок действия карты истёк"),
    "incorrect_cvc": ("security code", "Код безопасности"),
    "authentication_required": ("wants you to confirm", "требует подтверждения"),
    "processing_error": ("in a few minutes", "через несколько минут"),
}


@pytest.fixture
def monthly(till: Till) -> Till:
    till.sell(price_id=till.price())
    till.catch_up()
    return till


@pytest.mark.parametrize("language", ["en", "de", "ru"])
@pytest.mark.parametrize("code", sorted(ADVICE))
def test_the_customer_reads_what_to_do_next_and_not_stripes_words(
    client: FlaskClient, monthly: Till, code: str, language: str
) -> None:
    bigger, license_id = monthly.price("agency", amount=2_900, seats=25), monthly.license().id
    come_in(client, monthly.cast)
    told = quoted(client, license_id, bigger)
    monthly.shop.fail({"kind": "decline", "path": "/v1/subscriptions", "code": code})

    answer = client.post(
        f"/account/harbour/licenses/{license_id}/plan", data=told, headers={"Accept-Language": language}
    )

    assert answer.status_code == 409
    assert ADVICE[code][language == "ru"] in answer.text
    assert "Your card was refused" not in answer.text
    assert "CardError" not in answer.text
    assert monthly.license().plan.code == "monthly"


@pytest.mark.parametrize(("language", "said"), [("en", "Please try again later"), ("ru", "Попробуйте позже")])
def test_what_else_stripe_refuses_is_said_in_our_words(
    client: FlaskClient, monthly: Till, language: str, said: str
) -> None:
    bigger, license_id = monthly.price("agency", amount=2_900, seats=25), monthly.license().id
    come_in(client, monthly.cast)
    form = {"form_token": form_token(client), "price": bigger}
    monthly.shop.fail({"kind": "refuse", "path": "/v1/invoices"})

    answer = client.post(
        f"/account/harbour/licenses/{license_id}/plan-quotes",
        data=form,
        headers={"Accept-Language": language},
    )

    assert (answer.status_code, said in answer.text) == (409, True)
    assert "Your account cannot do this." not in answer.text
