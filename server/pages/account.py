"""The customer's own page (`/account/<vendor>`): licenses, their sites and files, payments, and choices."""

import secrets

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from server.billing import services as billing
from server.customers import unsubscribing
from server.kernel import clock
from server.kernel.db import writing
from server.kernel.i18n import NAMES, language_of
from server.licensing import services as licensing
from server.licensing.models import License
from server.licensing.services.account import (
    Owned,
    license_of_customer,
    licenses_of_customer,
    release_own_site,
)
from server.pages import limits
from server.pages.account_entry import show_form, to_the_form
from server.pages.account_payments import payments_of, told_by
from server.pages.getting import releases_for, way_to_the_file
from server.pages.refusing import show_refusals
from server.pages.showing import show
from server.pages.visitors import SignedOut, Visitor, acting, private, shop, visitor_of
from server.releases.plugins import plugins_among

DONE = ("released", "mailed", "saved", "changed", "renewed", "paying")

blueprint = Blueprint("account", __name__, url_prefix="/account")
show_refusals(blueprint)
blueprint.register_error_handler(SignedOut, to_the_form)


@blueprint.get("/<vendor_slug>")
def page(vendor_slug: str) -> Response:
    """The page for who is signed in, the way in for everybody else."""
    limits.count("account")
    with shop(vendor_slug) as vendor:
        visitor = visitor_of(vendor)
        return show_form(vendor) if visitor is None else _page(visitor)


@blueprint.post("/<vendor_slug>/sites/<activation_id>/release")
def release(vendor_slug: str, activation_id: str) -> Response:
    """Free the seat of a site, also of one that is gone and of a license that has ended."""
    with acting(vendor_slug) as visitor:
        with writing():
            release_own_site(visitor.customer, activation_id, now=clock.now())
        return _back(visitor, "released")


@blueprint.post("/<vendor_slug>/licenses/<license_id>/download")
def download(vendor_slug: str, license_id: str) -> Response:
    """The present version, if the license runs at this moment."""
    with acting(vendor_slug) as visitor:
        license = license_of_customer(visitor.customer, license_id)
        with writing():
            path = way_to_the_file(license, clock.now())
        return private(redirect(path, code=303))


@blueprint.post("/<vendor_slug>/licenses/<license_id>/mail")
def send_again(vendor_slug: str, license_id: str) -> Response:
    """The purchase mail again, with a fresh activation button."""
    limits.count("mail")
    with acting(vendor_slug) as visitor:
        license = license_of_customer(visitor.customer, license_id)
        with writing():
            licensing.resend_purchase_mail(license)
        return _back(visitor, "mailed")


@blueprint.post("/<vendor_slug>/choices")
def choose(vendor_slug: str) -> Response:
    """Which mails, and in which language."""
    with acting(vendor_slug) as visitor:
        with writing():
            unsubscribing.set_wanted(
                visitor.customer,
                unsubscribing.REMINDERS,
                wanted="reminders" in request.form,
                actor=visitor.actor,
            )
            visitor.customer.locale = language_of(request.form.get("language") or visitor.customer.locale)
        return _back(visitor, "saved")


def _back(visitor: Visitor, done: str) -> Response:
    return private(redirect(url_for("account.page", vendor_slug=visitor.vendor.slug, done=done), code=303))


def _page(visitor: Visitor) -> Response:
    now, customer = clock.now(), visitor.customer
    owned = licenses_of_customer(customer)
    payments = payments_of([one.license for one in owned], now)
    charges = billing.charges_for_others(customer)
    done = request.args.get("done", "")
    response = show(
        "account.html",
        language=language_of(request.args.get("lang") or customer.locale),
        vendor=visitor.vendor,
        customer=customer,
        form_token=visitor.form_token,
        owned=owned,
        keys={one.license.id: licensing.reveal_key(one.license) for one in owned},
        releases=releases_for(_all(owned), now),
        needs=licensing.missing_parents(_all(owned), now),
        plugins=_plugins(owned),
        payments=payments,
        charges=charges,
        told_by=told_by([*charges, *(order for one in payments.values() for order in one.bills)]),
        taxed=billing.taxed_modes(),
        cause=secrets.token_urlsafe(16),
        now=now,
        done=done if done in DONE else "",
        wants_reminders=unsubscribing.wants(customer, unsubscribing.REMINDERS),
        names=NAMES,
    )
    policy = response.headers["Content-Security-Policy"]
    response.headers["Content-Security-Policy"] = f"{policy}; script-src 'self'"  # the button that copies
    return private(response)


def _plugins(owned: list[Owned]) -> set[str]:
    """The licenses that sites can use themselves: all but those of what only sells bundles."""
    bundles = {one.license.product_id for one in owned if one.children}
    own = plugins_among(bundles) if bundles else set()
    return {one.license.id for one in owned if not one.children or one.sites or one.license.product_id in own}


def _all(owned: list[Owned]) -> list[License]:
    return [one.license for parent in owned for one in (parent, *parent.children)]
