"""The customer's page asks the database as often for six licenses as for one."""

import re
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from server.billing.changing import change_subscription_plan, quote_change
from server.billing.models import Order
from server.billing.services import find_order, licenses_of
from server.catalog.models import Plan, Price, Product
from server.customers.services import customer_for
from server.kernel import clock
from server.kernel.db import session, writing
from server.kernel.tenancy import resolve
from server.licensing.services import issue_license, transfer_license
from server.releases.services import upload_release
from tests.server.billing.conftest import Till
from tests.server.pages.conftest import come_in
from tests.server.pages.test_get import plugin_zip
from tests.tools.statements import statements

ANA = "ana@buyer.example.com"
LIST = re.compile(r"IN \(.*?\)(?=\s|$)")  # of ids: as long as there are rows


def product(slug: str, **facts: Any) -> Product:
    number = int(slug.rpartition("-")[2]) + 100 * len(slug)
    made = Product(slug=slug, name=slug.title(), edd_item_id=number, created_at=clock.now(), **facts)
    session.add(made)
    session.flush()
    return made


def price(product: Product, code: str, *, amount: int = 900, **more: Any) -> Price:
    facts: dict[str, Any] = {"seats": 1, "interval": "month", "features": [], "renews": True} | more
    plan = Plan(product_id=product.id, code=code, name=code.title(), **facts)
    session.add(plan)
    session.flush()
    made = Price(plan_id=plan.id, currency="eur", amount=amount)
    session.add(made)
    session.flush()
    return made


def subscribe(till: Till, number: int) -> None:
    """A subscription to a product of its own, whose change to a bigger plan waits for its payment."""
    with writing():
        sold = product(f"slider-{number}")
        upload_release(sold, plugin_zip("1.4.0"), now=clock.now(), actor="member:mem_1")
        small, big = price(sold, "small").id, price(sold, "big", amount=2_900).id
    session_id = till.sell(ANA, price_id=small)
    till.catch_up()
    till.shop.life("subscriptions", till.subscription_of(session_id), "card", declined=True)

    def order() -> Order:
        found = find_order(till.connection_id, session_id)
        assert found
        return found

    shown = quote_change(order(), resolve(Price, big))
    assert change_subscription_plan(order(), resolve(Price, big), actor="system", proof=shown.proof)


def hand_on(till: Till, number: int) -> None:
    """A subscription that Ana goes on paying for Bob."""
    with writing():
        small = price(product(f"handed-{number}"), "small").id
    session_id = till.sell(ANA, price_id=small)
    till.catch_up()
    with writing():
        bob = customer_for("bob@buyer.example.com", now=clock.now())
        order = find_order(till.connection_id, session_id)
        assert order
        transfer_license(licenses_of(order)[0], bob, actor="owner", now=clock.now())


def bundle(till: Till, number: int) -> None:
    """A bundle that can be renewed, with an add-on inside, beside the plugin that this adds to."""
    now = clock.now()
    with writing():
        ana, gallery = customer_for(ANA, now=now), product(f"gallery-{number}")
        inside, whole = product(f"maps-{number}", addon_of_id=gallery.id), product(f"whole-{number}")
        for plugin in (gallery, inside):
            upload_release(plugin, plugin_zip("1.4.0"), now=now, actor="member:mem_1")
        alone, part = price(gallery, "alone").plan, price(inside, "part").plan
        yearly = price(whole, "yearly", interval="year", renews=False, bundled_plan_ids=[part.id]).plan
        issue_license(product=gallery, plan=alone, customer=ana, now=now)
        issue_license(product=whole, plan=yearly, customer=ana, now=now)


def asked(client: FlaskClient) -> tuple[str, Counter[str]]:
    session.rollback()
    with statements() as sent:
        text = client.get("/account/harbour").text
    return text, Counter(LIST.sub("IN (…)", statement) for statement in sent)


@pytest.mark.parametrize(
    ("make", "shown"),
    [
        (subscribe, {"waits for its payment": 1, "See what it costs": 1, "Download version": 1}),
        (hand_on, {"still charges you": 1}),
        (bundle, {"Renew for one year": 1, "Download version": 2, "<h3": 1}),
    ],
)
def test_six_are_read_as_one_is(
    client: FlaskClient, till: Till, make: Callable[[Till, int], None], shown: dict[str, int]
) -> None:
    make(till, 1)
    come_in(client, till.cast)
    client.get("/account/harbour")  # what the process remembers is asked once
    one, first = asked(client)
    for number in range(2, 7):
        make(till, number)
    six, then = asked(client)

    assert {words: one.count(words) for words in shown} == shown
    assert {words: six.count(words) for words in shown} == {
        words: 6 * times for words, times in shown.items()
    }
    assert then - first == Counter()
