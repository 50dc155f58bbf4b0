"""A vendor's script against the real server: the catalog, licenses, customers and orders of another shop."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from keydesk import Keydesk, Retries, SiteIdentity, errors, new_site_uid
from keydesk import vendor as public
from keydesk.vendor import Offer, Vendor

from tests.client_sdk.conftest import QUICK, Play, Stage
from tests.tools.keydesk_server import KeydeskServer


@pytest.fixture
def shop(demo_server: KeydeskServer) -> Vendor:
    """The demo's vendor, with a key that may do everything."""
    key = demo_server.demo_facts()["vendor_api_key"]
    return Vendor(demo_server.url, api_key=key, retries=Retries(backoff_s=0.01))


@pytest.fixture
def plan(shop: Vendor) -> Offer:
    """A plan of a product of this test's own: two sites for a year."""
    product = shop.products.create(name="Script made", slug=f"made-{uuid4().hex[:12]}")
    return shop.products.create_plan(
        product.product_id, code="duo", name="Duo", seats=2, interval="year", features=["export"]
    )


def issue(shop: Vendor, plan: Offer, **more: Any) -> Any:
    wish = {"email": f"{uuid4().hex[:12]}@buyer.example.com", "name": "Ana", **more}
    return shop.licenses.issue(product_id=plan.product_id, plan_id=plan.plan_id, **wish)


def test_the_catalog_is_made_changed_and_read(shop: Vendor, plan: Offer) -> None:
    shop.products.set_price(plan.plan_id, amount=4_900, currency="eur")
    priced = shop.products.set_price(plan.plan_id, amount=5_500, currency="usd")
    changed = shop.products.change_plan(plan.plan_id, seats=None, max_version="2")
    product = shop.products.change(plan.product_id, homepage="https://example.com/", doors=["edd"])

    assert [(price.amount, price.currency) for price in priced.prices] == [(4_900, "eur"), (5_500, "usd")]
    assert (changed.seats, changed.max_version, changed.features) == (None, "2", ("export",))
    assert (product.doors, product.plans) == (("edd",), (changed,))
    assert shop.products.get(plan.product_id) == product
    assert product in list(shop.products.each())
    left = shop.products.retire_price(plan.plan_id, changed.prices[0].price_id)
    assert [price.currency for price in left.prices] == ["usd"]
    assert shop.products.plan(plan.plan_id) == left


def test_a_license_lives_its_life(shop: Vendor, plan: Offer) -> None:
    made = issue(shop, plan, note="trade fair")
    assert made.license_key == shop.licenses.key(made.license_id)
    until = datetime(2031, 1, 1, tzinfo=UTC)

    changed = shop.licenses.change(made.license_id, seats=None, valid_until=until, note="goodwill")
    assert (changed.license.seats.limit, changed.license.valid_until) == (None, until)
    assert shop.licenses.change(made.license_id, valid_until=None).license.valid_until is None

    paused = shop.licenses.suspend(made.license_id, reason="abuse")
    assert (paused.license.status, paused.suspended_for) == ("suspended", ("abuse",))
    assert shop.licenses.restore(made.license_id, reason="abuse", note="a friend").license.status == "active"
    assert shop.licenses.revoke(made.license_id, reason="refunded").stopped_at is not None
    good = shop.licenses.unrevoke(made.license_id, reason="refunded", note="paid again")
    assert good.license.status == "active"

    key = shop.licenses.new_key(made.license_id, note="leaked")
    moved = shop.licenses.transfer(made.license_id, email=f"{uuid4().hex}@buyer.example.com", new_key=True)
    assert len({made.license_key, key, moved.license_key}) == 3
    assert moved.customer.customer_id != made.customer.customer_id
    assert shop.licenses.get(made.license_id).license_key is None


def test_licenses_are_issued_many_at_once_and_found_again(shop: Vendor, plan: Offer) -> None:
    later = datetime.now(UTC) + timedelta(days=9)
    wish: dict[str, Any] = {"product_id": plan.product_id, "plan_id": plan.plan_id}
    mails = [f"{uuid4().hex[:12]}@buyer.example.com" for _ in range(30)]
    wishes = [shop.licenses.wish(email=mail, **wish) for mail in mails]
    wishes[7] = shop.licenses.wish(email=mails[7], starts_at=later, valid_until=None, **wish)

    made = shop.licenses.issue_many(wishes)

    assert [one.customer.email for one in made] == mails
    assert (made[7].license.status, made[7].license.valid_until) == ("pending", None)
    pending = shop.licenses.list(status=["pending"], product_id=plan.product_id)
    assert [one.license_id for one in pending.rows] == [made[7].license_id]
    assert shop.licenses.list(status="pending", product_id=plan.product_id) == pending
    found = list(shop.licenses.each(product_id=plan.product_id, limit=7))
    assert [one.license_id for one in found] == [one.license_id for one in reversed(made)]
    assert [one.license_id for one in shop.licenses.list(q=made[3].license_key).rows] == [made[3].license_id]
    [buyer] = shop.customers.list(email=mails[0]).rows
    assert shop.customers.get(buyer.customer_id) == buyer


def test_one_wrong_wish_stops_a_batch_and_is_named(shop: Vendor, plan: Offer) -> None:
    good = shop.licenses.wish(product_id=plan.product_id, plan_id=plan.plan_id, email="a@buyer.example.com")

    with pytest.raises(errors.Invalid) as refused:
        shop.licenses.issue_many([good, {**good, "plan_id": "pln_none"}])

    assert [error["pointer"] for error in refused.value.errors] == ["/licenses/1/plan_id"]
    assert shop.licenses.list(product_id=plan.product_id).rows == ()
    with pytest.raises(errors.BadInput):
        shop.licenses.issue_many([good] * 1_001)


def test_a_site_is_seen_and_released(demo_server: KeydeskServer, shop: Vendor, plan: Offer) -> None:
    made = issue(shop, plan)
    desk = Keydesk(demo_server.url, product_key=shop.products.get(plan.product_id).product_key)
    me = SiteIdentity(uid=new_site_uid(), url="https://shop-1.example.com", version="1.4.0")
    activation = desk.activate(made.license_key, me)

    [site] = shop.licenses.sites(made.license_id)
    assert (site.activation_id, site.url, site.plugin_version) == (activation.activation_id, me.url, "1.4.0")
    for _again in range(2):
        released = shop.licenses.release(made.license_id, site.activation_id, note="its owner asked")
        assert released.released
        assert released.seats is not None
        assert released.seats.used == 0
    assert shop.licenses.sites(made.license_id) == ()


def test_a_purchase_of_another_shop_is_reported_once(shop: Vendor, plan: Offer) -> None:
    sale: dict[str, Any] = {
        "email": f"{uuid4().hex[:12]}@buyer.example.com",
        "plan_id": plan.plan_id,
        "source": f"woocommerce:{uuid4().hex}",
        "amount": 4_900,
        "currency": "eur",
        "quantity": 2,
    }
    order, again = shop.orders.record(**sale), shop.orders.record(**sale)

    assert order.order_id == again.order_id
    assert (order.amount, order.paid_amount) == (again.amount, again.paid_amount) == (4_900, 4_900)
    assert [one.license_id for one in order.licenses] == [one.license_id for one in again.licenses]
    assert len({one.license_key for one in order.licenses}) == 2
    assert {one.license_key for one in again.licenses} == {None}
    assert [one.key_hint for one in order.licenses] == [one.key_hint for one in again.licenses]
    assert [one.order_id for one in shop.orders.list(source=sale["source"]).rows] == [order.order_id]
    told: dict[str, Any] = {"source": f"{sale['source']}-back", "note": "half of it"}
    for _twice in range(2):
        part = shop.orders.report_refund(order.order_id, amount=900, **told)
        assert (part.state, part.refunded_amount) == ("completed", 900)
    with pytest.raises(errors.Conflict):
        shop.orders.report_refund(order.order_id, amount=901, **told)
    refunded = shop.orders.report_refund(order.order_id, reason="bug", note="crashed")
    assert (refunded.state, refunded.refund_reason) == ("refunded", "bug")
    assert shop.orders.get(order.order_id) == refunded
    assert shop.licenses.get(order.licenses[0].license_id).license.status == "revoked"


def test_what_is_not_there_or_not_allowed_is_an_error_of_the_tree(
    demo_server: KeydeskServer, shop: Vendor
) -> None:
    for read in (shop.licenses.get, shop.products.get, shop.customers.get, shop.orders.get):
        with pytest.raises(errors.NotFound):
            read("none")
    with pytest.raises(errors.BadInput):
        shop.licenses.get("")
    with pytest.raises(errors.BadInput, match="time zone"):
        shop.licenses.change("lic_none", valid_until=datetime(2031, 1, 1))  # noqa: DTZ001  that is the point
    with pytest.raises(errors.BadCredentials):
        Vendor(demo_server.url, api_key="kds_live_" + "A" * 48).products.list()
    with pytest.raises(errors.BadInput):
        Vendor(demo_server.url, api_key="kdp_public")


def test_a_lost_answer_is_asked_for_again_under_the_same_key(stage: Stage) -> None:
    shop = Vendor(stage.url, api_key="kds_live_" + "A" * 48, retries=QUICK)
    stage.will(Play(status=0), Play(status=200, fields={"license_id": "lic_1", "license_key": "KD1-X"}))

    assert shop.licenses.new_key("lic_1") == "KD1-X"

    first, second = stage.asked
    assert first.headers["idempotency-key"] == second.headers["idempotency-key"]


def test_no_limit_is_sent_as_null_and_what_is_not_given_is_left_out(stage: Stage) -> None:
    shop = Vendor(stage.url, api_key="kds_live_" + "A" * 48, retries=QUICK)
    stage.will(Play(status=404, fields={"code": "not_found"}))

    with pytest.raises(errors.NotFound):
        shop.licenses.change("lic_1", seats=None)

    assert json.loads(stage.asked[0].body) == {"seats": None, "note": ""}


def test_everything_public_of_the_module_is_documented() -> None:
    owed = [getattr(public, name) for name in public.__all__ if name != "UNCHANGED"]
    methods = [
        method
        for each in owed
        for name, method in vars(each).items()
        if callable(method) and not name.startswith("_") and each.__module__.startswith("keydesk")
    ]

    assert [each for each in [*owed, *methods] if not each.__doc__] == []
