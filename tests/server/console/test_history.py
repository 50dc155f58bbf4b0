"""The history of licenses and orders names people, keys and mails as the vendor knows them."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from server.accounts.services import create_api_key
from server.billing.services import licenses_of, record_order, refund_recorded
from server.catalog.models import Plan
from server.catalog.services import create_product
from server.kernel import clock
from server.kernel.db import session, writing
from server.kernel.tenancy import resolve
from server.licensing.models import Activation, License
from server.licensing.services import (
    Site,
    activate_site,
    change_plan,
    deactivate_site,
    release_seat,
    resolve_site,
)
from server.licensing.services.activating import LIVE_ON_ONE_SEAT
from server.mail.models import Mail
from server.mail.services import mark_sent
from tests.conftest import Cast
from tests.server.billing.conftest import (  # noqa: F401  fixtures
    Till,
    connection,
    shop,
    stripe_process,
    till,
    yearly,
)
from tests.server.console.conftest import Browser
from tests.server.console.story import Story


def reported(harbour: Cast, actor: str) -> tuple[str, list[str]]:
    """An order of two licenses, and their ids; the mail has left."""
    with writing():
        order, _new = record_order(
            plan=resolve(Plan, harbour.plan.id),
            email="bo@buyer.example.com",
            now=clock.now(),
            actor=actor,
            source="woocommerce:123",
            amount=5_000,
            currency="eur",
            quantity=2,
        )
        refund_recorded(order, now=clock.now(), actor=actor, amount=100)
        mark_sent(session.scalars(select(Mail).where(Mail.template == "purchase")).one(), keep_text=False)
        return order.id, [license.id for license in licenses_of(order)]


def test_a_script_is_named_by_its_key(desk: Browser, harbour: Cast) -> None:
    with writing():
        key, _text = create_api_key(name="Nightly <sync>", scopes=["orders:write"], now=clock.now())
        key_id = key.id
    order_id, licenses = reported(harbour, f"key:{key_id}")

    for path in (f"/orders/{order_id}", f"/licenses/{licenses[0]}"):
        page = desk.text(path)
        assert "API key Nightly &lt;sync&gt;" in page, path
        assert key_id not in page, path


def test_a_member_is_named_in_the_history_of_an_order(desk: Browser, harbour: Cast) -> None:
    order_id, _licenses = reported(harbour, f"member:{harbour.owner.id}")
    page = desk.text(f"/orders/{order_id}")

    assert f"member:{harbour.owner.id}" not in page
    assert f">{harbour.owner.name or harbour.owner.email}</td>" in page


def test_who_is_unknown_keeps_its_code(desk: Browser, harbour: Cast) -> None:
    order_id, _licenses = reported(harbour, "key:key_gone")
    assert "key:key_gone" in desk.text(f"/orders/{order_id}")


def test_one_mail_of_an_order_stands_in_the_history_of_each_of_its_licenses(
    desk: Browser, harbour: Cast
) -> None:
    _order, licenses = reported(harbour, "system")

    for license_id in licenses:
        assert desk.text(f"/licenses/{license_id}").count("Purchase mail sent") == 1


def lines_of(desk: Browser, license_id: str) -> list[tuple[str, str]]:
    """A license's history as it reads, newest first: what, and who."""
    page = desk.text(f"/licenses/{license_id}").split("<h2>History</h2>")[1]
    rows = re.findall(r"</time>.*?</td><td>(.*?)<span class=\"kd-line2 d-md-none\">(.*?)</span>", page)
    return [(" ".join(re.sub(r"<[^>]+>", " ", what).split()), who) for what, who in rows]


def test_a_site_that_moved_was_activated_where_it_was_then(desk: Browser, story: Story) -> None:
    for day, address in enumerate(("https://new-home.example.com", "https://third.example.com"), start=1):
        with writing():
            seated = resolve(Activation, story.activation_id)
            site = Site(seated.site_uid, address)
            later = clock.now() + timedelta(days=day)
            resolve_site(seated, site, resolution="moved", confirm=True, now=later)

    told = [what for what, _who in lines_of(desk, story.license_id)]
    assert told[:2] == [
        "Site moved: new-home.example.com → third.example.com",
        "Site moved: shop-1.example.com → new-home.example.com",
    ]
    assert "Activated on shop-1.example.com" in told


@pytest.mark.parametrize("who", ["the site", "Olena", "Keydesk"])
def test_who_ended_a_site_is_named(desk: Browser, harbour: Cast, story: Story, who: str) -> None:
    with writing():
        seated = resolve(Activation, story.activation_id)
        later = clock.now() + timedelta(days=1)
        if who == "the site":
            deactivate_site(seated, now=later)
        elif who == "Olena":
            release_seat(seated, actor=f"member:{harbour.owner.id}", now=later)
        for number in range(LIVE_ON_ONE_SEAT if who == "Keydesk" else 0):
            license, product = resolve(License, story.license_id), harbour.product
            site = Site(f"{number:032}", seated.site_url)
            activate_site(license, site, product=product, mode="live", now=later)

    ended = [line for line in lines_of(desk, story.license_id) if "No longer active" in line[0]]
    assert ended == [("No longer active on shop-1.example.com", who)]


def test_a_change_of_plan_that_moves_the_end_says_so(desk: Browser, harbour: Cast, story: Story) -> None:
    with writing():
        forever = Plan(
            product_id=harbour.product.id, code="forever", name="For ever", interval="lifetime", features=[]
        )
        session.add(forever)
        session.flush()
        license, studio = resolve(License, story.license_id), resolve(Plan, harbour.plan.id)
        for plan in (forever, studio):
            change_plan(license, plan, actor="system", now=clock.now())

    back, there = (what for what, _who in lines_of(desk, story.license_id)[:2])
    assert there == "Plan changed studio → forever, sites 5 → no limit, for ever"
    assert back.startswith("Plan changed forever → studio, sites no limit → 5, until ")


def test_a_change_of_plan_says_nothing_of_sites_that_stay_as_many(
    desk: Browser, harbour: Cast, story: Story
) -> None:
    with writing():
        twin = Plan(
            product_id=harbour.product.id, code="twin", name="Twin", seats=5, interval="year", features=[]
        )
        session.add(twin)
        session.flush()
        change_plan(resolve(License, story.license_id), twin, actor="system", now=clock.now())

    assert changes_of(desk, story.license_id)[0][0] == "Plan changed studio → twin"


def changes_of(desk: Browser, license_id: str) -> list[tuple[str, str]]:
    return [line for line in lines_of(desk, license_id) if "Plan changed" in line[0]]


def test_who_pressed_for_another_plan_is_named_though_stripe_told_of_it(
    desk: Browser,
    harbour: Cast,
    till: Till,  # noqa: F811
) -> None:
    till.sell(price_id=till.price())
    till.catch_up()
    before, bigger = till.order_price(), till.price("agency", amount=2_900, seats=25)
    till.change_plan(bigger, actor=f"member:{harbour.owner.id}")
    till.change_plan(before, actor="customer")

    assert changes_of(desk, till.license().id) == [
        ("Plan changed agency → monthly, sites 25 → 1", "the customer"),
        ("Plan changed monthly → agency, sites 1 → 25", "Olena"),
    ]


def test_a_change_that_waited_for_its_payment_is_of_who_asked_for_it(
    desk: Browser,
    harbour: Cast,
    till: Till,  # noqa: F811
) -> None:
    till.sell(price_id=till.price())
    till.catch_up()
    till.shop.life("subscriptions", till.subscription(), "card", declined=True)
    bigger = till.price("agency", amount=2_900, seats=25)
    bill = till.change_plan(bigger, actor=f"member:{harbour.owner.id}").rsplit("/", 1)[1]
    till.shop.life("invoices", bill, "pay")
    till.catch_up()

    assert changes_of(desk, till.license().id) == [("Plan changed monthly → agency, sites 1 → 25", "Olena")]


def test_a_plan_that_was_changed_at_stripe_is_stripes(desk: Browser, till: Till) -> None:  # noqa: F811
    till.sell(price_id=till.price())
    till.catch_up()
    another = {
        "id": "si_another",
        "metadata": {"keydesk_price": till.price("agency", amount=2_900, seats=25)},
    }
    till.shop.life("subscriptions", till.subscription(), "change", item=another)
    till.catch_up()

    assert changes_of(desk, till.license().id) == [("Plan changed monthly → agency, sites 1 → 25", "Stripe")]


def test_a_part_of_a_bundle_names_who_asked_for_another_plan_as_the_bundle_does(
    desk: Browser,
    harbour: Cast,
    till: Till,  # noqa: F811
) -> None:
    with writing():
        product = create_product(
            slug="addon", edition="premium", now=clock.now(), actor="system", name="Addon"
        )
        small, big = (
            Plan(product_id=product.id, code=code, name=code, interval="year", features=[])
            for code in ("small", "big")
        )
        session.add_all([small, big])
        session.flush()
        parts = [small.id], [big.id]
    till.sell(price_id=till.price(bundled_plan_ids=parts[0]))
    till.catch_up()
    bigger = till.price("agency", amount=2_900, bundled_plan_ids=parts[1])
    till.change_plan(bigger, actor=f"member:{harbour.owner.id}")

    part = next(one.id for one in till.licenses() if one.parent_id)
    assert changes_of(desk, till.license().id) == [("Plan changed monthly → agency", "Olena")]
    assert changes_of(desk, part) == [("Plan changed small → big", "Olena")]


def test_a_term_that_was_given_back_is_no_end_set_by_hand(desk: Browser, yearly: Till) -> None:  # noqa: F811
    license_id = yearly.license().id
    renewal = yearly.sell(price_id=yearly.order_price(), renews=license_id)
    yearly.catch_up()
    yearly.shop.refund(renewal)
    yearly.catch_up()

    page = desk.text(f"/licenses/{license_id}")
    assert "A paid term was given back" in page
    assert "End set by hand" not in page


def test_a_subscription_that_begins_and_one_that_is_ended_read_differently(
    desk: Browser,
    till: Till,  # noqa: F811
) -> None:
    till.sell(price_id=till.price())
    till.catch_up()
    for ended in (True, False):
        till.shop.life("subscriptions", till.subscription(), "change", cancel_at_period_end=ended)
        till.catch_up()

    told = [what for what, _who in lines_of(desk, till.license().id) if "by itself" in what]
    assert told == ["Renews by itself", "Does not renew by itself any more", "Renews by itself"]
