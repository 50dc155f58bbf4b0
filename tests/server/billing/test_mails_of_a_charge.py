"""Before money is taken its payer reads how much and when; where that may be wrong, no sum is named."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from server.billing.models import Order, StripeConnection
from server.catalog.models import Price
from server.customers.services import customer_for
from server.kernel import clock
from server.kernel.db import writing
from server.kernel.i18n import long_date
from server.kernel.tenancy import resolve
from server.licensing.models import License
from server.licensing.services import extend_license, revoke_license, transfer_license
from server.licensing.services.reminding import notice_due
from server.mail.models import Mail
from server.mail.wanted import is_still_wanted
from tests.server.billing.conftest import Till

UNKNOWN = "the next term is charged to your usual way of paying"
FIRST_UNKNOWN = "After that day the first term is charged to the card you gave."


def sell_yearly(till: Till, **more: Any) -> str:
    """A subscription for a year at $49.00; its session's id."""
    price = till.price("yearly", amount=4_900, currency="usd", interval="year")
    session_id = till.sell(price_id=price, **more)
    till.catch_up()
    return session_id


def sell_trial(till: Till, **more: Any) -> None:
    till.sell(price_id=till.price("tried", amount=4_900, currency="usd", trial_days=14), **more)
    till.catch_up()


def look(till: Till, template: str) -> list[Mail]:
    """The daily look, in time before the charge; what it owes in all."""
    for license_id in [one.id for one in till.licenses()]:
        with writing():
            license = resolve(License, license_id)
            assert license.valid_until is not None
            tell = notice_due(license, license.valid_until - timedelta(days=2))
            if tell is not None:
                tell(license)
    return till.mails(template)


def day_of(till: Till) -> str:
    until = till.license().valid_until
    assert until is not None
    return long_date(until, "en")


def tax(till: Till, *, on: bool) -> None:
    with writing():
        resolve(StripeConnection, till.connection_id).automatic_tax = on


def test_a_charge_is_named_with_its_day(till: Till) -> None:
    sell_yearly(till)

    (mail,) = look(till, "charge_notice")
    said = f"On {day_of(till)}, $49.00 is charged to your usual way of paying; you need not do anything. To"
    assert said in mail.text
    assert said in mail.html
    assert "tax" not in mail.text


def test_the_end_of_a_trial_names_what_it_costs(till: Till) -> None:
    sell_trial(till)

    (mail,) = look(till, "trial_ending")
    said = f"On {day_of(till)}, $49.00 is charged to the card you gave. If you have a discount, it is less."
    assert said in mail.text
    assert said in mail.html


def test_tax_is_named_where_stripe_may_put_it_on(till: Till) -> None:
    tax(till, on=True)
    sell_yearly(till)

    (mail,) = look(till, "charge_notice")
    assert f"On {day_of(till)}, $49.00 plus tax where it applies is charged to" in mail.text
    assert "If you have a discount, it is less." in mail.text, "the tax in the last bill may hide one"


@pytest.mark.parametrize("sell", [sell_yearly, sell_trial])
def test_three_licenses_are_one_charge_and_one_mail(till: Till, sell: Callable[..., Any]) -> None:
    sell(till, quantity=3)
    template = "charge_notice" if sell is sell_yearly else "trial_ending"
    look(till, template)

    (mail,) = look(till, template)
    assert "$147.00 is charged" in mail.text
    assert all(license.key_hint in mail.text for license in till.licenses())
    assert sell is sell_trial or mail.subject.startswith("Your 3 licenses for Harbour Gallery renew on")


def test_the_mail_of_three_leaves_while_one_of_them_works(till: Till) -> None:
    sell_yearly(till, quantity=3)
    (mail,) = look(till, "charge_notice")
    near = till.license().valid_until
    assert near is not None
    wanted = []
    for license_id in [one.id for one in till.licenses()]:
        with writing():
            revoke_license(resolve(License, license_id), "by_vendor", actor="owner", now=clock.now())
        wanted.append(is_still_wanted(mail, near - timedelta(days=2)))
    assert wanted == [True, True, False]


def test_who_pays_for_a_license_that_was_handed_on_reads_the_sum_and_its_holder_nothing(till: Till) -> None:
    sell_yearly(till, quantity=2)
    license_id = till.license().id
    with writing():
        new = customer_for("new@buyer.example.com", now=clock.now())
        transfer_license(resolve(License, license_id), new, actor="owner", now=clock.now())

    (mail,) = look(till, "charge_notice")
    assert mail.to_address == "ana@buyer.example.com"
    assert "$98.00 is charged" in mail.text


def change_to_dearer(till: Till) -> None:
    price = till.price("dearer", amount=9_900, currency="usd", interval="year")
    till.shop.life("subscriptions", till.subscription(), "change", metadata={"keydesk_price": price})


def change_and_back(till: Till) -> None:
    first = till.order_price()
    change_to_dearer(till)
    till.catch_up()
    till.shop.life("subscriptions", till.subscription(), "change", metadata={"keydesk_price": first})


def add_one(till: Till) -> None:
    till.shop.life("subscriptions", till.subscription(), "change", quantity=2)


def take_one_off_again(till: Till) -> None:
    add_one(till)
    till.catch_up()
    till.shop.life("subscriptions", till.subscription(), "change", quantity=1)


def extend_by_hand(till: Till) -> None:
    license_id = till.license().id
    with writing():
        license = resolve(License, license_id)
        assert license.valid_until is not None
        extend_license(license, license.valid_until + timedelta(days=9), actor="owner", now=clock.now())


CHANGES = [change_to_dearer, change_and_back, add_one, take_one_off_again, extend_by_hand]


@pytest.mark.parametrize("change", CHANGES)
def test_no_sum_is_named_after_a_change_that_moves_it(till: Till, change: Callable[[Till], None]) -> None:
    sell_yearly(till)
    change(till)
    till.catch_up()

    (mail,) = look(till, "charge_notice")
    assert UNKNOWN in mail.text
    assert "$" not in mail.text


def test_no_sum_is_named_while_a_code_was_in_the_last_bill(till: Till) -> None:
    price = till.price("yearly", amount=4_900, currency="usd", interval="year")
    till.shop.pay(till.open(price_id=price), email="ana@buyer.example.com", name="Ana", code="TEST20")
    till.catch_up()
    (mail,) = look(till, "charge_notice")
    assert UNKNOWN in mail.text

    till.shop.advance(days=366)
    till.catch_up()
    later = max(look(till, "charge_notice"), key=lambda one: one.id)
    assert f"On {day_of(till)}, $49.00 is charged" in later.text, "the last bill was of the whole price"


def test_no_sum_is_named_for_a_subscription_that_was_made_elsewhere(till: Till) -> None:
    sell_trial(till)
    order_id = till.order().id
    with writing():
        resolve(Order, order_id).root_kind = "subscription"

    (mail,) = look(till, "trial_ending")
    assert FIRST_UNKNOWN in mail.text


def test_an_earlier_price_is_the_one_that_its_subscription_pays(till: Till) -> None:
    sell_yearly(till)
    with writing():
        resolve(Price, till.order_price()).active = False

    (mail,) = look(till, "charge_notice")
    assert "$49.00 is charged" in mail.text
