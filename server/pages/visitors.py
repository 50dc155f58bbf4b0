"""Who visits the customer page: the vendor of the address, the cookie, and forms of our own pages only."""

import hmac
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from flask import request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response

from server.accounts.models import Vendor
from server.customers import visiting
from server.customers.models import Customer, CustomerSession
from server.kernel import clock, settings
from server.kernel.db import session
from server.kernel.errors import NotFound, Refused, Unauthorized
from server.kernel.tenancy import tenant


class SignedOut(Unauthorized):
    """Nobody is signed in to the customer page in this browser."""

    title = "Please open the link in your mail first"


class FormNotOurs(Refused):
    """A form that was not sent from the page it belongs to."""

    code = "csrf_failed"
    title = "This form was not sent from its own page; please open the page again"


@dataclass(frozen=True)
class Visitor:
    """A signed-in customer of one vendor."""

    vendor: Vendor
    visit: CustomerSession
    form_token: str

    @property
    def customer(self) -> Customer:
        return self.visit.customer

    @property
    def actor(self) -> str:
        return f"customer:{self.visit.customer_id}"


@contextmanager
def shop(vendor_slug: str) -> Iterator[Vendor]:
    """The vendor that the address names, and its scope."""
    vendor = session.scalars(select(Vendor).where(Vendor.slug == vendor_slug)).one_or_none()
    if vendor is None:
        raise NotFound
    with tenant(vendor.id):
        yield vendor


@contextmanager
def acting(vendor_slug: str) -> Iterator[Visitor]:
    """The signed-in customer who sent one of our forms; raises `SignedOut` or `FormNotOurs`."""
    refuse_foreign_page()
    with shop(vendor_slug) as vendor:
        visitor = visitor_of(vendor)
        if visitor is None:
            raise SignedOut
        if not hmac.compare_digest(request.form.get("form_token", "").encode(), visitor.form_token.encode()):
            raise FormNotOurs
        yield visitor


def visitor_of(vendor: Vendor) -> Visitor | None:
    """The customer whose visit this browser's cookie names."""
    cookie = request.cookies.get(cookie_name(), "")
    visit = visiting.find_visit(cookie, now=clock.now()) if cookie else None
    return None if visit is None else Visitor(vendor, visit, visiting.form_token(cookie))


def refuse_foreign_page() -> None:
    """A browser says itself which page sent a form; one that is too old to say it needs the form's token."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}:
        raise FormNotOurs


def cookie_name() -> str:
    """`__Secure-` binds the cookie to https; a development server has none."""
    return "keydesk_customer" if settings.current().is_development else "__Secure-keydesk_customer"


def keep_cookie(response: Response, vendor_slug: str, token: str) -> Response:
    """Give the browser the reference to its visit; it goes to this vendor's page and nowhere else."""
    response.set_cookie(
        cookie_name(),
        token,
        max_age=int(visiting.VISIT_LIFE.total_seconds()),
        path=url_for("account.page", vendor_slug=vendor_slug),
        secure=not settings.current().is_development,
        httponly=True,
        samesite="Lax",
    )
    return response


def drop_cookie(response: Response, vendor_slug: str) -> Response:
    """Take the reference back from the browser."""
    response.delete_cookie(
        cookie_name(),
        path=url_for("account.page", vendor_slug=vendor_slug),
        secure=not settings.current().is_development,
        httponly=True,
        samesite="Lax",
    )
    return response


def private(response: Response) -> Response:
    """The page shows keys: it goes into no store and no referrer."""
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "no-store"
    return response
