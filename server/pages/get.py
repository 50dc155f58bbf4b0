"""What was bought: key, download, documentation, and a button that activates a site (`/get/<token>`).

A bundle has all of it for each of its plugins: a plugin is activated on a screen of its own.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from server.accounts.services import vendor
from server.billing import services as billing
from server.customers.site_address import SiteUrlInvalid
from server.kernel import clock
from server.kernel.db import writing
from server.kernel.errors import KeydeskError, NotFound
from server.kernel.tenancy import tenant
from server.licensing import services as licensing
from server.licensing.models import License, PurchasePage
from server.pages import limits
from server.pages.account_payments import charged_on, first_charge
from server.pages.getting import parts_of, releases_for, way_to_the_file, why_no_file
from server.pages.refusing import show_refusals
from server.pages.showing import reader_language, show
from server.pages.visitors import private

blueprint = Blueprint("get", __name__, url_prefix="/get")
show_refusals(blueprint)


@blueprint.get("/<token>")
def page(token: str) -> Response:
    """The page of a purchase. Whoever has its address has the key: it is in one mail only."""
    limits.count("get")
    with _opened(token) as bought:
        return _show(token, bought)


@blueprint.post("/<token>/activation")
def activate(token: str) -> Response:
    """On to the site's license screen, with a one-use code behind the `#`, which no log sees."""
    limits.count("get")
    with _opened(token) as bought:
        part = _part(bought)
        site_url = request.form.get("site_url", "").strip() or bought.site_url
        try:
            with writing():
                _code, address = licensing.mint_activation_code(bought, site_url, clock.now(), part=part)
        except SiteUrlInvalid:
            return _show(token, bought, problem="address", typed=site_url, status=422)
        except KeydeskError as refusal:
            return _show(token, bought, problem=refusal.code, status=refusal.status)
    return private(redirect(address, code=303))


@blueprint.get("/<token>/download")
def download(token: str) -> Response:
    """The present version, decided now and not when the mail was written."""
    limits.count("get")
    with _opened(token) as bought, writing():
        path = way_to_the_file(_part(bought), clock.now())
    return private(redirect(path, code=303))


@blueprint.post("/<token>/mail")
def send_again(token: str) -> Response:
    """A fresh button by mail, to the buyer's address and nowhere else."""
    limits.count("mail")
    with _opened(token) as bought:
        with writing():
            licensing.resend_purchase_mail(bought.license)
        return _show(token, bought, sent=True)


@contextmanager
def _opened(token: str) -> Iterator[PurchasePage]:
    """The page in its vendor's scope."""
    found = licensing.open_purchase_page(token)
    with tenant(found.tenant_id):
        yield found


def _part(bought: PurchasePage) -> License:
    """The license that the pressed button is about: of an ordinary purchase the only one."""
    parts = parts_of(bought.license)
    asked = request.values.get("license", parts[0].id if parts else "")
    part = next((one for one in parts if one.id == asked), None)
    if part is None:
        raise NotFound
    return part


def _bought_together(license: License) -> int:
    """How many licenses came with it in one order: Stripe leads the buyer to the page of the first."""
    order = billing.order_of(license) if license.parent_id is None else None
    return len(billing.licenses_of(order)) if order and billing.paid_by_holder(order, license) else 1


def _show(
    token: str,
    bought: PurchasePage,
    *,
    problem: str = "",
    typed: str = "",
    sent: bool = False,
    status: int = 200,
) -> Response:
    license, now = bought.license, clock.now()
    parts = parts_of(license)
    active = {one.id: licensing.activated_on(one) for one in parts}
    response = show(
        "get.html" if parts == [license] else "get_bundle.html",
        language=reader_language(license.customer.locale),
        status=status,
        vendor=vendor(),
        product=license.product,
        license=license,
        parts=parts,
        keys={one.id: licensing.reveal_key(one) for one in (license, *parts)},
        releases=releases_for(parts, now),
        missing={one.id: why_no_file(one, now) for one in parts},
        active=active,
        used={id for id, sites in active.items() if sites},
        charge=first_charge(license),
        charged_on=charged_on(license, billing.order_of(license)),
        needs=licensing.missing_parents(parts, now),
        bought_together=_bought_together(license),
        now=now,
        button_lives=now < bought.expires_at,
        known_site=bought.site_url,
        dashboard=licensing.dashboard_elsewhere(bought),
        typed=typed,
        problem=problem,
        sent=sent,
        **_addresses(token),
    )
    return private(_leading_to_any_site(response))


def _leading_to_any_site(response: Response) -> Response:
    """A site may still be without https, and the form's answer leads there."""
    policy = response.headers["Content-Security-Policy"]
    response.headers["Content-Security-Policy"] = policy.replace("'self' https:", "'self' https: http:")
    return response


def _addresses(token: str) -> dict[str, str]:
    return {
        "activate_at": url_for("get.activate", token=token),
        "download_at": url_for("get.download", token=token),
        "mail_at": url_for("get.send_again", token=token),
    }
