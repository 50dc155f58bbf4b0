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
from server.catalog.services import is_for_sale, product_by_slug
from server.customers.site_address import SiteUrlInvalid, site_key
from server.kernel import clock, settings
from server.kernel.db import session, writing
from server.kernel.errors import Invalid, NotFound
from server.kernel.tenancy import resolve, tenant
from server.licensing.services import purchase_page_address
from server.pages import limits, shelf
from server.pages.account_payments import cause_of
from server.pages.refusing import show_refusals
from server.pages.showing import reader_language, show

AFTER_RENEWAL = {"completed": "renewed", "pending": "paying", "refunded": ""}  # state: the page's words
SENT_TO = "keydesk_sent_to"
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
        if not price.amount:  # it stood among the paid ones when this page was loaded
            return redirect(_path("buy.page", vendor, product, plan=price.plan.code) + "#free", code=303)
        quantity = _quantity()
        if quantity is None:
            return _page(vendor, product, problem="quantity", status=422)
        site_url, admin_url = _site(request.form.get("site_url", ""), request.form.get("admin_url", ""))
        sale = billing.prepare_sale(
            price,
            cancel_url=settings.current().public_url + _path("buy.page", vendor, product),
            locale=reader_language(vendor.locale),
            site_url=site_url,
            admin_url=admin_url,
            quantity=quantity,
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
            return _page(vendor, product, problem="email_invalid", status=422)
        return _remember(
            redirect(_path("buy.gift_sent", vendor, product), code=303),
            vendor,
            product,
            request.form["email"],
        )


@blueprint.get("/<vendor_slug>/<product_slug>/sent")
def gift_sent(vendor_slug: str, product_slug: str) -> Response:
    """An address of its own, so that "back" and "reload" send nothing again."""
    with _shelf(vendor_slug, product_slug) as (vendor, product):
        return show(
            "gift_sent.html",
            language=reader_language(vendor.locale),
            vendor=vendor,
            product=product,
            email=request.cookies.get(SENT_TO, ""),
            shelf_at=_path("buy.page", vendor, product),
        )


def _remember(response: Response, vendor: Vendor, product: Product, email: str) -> Response:
    """Where the key went, for the next page: in an address it would lie in every log on the way."""
    response.set_cookie(
        SENT_TO,
        email.strip(),
        max_age=600,
        path=url_for("buy.gift_sent", vendor_slug=vendor.slug, product_slug=product.slug),
        secure=not settings.current().is_development,
        httponly=True,
        samesite="Lax",
    )
    return response


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
            return _to_account("paying") if renews else _after(None)
        if order is None:
            raise NotFound
        bought = billing.purchase_page_of(order)
        if bought is not None:
            return redirect(purchase_page_address(bought), code=303)
        if renews and order.state in AFTER_RENEWAL:
            return _to_account(AFTER_RENEWAL[order.state])
        if order.state == "completed" and billing.licenses_of(order):
            return _to_account()  # all that it brought was handed on
        return _after(order)


def _to_account(done: str = "") -> Response:
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
        if product is None or (product.edition == "free" and not is_for_sale(product)):
            raise NotFound
        yield vendor, product


def _page(vendor: Vendor, product: Product, *, problem: str = "", status: int = 200) -> Response:
    known = shelf.currencies(product)
    currency = _currency(known)
    offers, gifts = shelf.paid_offers(product, currency), shelf.gifts(product, currency)
    plans = [plan for plan, _price in offers] + [gift.plan for gift in gifts]
    inside, parent = shelf.inside(product, plans), product.addon_of
    return show(
        "buy.html",
        language=reader_language(vendor.locale),
        status=status,
        vendor=vendor,
        product=product,
        parent=parent,
        parent_at=_path("buy.page", vendor, parent) if parent and is_for_sale(parent) else "",
        offers=offers,
        gifts=gifts,
        inside=inside,
        without_file=shelf.without_file(product, plans, inside),
        chosen=_chosen("price", [(plan.code, price.id) for plan, price in offers]),
        wanted=_chosen("wanted", [(gift.plan.code, gift.wanted) for gift in gifts]),
        currency=currency,
        links={code: _path("buy.page", vendor, product, currency=code) for code in known},
        quantity=request.form.get("quantity", "1")[:20],
        most=MOST_LICENSES,
        mode=_mode(),
        takes_payments=billing.takes_payments(_mode()),
        taxed=_mode() in billing.taxed_modes(),
        email=request.form.get("email", ""),
        **_known_site(),
        buy_at=_path("buy.begin", vendor, product),
        gift_at=_path("buy.gift", vendor, product) + "#free",
        cause=secrets.token_urlsafe(16),
        problem=problem,
    )


def _chosen(field: str, choices: list[tuple[str, str]]) -> str:
    """What the form had before, else the plan that the link names, else the first."""
    ids, asked = [choice for _code, choice in choices], request.values.get("plan", "")
    named = [choice for code, choice in choices if code == asked]
    return next(
        (choice for choice in [request.form.get(field), *named] if choice in ids), next(iter(ids), "")
    )


def _mode() -> str:
    """`?mode=test` sells over the test connection; the plain page never does."""
    return "test" if request.args.get("mode") == "test" else "live"


def _currency(known: list[str]) -> str:
    """The one that was asked for, or that the pressed button's price has; else the first."""
    asked = request.args.get("currency", "").lower()
    return asked if asked in known else next(iter(known), "")


def _quantity() -> int | None:
    """How many licenses; None for what is no such number."""
    text = request.form.get("quantity", "1").strip()
    return int(text) if re.fullmatch(r"[0-9]{1,3}", text) and 1 <= int(text) <= MOST_LICENSES else None


def _after(order: Order | None) -> Response:
    """No key to show yet: say why, and what happens next."""
    seller = vendor_of_scope()
    return show(
        "after.html",
        language=reader_language(order.locale if order else seller.locale),
        vendor=seller,
        state=order.state if order else "waiting",
        email=order.email if order else "",
        again=request.full_path.rstrip("?"),
        shelf_at=_path("buy.page", seller, order.product) if order else "",
    )


def _site(site_url: str, admin_url: str) -> tuple[str, str]:
    """The site that a purchase began on. An address we cannot use is dropped: nobody typed it."""
    try:
        usable = bool(site_url) and len(site_url) <= 500 and bool(site_key(site_url))
        admin_usable = usable and bool(admin_url) and len(admin_url) <= 500 and bool(site_key(admin_url))
    except SiteUrlInvalid:
        return "", ""
    return (site_url if usable else ""), (admin_url if admin_usable else "")


def _known_site() -> dict[str, str]:
    site_url, admin_url = _site(request.values.get("site_url", ""), request.values.get("admin_url", ""))
    return {"site_url": site_url, "admin_url": admin_url}


def _path(endpoint: str, vendor: Vendor, product: Product, **more: str) -> str:
    """A page of this product, with what this one's address knows of language, mode, currency and site."""
    known: dict[str, Any] = {name: request.args.get(name, "") for name in ("lang", "mode", "currency")}
    known |= _known_site() | more
    return url_for(
        endpoint,
        vendor_slug=vendor.slug,
        product_slug=product.slug,
        **{name: text for name, text in known.items() if text},
    )
