"""The way in to the customer page: an address is typed, a mail comes, its link is confirmed."""

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from server.accounts.models import Vendor
from server.customers import visiting
from server.kernel import clock, rate_limits
from server.kernel.db import writing
from server.kernel.errors import TooMany
from server.mail.services import is_address
from server.pages import limits
from server.pages.refusing import show_refusals
from server.pages.showing import reader_language, show
from server.pages.visitors import (
    SignedOut,
    acting,
    drop_cookie,
    keep_cookie,
    private,
    refuse_foreign_page,
    shop,
)

blueprint = Blueprint("account_entry", __name__, url_prefix="/account")
show_refusals(blueprint)


def to_the_form(_error: SignedOut) -> Response:
    """The visit is over: the way in stands at the page's own address."""
    vendor_slug = (request.view_args or {}).get("vendor_slug", "")
    return redirect(url_for("account.page", vendor_slug=vendor_slug), code=303)


blueprint.register_error_handler(SignedOut, to_the_form)


def show_form(vendor: Vendor, *, typed: str = "", problem: str = "", sent: str = "") -> Response:
    """The one field of the way in."""
    return private(
        show(
            "account_entry.html",
            language=reader_language(vendor.locale),
            status=422 if problem else 200,
            vendor=vendor,
            typed=typed,
            problem=problem,
            sent=sent,
            ask_at=url_for("account_entry.ask", vendor_slug=vendor.slug),
        )
    )


@blueprint.post("/<vendor_slug>/link")
def ask(vendor_slug: str) -> Response:
    """Always the same answer: whether the address is a customer's is told to its mailbox alone."""
    refuse_foreign_page()
    limits.count("account-link")
    typed = request.form.get("email", "").strip()
    with shop(vendor_slug) as vendor:
        if not is_address(typed):
            return show_form(vendor, typed=typed[:254], problem="address")
        try:
            rate_limits.count("account-link", f"{vendor.id}:{typed.lower()}")
        except TooMany:
            return show_form(vendor, typed=typed, sent=typed)
        with writing():
            visiting.ask_for_link(typed)
        return show_form(vendor, typed=typed, sent=typed)


@blueprint.get("/<vendor_slug>/enter/<token>")
def confirm(vendor_slug: str, token: str) -> Response:
    """A button only: mail scanners open links, and must not use them up."""
    limits.count("account")
    with shop(vendor_slug) as vendor:
        link = visiting.open_link(token, now=clock.now())
        return private(
            show(
                "account_confirm.html",
                language=reader_language(link.customer.locale),
                vendor=vendor,
                email=link.customer.email,
                enter_at=url_for("account_entry.enter", vendor_slug=vendor_slug, token=token),
            )
        )


@blueprint.post("/<vendor_slug>/enter/<token>")
def enter(vendor_slug: str, token: str) -> Response:
    """Use the link up."""
    refuse_foreign_page()
    limits.count("account")
    with shop(vendor_slug) as vendor:
        with writing():
            cookie = visiting.enter(visiting.open_link(token, now=clock.now()), now=clock.now())
        response = redirect(url_for("account.page", vendor_slug=vendor.slug), code=303)
        return private(keep_cookie(response, vendor.slug, cookie))


@blueprint.post("/<vendor_slug>/sign-out")
def sign_out(vendor_slug: str) -> Response:
    """End the visit, on the server too."""
    with acting(vendor_slug) as visitor:
        slug = visitor.vendor.slug
        with writing():
            visiting.leave(visitor.visit)
        return private(drop_cookie(redirect(url_for("account.page", vendor_slug=slug), code=303), slug))
