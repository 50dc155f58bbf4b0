"""The purchase mail of a subscription says that it renews, when, for how much, and where it is ended."""

from datetime import timedelta
from typing import Any

import pytest

from server.billing.models import StripeConnection
from server.customers.services import customer_for
from server.kernel import clock, settings
from server.kernel.db import writing
from server.kernel.i18n import LANGUAGES, long_date, money
from server.kernel.tenancy import resolve
from server.licensing.models import License
from server.licensing.services import extend_license, resend_purchase_mail, transfer_license
from server.mail.models import Mail
from tests.server.billing.conftest import Till
from tests.server.catalog.making import make_bundle

RENEWS = "The subscription renews by itself on"
ENDS = "You can end the subscription any time on your own page"


def sell(till: Till, **more: Any) -> None:
    """A subscription for a year at $49.00."""
    price = till.price("yearly", amount=4_900, currency="usd", interval="year")
    till.sell(price_id=price, **more)
    till.catch_up()


def the_mail(till: Till) -> Mail:
    (mail,) = till.mails()
    return mail


def sent_again(till: Till) -> Mail:
    license_id = till.license().id
    with writing():
        resend_purchase_mail(resolve(License, license_id))
    return max(till.mails(), key=lambda mail: mail.id)


def day_of(till: Till, language: str = "en") -> str:
    until = till.license().valid_until
    assert until is not None
    return long_date(until, language)


def place_of(till: Till) -> str:
    return f"{settings.current().public_url}/account/harbour"


def says_nothing(mail: Mail) -> bool:
    return not any(words in mail.text + mail.html for words in (RENEWS, ENDS))


def test_a_yearly_subscription_says_its_day_and_sum_and_where_it_is_ended(till: Till) -> None:
    sell(till)

    mail = the_mail(till)
    said = f"{RENEWS} {day_of(till)}; $49.00 is charged then."
    assert f"{said} {ENDS}: {place_of(till)}\n" in mail.text
    assert said in mail.html
    assert f'<a class="link" href="{place_of(till)}" style="color:#3a4bb8">{ENDS}</a>' in mail.html
    assert "tax" not in mail.text


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_is_said_in_each_language(till: Till, language: str) -> None:
    sell(till, locale=language)

    mail = the_mail(till)
    day, price = day_of(till, language), money(4_900, "usd", language)
    (line,) = [line for line in mail.text.splitlines() if day in line and price in line]
    assert line.endswith(f": {place_of(till)}")
    assert (RENEWS in line) == (language == "en")


def test_three_licenses_are_one_sum(till: Till) -> None:
    sell(till, quantity=3)

    assert f"{RENEWS} {day_of(till)}; $147.00 is charged then." in the_mail(till).text


def test_tax_is_named_where_stripe_may_put_it_on(till: Till) -> None:
    with writing():
        resolve(StripeConnection, till.connection_id).automatic_tax = True
    sell(till)

    assert "; $49.00 plus tax where it applies is charged then. If you have a" in the_mail(till).text


def test_no_sum_is_named_while_a_code_was_in_the_bill(till: Till) -> None:
    price = till.price("yearly", amount=4_900, currency="usd", interval="year")
    till.shop.pay(till.open(price_id=price), email="ana@buyer.example.com", name="Ana", code="TEST20")
    till.catch_up()

    mail = the_mail(till)
    assert f"{RENEWS} {day_of(till)}. {ENDS}: {place_of(till)}\n" in mail.text
    assert "$" not in mail.text


def test_the_day_is_the_one_of_the_charge_and_not_one_that_was_given(till: Till) -> None:
    sell(till)
    charged, license_id = day_of(till), till.license().id
    with writing():
        license = resolve(License, license_id)
        assert license.valid_until is not None
        extend_license(license, license.valid_until + timedelta(days=9), actor="owner", now=clock.now())

    again = sent_again(till)
    assert f"Valid until: {day_of(till)}" in again.text
    assert f"{RENEWS} {charged}. " in again.text


def test_a_subscription_that_was_ended_says_nothing(till: Till) -> None:
    sell(till)
    assert not says_nothing(the_mail(till))
    till.shop.life("subscriptions", till.subscription(), "change", cancel_at_period_end=True)
    till.catch_up()

    assert says_nothing(sent_again(till))


def test_one_that_was_ended_before_its_mail_was_written_says_nothing(till: Till) -> None:
    session_id = till.open(price_id=till.price("yearly", amount=4_900, currency="usd", interval="year"))
    till.shop.pay(session_id, email="ana@buyer.example.com", name="Ana")
    sold = till.subscription_of(session_id)
    till.shop.life("subscriptions", sold, "change", cancel_at_period_end=True)
    till.catch_up()

    assert says_nothing(the_mail(till))


def test_the_one_that_the_subscription_pays_no_more_says_nothing(till: Till) -> None:
    sell(till, quantity=2)
    till.shop.life("subscriptions", till.subscription(), "change", quantity=1)
    till.catch_up()

    said = {}
    for license_id, renews in [(one.id, one.renews) for one in till.licenses()]:
        with writing():
            resend_purchase_mail(resolve(License, license_id))
        said[renews] = not says_nothing(max(till.mails(), key=lambda mail: mail.id))
    assert said == {True: True, False: False}


def test_a_trial_with_a_card_becomes_paid_on_its_day_and_says_where_it_is_ended(till: Till) -> None:
    till.sell(price_id=till.price("tried", amount=4_900, currency="usd", trial_days=14), quantity=2)
    till.catch_up()

    mail = the_mail(till)
    said = (
        f"This is a trial until {day_of(till)}. Then the first payment is charged ($49.00 for each license)"
    )
    for text in (mail.text, mail.html):
        assert said in text
        assert text.count(ENDS) == 1
    assert f"nothing is charged. {ENDS}: {place_of(till)}\n" in mail.text
    assert RENEWS not in mail.text + mail.html


def test_a_trial_names_the_tax_that_may_come_with_its_first_payment(till: Till) -> None:
    with writing():
        resolve(StripeConnection, till.connection_id).automatic_tax = True
    till.sell(price_id=till.price("tried", amount=4_900, currency="usd", trial_days=14))
    till.catch_up()

    assert "($49.00 plus tax where it applies for each license)" in the_mail(till).text


@pytest.mark.parametrize("interval", ["lifetime", "year"])
def test_what_does_not_renew_says_nothing(till: Till, interval: str) -> None:
    till.sell(price_id=till.price("once", amount=4_900, interval=interval, renews=False))
    till.catch_up()

    assert says_nothing(the_mail(till))


def test_a_bundle_says_it_once_for_all_it_brought(till: Till) -> None:
    with writing():
        (plan,) = make_bundle().plans
        plan.renews = True
        price_id = plan.prices[0].id
    till.sell(price_id=price_id)
    till.catch_up()

    mail = the_mail(till)
    assert "Plugins:" in mail.text
    assert mail.text.count(f"{RENEWS} {day_of(till)}; €49.00 is charged then. {ENDS}: ") == 1


def test_who_got_it_from_its_buyer_reads_nothing_of_it(till: Till) -> None:
    sell(till)
    license_id = till.license().id
    with writing():
        new = customer_for("new@buyer.example.com", now=clock.now())
        transfer_license(resolve(License, license_id), new, actor="owner", now=clock.now())

    again = sent_again(till)
    assert again.to_address == "new@buyer.example.com"
    assert says_nothing(again)
    assert "$" not in again.text
