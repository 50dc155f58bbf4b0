"""The shop: one page a product, the way to Stripe, and the page after paying."""

import logging
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Blueprint, redirect, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response

from server.accounts.models import Vendor
from server.accounts.services import vendor as vendor_of_scope
from server.billing import services as billing
from server.billing.models import Order
from server.billing.services.checkout import MOST_LICENSES
from server.billing.settling import Overtaken, fulfil, open_checkout
from server.billing.stripe_api import StripeAway, StripeRefused
from server.catalog.models import Price, Product
from server.catalog.services import product_by_slug
from server.customers.site_address import SiteUrlInvalid, site_key
from server.kernel import clock, settings
from server.kernel.db import session, writing
from server.kernel.errors import Invalid, NotFound
from server.kernel.tenancy import resolve, tenant
from server.licensing.services import purchase_page_address
from server.pages import limits
from server.pages.account_payments import cause_of
from server.pages.showing import reader_language, show, show_refusals

AFTER_RENEWAL = {"completed": "renewed", "pending": "paying", "refunded": ""}  # state: the page's words
SESSION_ID = re.compile(r"cs_(?:test|live)_[A-Za-z0-9]{8,200}")

log = logging.getLogger("keydesk.billing")
blueprint = Blueprint("buy", __name__, url_prefix="/buy")
show_refusals(blueprint)


@blueprint.get("/<vendor_slug>/<product_slug>")
def page(vendor_slug: str, product_slug: str) -> Response:
    with _shelf(vendor_slug, product_slug) as (vendor, product):
        return _page(vendor, product)


@blueprint.post("/<vendor_slug>/<product_slug>")
def begin(vendor_slug: str, product_slug: str) -> Response:
    """The buyer chose a plan: on to Stripe's page. A second press of the same button leads to the same."""
    limits.count("checkout")
    with _shelf(vendor_slug, product_slug) as (vendor, product):
        price = resolve(Price, request.form.get("price", ""))
        if price.plan.product_id != product.id:
            raise NotFound
        if not price.amount:
            return _page(vendor, product, gift=price.id)
        site_url, admin_url = _site(request.form.get("site_url", ""), request.form.get("admin_url", ""))
        sale = billing.prepare_sale(
            price,
            cancel_url=_address(vendor, product, site_url, admin_url),
            locale=reader_language(vendor.locale),
            site_url=site_url,
            admin_url=admin_url,
            quantity=_quantity(),
            mode=_mode(),
        )
        try:
            url = open_checkout(sale, cause=cause_of(request.form.get("cause", "")))
        except (StripeAway, StripeRefused) as error:
            log.warning("no checkout", extra={"product": product.id, "code": error.code})
            return _page(vendor, product, problem=error.code, status=error.status)
    return redirect(url, code=303)


@blueprint.post("/<vendor_slug>/<product_slug>/gift")
def gift(vendor_slug: str, product_slug: str) -> Response:
    """A trial without a card, or a plan that costs nothing: the key goes to the mailbox and nowhere else.

    The page says the same to everybody, so it tells nobody who is a customer.
    """
    limits.count("mail")
    with _shelf(vendor_slug, product_slug) as (vendor, product):
        wanted = request.form.get("wanted", "")
        try:
            with writing():
                _give(product, wanted, reader_language(vendor.locale))
        except Invalid:
            return _page(vendor, product, gift=wanted, problem="email_invalid", status=422)
        return show(
            "gift_sent.html",
            language=reader_language(vendor.locale),
            vendor=vendor,
            product=product,
            email=request.form.get("email", "").strip(),
        )


def _give(product: Product, wanted: str, language: str) -> None:
    site_url, admin_url = _site(request.form.get("site_url", ""), request.form.get("admin_url", ""))
    facts: dict[str, Any] = {
        "email": request.form.get("email", ""),
        "now": clock.now(),
        "locale": language,
        "site_url": site_url,
        "admin_url": admin_url,
        "mode": _mode(),
    }
    trial = next((plan for plan in billing.trials(product) if plan.id == wanted), None)
    if trial is not None:
        billing.start_trial(trial, **facts)
        return
    price = resolve(Price, wanted)
    if price.plan.product_id != product.id:
        raise NotFound
    billing.take_free(price, **facts)


@blueprint.get("/success")
def success() -> Response:
    """Stripe sent the buyer back: the same page as the mail's, the customer's own, or what is to come."""
    limits.count("paid")
    session_id, renews = request.args.get("session_id", ""), "renews" in request.args
    connection = billing.connection_by_id(request.args.get("connection", ""))
    if connection is None or not SESSION_ID.fullmatch(session_id):
        raise NotFound
    with tenant(connection.tenant_id):
        try:
            order = fulfil(connection, session_id)
        except (StripeAway, StripeRefused, Overtaken):
            return _renewed("paying") if renews else _after(None)
        if order is None:
            raise NotFound
        bought = billing.purchase_page_of(order)
        if bought is not None:
            return redirect(purchase_page_address(bought), code=303)
        if renews and order.state in AFTER_RENEWAL:
            return _renewed(AFTER_RENEWAL[order.state])
        return _after(order)


def _renewed(done: str) -> Response:
    """On to the customer's page, which asks everybody else for their mailbox: others may pay, too."""
    return redirect(url_for("account.page", vendor_slug=vendor_of_scope().slug, done=done), code=303)


@contextmanager
def _shelf(vendor_slug: str, product_slug: str) -> Iterator[tuple[Vendor, Product]]:
    """The vendor and product that the address names, in the vendor's scope."""
    vendor = session.scalars(select(Vendor).where(Vendor.slug == vendor_slug)).one_or_none()
    if vendor is None:
        raise NotFound
    with tenant(vendor.id):
        product = product_by_slug(product_slug)
        if product is None or product.edition != "premium":
            raise NotFound
        yield vendor, product


def _page(
    vendor: Vendor, product: Product, *, problem: str = "", gift: str = "", status: int = 200
) -> Response:
    known = billing.currencies(product)
    currency = _currency(known)
    offers = billing.offers(product, currency)
    trials = billing.trials(product)
    asked = request.values.get("plan", "")
    chosen = next((price.id for plan, price in offers if asked == plan.code), None)
    chosen = chosen or request.form.get("price") or (offers[0][1].id if offers else "")
    site_url, admin_url = _site(request.values.get("site_url", ""), request.values.get("admin_url", ""))
    return show(
        "buy.html",
        language=reader_language(vendor.locale),
        status=status,
        vendor=vendor,
        product=product,
        offers=offers,
        chosen=chosen,
        trials=trials,
        currency=currency,
        currencies=known,
        gift=gift,
        quantity=_quantity(),
        mode=_mode(),
        takes_payments=billing.takes_payments(_mode()) or not any(price.amount for _plan, price in offers),
        email=request.form.get("email", ""),
        site_url=site_url,
        admin_url=admin_url,
        cause=secrets.token_urlsafe(16),
        problem=problem,
    )


def _mode() -> str:
    """`?mode=test` sells over the test connection; the plain page never does."""
    return "test" if request.args.get("mode") == "test" else "live"


def _currency(known: list[str]) -> str:
    """The one that was asked for, or that the pressed button's price has; else the first."""
    asked = request.args.get("currency", "").lower()
    return asked if asked in known else next(iter(known), "")


def _quantity() -> int:
    """How many licenses; what is no number is one."""
    text = request.form.get("quantity", "1")
    return int(text) if re.fullmatch(r"[0-9]{1,3}", text) and 1 <= int(text) <= MOST_LICENSES else 1


def _after(order: Order | None) -> Response:
    """No key to show yet: say why, and what happens next."""
    return show(
        "after.html",
        language=reader_language(order.locale if order else "en"),
        state=order.state if order else "waiting",
        email=order.email if order else "",
        again=request.full_path.rstrip("?"),
    )


def _site(site_url: str, admin_url: str) -> tuple[str, str]:
    """The site that a purchase began on. An address we cannot use is dropped: nobody typed it."""
    try:
        usable = bool(site_url) and len(site_url) <= 500 and bool(site_key(site_url))
        admin_usable = usable and bool(admin_url) and len(admin_url) <= 500 and bool(site_key(admin_url))
    except SiteUrlInvalid:
        return "", ""
    return (site_url if usable else ""), (admin_url if admin_usable else "")


def _address(vendor: Vendor, product: Product, site_url: str, admin_url: str) -> str:
    """This product's page again, for a buyer who turns back."""
    known: dict[str, Any] = {"site_url": site_url, "admin_url": admin_url}
    known |= {"mode": request.args.get("mode", ""), "currency": request.args.get("currency", "")}
    path = url_for(
        "buy.page",
        vendor_slug=vendor.slug,
        product_slug=product.slug,
        **{name: text for name, text in known.items() if text},
    )
    return settings.current().public_url + path
