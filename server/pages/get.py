"""What was bought: key, download, documentation, and a button that activates a site (`/get/<token>`)."""

from collections.abc import Iterator
from contextlib import contextmanager

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from server.accounts.services import vendor
from server.customers.site_address import SiteUrlInvalid
from server.kernel import clock
from server.kernel.db import writing
from server.kernel.errors import KeydeskError
from server.kernel.tenancy import tenant
from server.licensing import services as licensing
from server.licensing.models import PurchasePage
from server.pages import limits
from server.pages.getting import way_to_the_file
from server.pages.showing import reader_language, show, show_refusals
from server.releases.services import current_release

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
        site_url = request.form.get("site_url", "").strip() or bought.site_url
        try:
            with writing():
                _code, address = licensing.mint_activation_code(bought, site_url, clock.now())
        except SiteUrlInvalid:
            return _show(token, bought, problem="address", typed=site_url, status=422)
        except KeydeskError as refusal:
            return _show(token, bought, problem=refusal.code, status=refusal.status)
    return _private(redirect(address, code=303))


@blueprint.get("/<token>/download")
def download(token: str) -> Response:
    """The present version, decided now and not when the mail was written."""
    limits.count("get")
    with _opened(token) as bought, writing():
        path = way_to_the_file(bought.license, clock.now())
    return _private(redirect(path, code=303))


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
    response = show(
        "get.html",
        language=reader_language(license.customer.locale),
        status=status,
        vendor=vendor(),
        product=license.product,
        license=license,
        state=license.status(now),
        key=licensing.reveal_key(license),
        release=current_release(license.product),
        active=licensing.active_sites(bought),
        button_lives=now < bought.expires_at,
        known_site=bought.site_url,
        dashboard=licensing.dashboard_elsewhere(bought),
        typed=typed,
        problem=problem,
        sent=sent,
        activate_at=url_for("get.activate", token=token),
        download_at=url_for("get.download", token=token),
        mail_at=url_for("get.send_again", token=token),
    )
    # a site may still be without https, and the form's answer leads there
    policy = response.headers["Content-Security-Policy"]
    response.headers["Content-Security-Policy"] = policy.replace("'self' https:", "'self' https: http:")
    return _private(response)


def _private(response: Response) -> Response:
    """The address is a secret: it goes into no store and no referrer."""
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "no-store"
    return response
