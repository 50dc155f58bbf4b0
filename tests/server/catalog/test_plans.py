"""A plan says what is sold, and refuses at once what no lease, bundle or buyer could take."""

from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any

import pytest

from server.accounts.services import history
from server.billing.services.checkout import offers
from server.catalog.models import Plan
from server.catalog.services import (
    SlugTaken,
    active_price,
    active_prices,
    change_plan,
    close_plan,
    create_plan,
    create_product,
    retire_price,
    set_price,
)
from server.kernel.db import session, writing
from server.kernel.errors import Invalid
from server.kernel.tenancy import resolve, tenant
from tests.conftest import NOON, Cast

WHO = "member:mem_1"


def make(harbour: Cast, code: str = "agency", **facts: Any) -> Plan:
    with writing():
        return create_plan(harbour.product, code=code, actor=WHO, **({"name": "Agency"} | facts))


def bundled_plan(slug: str, **facts: Any) -> Plan:
    with writing():
        product = create_product(slug=slug, name=slug, now=NOON, actor=WHO)
        return create_plan(product, code="solo", name="Solo", actor=WHO, **facts)


@pytest.mark.parametrize(
    ("field", "facts"),
    [
        ("name", {"name": "  "}),
        ("seats", {"seats": 0}),
        ("interval", {"interval": "decade"}),
        ("features", {"features": ["UPPER"]}),
        ("features", {"features": ["x" * 41]}),
        ("features", {"features": [f"f{number}" for number in range(49)]}),
        ("features", {"features": [f"{number:02}-" + "x" * 20 for number in range(25)]}),
        ("renews", {"renews": True, "interval": "lifetime"}),
        ("trial_days", {"trial_days": 366, "trial_needs_card": False}),
        ("trial_needs_card", {"trial_days": 14}),
        ("max_version", {"max_version": "two"}),
        ("bundled_plan_ids", {"bundled_plan_ids": ["pln_00000000000000000000000000"]}),
    ],
)
def test_what_cannot_be_sold_is_refused_at_its_field(harbour: Cast, field: str, facts: Any) -> None:
    with pytest.raises(Invalid) as refused:
        make(harbour, **facts)

    assert refused.value.fields["errors"][0]["pointer"] == f"/{field}"


def test_as_many_features_as_a_lease_can_hold_are_taken(harbour: Cast) -> None:
    assert len(make(harbour, features=[f"feature.{number:03}" for number in range(34)]).features) == 34
    assert len(make(harbour, "many", features=[f"f{number:02}" for number in range(48)]).features) == 48


def test_a_plan_is_changed_field_by_field_and_it_is_remembered_which(harbour: Cast) -> None:
    plan = make(harbour, seats=None)
    with writing():
        change_plan(plan, actor=WHO, interval="month", renews=True, trial_days=14, seats=None)

    assert (plan.interval, plan.trial_days, plan.name) == ("month", 14, "Agency")
    assert history(plan.id)[0].facts["fields"] == ["interval", "renews", "trial_days"]


def test_two_plans_of_a_product_cannot_share_a_code(harbour: Cast) -> None:
    make(harbour)
    with pytest.raises(SlugTaken):
        make(harbour)


def test_a_bundle_holds_plans_of_other_products_but_no_bundle(harbour: Cast) -> None:
    forms, maps = bundled_plan("forms"), bundled_plan("maps")
    bundle = make(harbour, bundled_plan_ids=[forms.id, maps.id])

    assert bundle.bundled_plan_ids == [forms.id, maps.id]
    for product, plans in (
        (harbour.product, [harbour.plan.id]),  # its own product
        (harbour.product, [forms.id, forms.id]),  # the same twice
    ):
        with pytest.raises(Invalid), writing():
            create_plan(product, code="other", name="Other", actor=WHO, bundled_plan_ids=plans)
    with pytest.raises(Invalid, match="another bundle"):
        bundled_plan("all", bundled_plan_ids=[bundle.id])
    with pytest.raises(Invalid, match="another bundle"), writing():
        change_plan(resolve(Plan, forms.id), actor=WHO, bundled_plan_ids=[bundled_plan_id()])


def bundled_plan_id() -> str:
    product = create_product(slug="late", name="Late", now=NOON, actor=WHO)
    return create_plan(product, code="solo", name="Solo", actor=WHO).id


def test_a_strangers_plan_is_no_part_of_a_bundle(harbour: Cast, stranger: Cast) -> None:
    with pytest.raises(Invalid, match="does not exist"):
        make(harbour, bundled_plan_ids=[stranger.plan.id])


def test_a_plan_has_one_price_in_each_currency_and_keeps_the_earlier_ones(harbour: Cast) -> None:
    plan = make(harbour)
    with writing():
        for amount, currency in ((4_900, "eur"), (5_500, "usd"), (5_900, "eur")):
            set_price(plan, amount=amount, currency=currency, actor=WHO)

    assert {price.currency: price.amount for price in active_prices(plan)} == {"usd": 5_500, "eur": 5_900}
    assert _amount(plan, "usd") == 5_500
    session.refresh(plan)
    assert len(plan.prices) == 3


def test_two_prices_that_are_set_at_once_leave_one(harbour: Cast) -> None:
    """The second waits for the first, so it sees what it replaces."""
    plan_id, vendor_id = make(harbour).id, harbour.vendor.id

    def set_another() -> None:
        with tenant(vendor_id), writing():
            set_price(resolve(Plan, plan_id), amount=5_900, currency="eur", actor=WHO)
        session.remove()

    with ThreadPoolExecutor() as threads:
        with writing():
            set_price(resolve(Plan, plan_id), amount=4_900, currency="eur", actor=WHO)
            other = threads.submit(set_another)
            wait([other], timeout=0.5)
        other.result()

    session.rollback()
    assert [price.amount for price in active_prices(resolve(Plan, plan_id))] == [5_900]


def test_a_retired_price_is_no_longer_offered(harbour: Cast) -> None:
    plan = make(harbour)
    with writing():
        dollars = set_price(plan, amount=5_500, currency="usd", actor=WHO)
        set_price(plan, amount=4_900, currency="eur", actor=WHO)
        retire_price(dollars, actor=WHO)

    assert _amount(plan, "usd") == 4_900


def test_a_price_leaves_a_closed_plan_closed(harbour: Cast) -> None:
    plan = make(harbour)
    with writing():
        set_price(plan, amount=4_900, currency="eur", actor=WHO)
        close_plan(plan, actor=WHO)
    assert (active_price(plan), plan.on_sale) == (None, False)

    with writing():
        set_price(plan, amount=3_900, currency="eur", actor=WHO)
    assert (_amount(plan, "eur"), plan.on_sale) == (3_900, False)
    assert plan not in dict(offers(harbour.product))

    with writing():
        change_plan(plan, actor=WHO, on_sale=True)
    assert dict(offers(harbour.product))[plan].amount == 3_900


def test_what_renews_by_itself_is_never_free(harbour: Cast) -> None:
    free, paid = make(harbour, "free"), make(harbour, "paid", renews=True)
    with writing():
        set_price(free, amount=0, currency="eur", actor=WHO)
    assert _amount(free, "eur") == 0

    for plan, amount in ((paid, 0), (paid, -1), (free, 100_000_000)):
        with pytest.raises(Invalid), writing():
            set_price(plan, amount=amount, currency="eur", actor=WHO)


@pytest.mark.parametrize("currency", ["zzz", "xts", "hrk", "EUR", "eu", "", "eurr", "kwd"])
def test_a_price_is_in_a_currency_that_stripe_takes(harbour: Cast, currency: str) -> None:
    plan = make(harbour, "forms")
    with pytest.raises(Invalid, match="Stripe takes"), writing():
        set_price(plan, amount=4_900, currency=currency, actor=WHO)


@pytest.mark.parametrize("currency", ["isk", "ugx"])
def test_what_is_counted_in_hundredths_without_having_any_is_whole(harbour: Cast, currency: str) -> None:
    plan = make(harbour, "forms")
    with writing():
        set_price(plan, amount=500, currency=currency, actor=WHO)
    with pytest.raises(Invalid, match="no cents"), writing():
        set_price(plan, amount=550, currency=currency, actor=WHO)


def _amount(plan: Plan, currency: str) -> int | None:
    price = active_price(plan, currency)
    return price.amount if price else None
