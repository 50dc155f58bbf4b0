"""Money on the customer page: Stripe's own page for bills and cards, another term, another plan."""

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from server.billing import asking, changing
from server.billing import services as billing
from server.billing.models import Order
from server.billing.settling import open_checkout
from server.catalog.models import Price
from server.customers.visiting import account_address
from server.kernel import clock
from server.kernel.errors import NotFound
from server.kernel.i18n import language_of
from server.kernel.tenancy import resolve
from server.licensing.models import License
from server.licensing.services.account import license_of_customer
from server.pages import limits
from server.pages.account_entry import to_the_form
from server.pages.refusing import show_refusals
from server.pages.showing import show
from server.pages.visitors import SignedOut, acting, private

CAUSE = re.compile(r"[A-Za-z0-9_-]{16,64}")

blueprint = Blueprint("account_payments", __name__, url_prefix="/account")
show_refusals(blueprint)
blueprint.register_error_handler(SignedOut, to_the_form)


@dataclass(frozen=True)
class Payment:
    """What may be done about the payment of a license."""

    bills: list[Order] = field(default_factory=list)  # one for each of the holder's customers at Stripe
    plans: list[Price] = field(default_factory=list)  # a subscription may change to these
    waiting: Price | None = None  # it changes to this when a bill is paid,
    pay_url: str = ""  # there
    sells: bool = False  # its product can be bought again
    renewal: Price | None = None  # one more term of it costs this
    charged_on: datetime | None = None  # Stripe takes the next payment of its subscription


def payments_of(licenses: Sequence[License], now: datetime) -> dict[str, Payment]:
    """For each license of the page, by its id: read for all of them at once."""
    orders, bills = billing.orders_of_each(licenses), billing.bills_of_each(licenses)
    sold = {*(one.product_id for one in licenses), *(order.product_id for order in orders.values())}
    prices, modes = billing.prices_of_each(sold), billing.modes_for_sale()
    found = {}
    for license in licenses:
        order, known = orders.get(license.id), prices[license.product_id]
        sells = license.mode == "live" and any(price.is_offered for price in known)
        term = billing.price_of_term(license, order, known, now) if license.mode in modes else None
        payment = Payment(bills[license.id], sells=sells, renewal=term, charged_on=charged_on(license, order))
        if order is not None and billing.paid_by_holder(order, license):
            payment = _with_changes(payment, order, prices[order.product_id], now)
        found[license.id] = payment
    return found


def told_by(orders: Sequence[Order]) -> dict[str, str]:
    """What tells each order's button from those of the same product: "", "day", "sum" or "number"."""
    known = {order.id: order for order in orders}
    words = {}
    for one in known.values():
        others = [
            other for other in known.values() if other is not one and other.product_id == one.product_id
        ]
        of_day = [other for other in others if _day_of(other) == _day_of(one)]
        alike = [other for other in of_day if (other.amount, other.currency) == (one.amount, one.currency)]
        words[one.id] = "number" if alike else "sum" if of_day else "day" if others else ""
    return words


def _day_of(order: Order) -> date:
    return (order.paid_at or order.created_at).date()


def _with_changes(payment: Payment, order: Order, known: list[Price], now: datetime) -> Payment:
    return replace(
        payment,
        plans=changing.fit_to_change(order, known, at_desk=False),
        waiting=changing.waiting_change(order, known, now),
        pay_url=order.waiting_pay_url,
    )


def charged_on(license: License, order: Order | None) -> datetime | None:
    """When the next payment is taken, as Stripe told us: the license's end may have been set by hand."""
    return order.renews_at if order is not None and license.renews else None


def first_charge(license: License) -> tuple[Price, bool] | None:
    """What the end of a trial costs its holder, and whether tax comes on top; None: nothing is charged."""
    order = billing.order_of(license) if license.is_trial and license.renews else None
    if order is None or order.price is None or not billing.paid_by_holder(order, license):
        return None
    return order.price, billing.is_taxed(order)


@blueprint.post("/<vendor_slug>/licenses/<license_id>/bills")
def bills(vendor_slug: str, license_id: str) -> Response:
    """On to Stripe's page: bills, cards, the end of a subscription."""
    limits.count("checkout")
    with acting(vendor_slug) as visitor:
        known = billing.bills_of(license_of_customer(visitor.customer, license_id))
        wanted = request.form.get("order", "")
        order = next((one for one in known if wanted in {"", one.id}), None)
        return _to_stripe(order)


@blueprint.post("/<vendor_slug>/orders/<order_id>/bills")
def bills_for_others(vendor_slug: str, order_id: str) -> Response:
    """The same where the license belongs to somebody else by now: who is charged must be able to end it."""
    limits.count("checkout")
    with acting(vendor_slug) as visitor:
        paid = billing.charges_for_others(visitor.customer)
        return _to_stripe(next((one for one in paid if one.id == order_id), None))


@blueprint.post("/<vendor_slug>/licenses/<license_id>/plan-quotes")
def quote_plan(vendor_slug: str, license_id: str) -> Response:
    """What another plan costs today, before anything changes."""
    limits.count("checkout")
    with acting(vendor_slug) as visitor:
        order, price = _switch_of(license_of_customer(visitor.customer, license_id))
        quote = changing.quote_change(order, price)
        return private(
            show(
                "account_change.html",
                language=language_of(visitor.customer.locale),
                vendor=visitor.vendor,
                license=license_of_customer(visitor.customer, license_id),
                price=price,
                units=len(billing.licenses_of(order)),
                quote=quote,
                taxed=billing.is_taxed(order),
                form_token=visitor.form_token,
                page_at=account_address(),
            )
        )


@blueprint.post("/<vendor_slug>/licenses/<license_id>/plan")
def change_plan(vendor_slug: str, license_id: str) -> Response:
    """What was shown is charged; with a card that is declined, Stripe's page takes another."""
    limits.count("checkout")
    with acting(vendor_slug) as visitor:
        order, price = _switch_of(license_of_customer(visitor.customer, license_id))
        proof = request.form.get("proof", "")
        pay_url = changing.change_subscription_plan(order, price, actor=visitor.actor, proof=proof)
        page = url_for("account.page", vendor_slug=vendor_slug, done="changed")
        return private(redirect(pay_url or page, code=303))


@blueprint.post("/<vendor_slug>/licenses/<license_id>/renew")
def renew(vendor_slug: str, license_id: str) -> Response:
    """On to Stripe's page for one more term: the same key, the same sites."""
    limits.count("checkout")
    with acting(vendor_slug) as visitor:
        license = license_of_customer(visitor.customer, license_id)
        price = billing.renewal_price(license, clock.now())
        if price is None:
            raise NotFound("This license cannot be renewed here.")
        locale, back = visitor.customer.locale, account_address()
        sale = billing.prepare_renewal(license, price, cancel_url=back, locale=locale)
        url = open_checkout(sale, cause=cause_of(request.form.get("cause", "")))
        return private(redirect(url, code=303))


def cause_of(text: str) -> str:
    """What makes a second press of one button the same press: the form's, or a new one."""
    return text if CAUSE.fullmatch(text) else secrets.token_urlsafe(16)


def _to_stripe(order: Order | None) -> Response:
    url = asking.portal_url(order, return_url=account_address()) if order else None
    if url is None:
        raise NotFound
    return private(redirect(url, code=303))


def _order(license: License) -> Order:
    """What the holder bought it by; who got it from somebody else does not spend that person's money."""
    order = billing.order_of(license)
    if order is None or not billing.paid_by_holder(order, license):
        raise NotFound
    return order


def _switch_of(license: License) -> tuple[Order, Price]:
    order, price = _order(license), resolve(Price, request.form.get("price", ""))
    if price not in [offered for _plan, offered in billing.offers(license.product)]:
        raise changing.PlanUnfit("This plan is no longer offered.")
    return order, price
