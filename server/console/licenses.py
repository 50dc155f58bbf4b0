"""Licenses: searched, shown with their sites and history, issued by hand, their mail sent again."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy import or_, select
from werkzeug.wrappers import Response

from server.accounts.models import AuditEntry
from server.accounts.services import audit
from server.billing.models import Order, OrderLicense, OrderRef
from server.billing.services import order_of, payments_of_each
from server.billing.services.orders import RENEWED
from server.catalog.models import Plan
from server.catalog.services import list_products
from server.console.forms import Field, Form, read
from server.console.guard import actor
from server.console.license_deeds import deeds_for
from server.console.license_story import story_of
from server.console.reasons import reason_words
from server.console.words import gettext as _
from server.console.words import language_name
from server.customers.models import Customer
from server.customers.services import customer_for
from server.kernel import clock
from server.kernel.db import session, writing
from server.kernel.errors import NotFound
from server.kernel.i18n import LANGUAGES
from server.kernel.tenancy import resolve
from server.licensing import services as licensing
from server.licensing.models import Activation, License
from server.licensing.services.finding import Wanted, count_licenses, find_licenses
from server.licensing.services.lifecycle import LEFT
from server.releases.plugins import takes_sites
from server.support.models import Ticket

blueprint = Blueprint("licenses", __name__, url_prefix="/licenses")
PAGE = 50
MOST_LEFT = 500


@blueprint.get("/")
def index() -> str:
    sought, show = request.args.get("q", "").strip()[:200], request.args.get("show", "all")
    mode = _mode()
    left, now = _left_by(sought), clock.now()
    wanted = Wanted(mode=mode, text=sought, show=show, ids=[*_of_order(sought), *left])
    found = find_licenses(wanted, now=now, before=request.args.get("before", ""), limit=PAGE + 1)
    older = ""
    if len(found) > PAGE:
        last = found[PAGE - 1].id
        older = url_for("console.licenses.index", q=sought or None, show=show, mode=mode, before=last)
    return render_template(
        "console/licenses.html",
        licenses=found[:PAGE],
        total=count_licenses(wanted, now=now),
        sought=sought,
        left=left,
        filter=show,
        filters=_filters(),
        mode=mode,
        modes=_modes(),
        older_url=older,
        page_size=PAGE,
    )


@blueprint.get("/new")
def new() -> str | Response:
    if not _plans():
        flash(_("A license needs a product with a plan first."))
        return redirect(url_for("console.products.index"))
    return render_template("console/license_new.html", form=Form(_fields(), {"mode": _mode()}))


@blueprint.post("/new")
def issue() -> str | Response:
    form = read(_fields(), request.form)
    if not form:
        return render_template("console/license_new.html", form=form)
    now = clock.now()
    with writing():
        plan = resolve(Plan, form["plan"])
        customer = customer_for(form["email"], name=form["name"], locale=form["locale"], now=now)
        license, _key = licensing.issue_license(
            product=plan.product,
            plan=plan,
            customer=customer,
            now=now,
            mode=form["mode"],
            note=form["note"],
            actor=actor(),
        )
        licensing.send_purchase_mail(license, cause="by_hand")
        license_id = license.id
    flash(_("The license is issued and its mail is on the way."))
    return redirect(url_for("console.licenses.show", license_id=license_id))


@blueprint.get("/<license_id>")
def show(license_id: str) -> str:
    return _page(resolve(License, license_id))


@blueprint.post("/<license_id>/mail")
def mail(license_id: str) -> Response:
    """None for a license that is stopped: its mail says that it is ready."""
    with writing():
        license = resolve(License, license_id)
        refused = _why_no_mail(license)
        if not refused:
            licensing.resend_purchase_mail(license)
            audit(actor(), "license.mail_asked", license.id)
    if refused:
        flash(refused, "bad")
    else:
        flash(_("The purchase mail is on the way again, with a fresh activation link."))
    return redirect(url_for("console.licenses.show", license_id=license_id))


def _why_no_mail(license: License) -> str:
    if license.revoked_for:
        return _("A revoked license gets no purchase mail. Take the revocation back first.")
    if license.suspended_for:
        return _("A paused license gets no purchase mail: it is not ready to be used. End the pause first.")
    return ""


@blueprint.post("/<license_id>/key")
def reveal(license_id: str) -> str:
    """The key itself: shown on request only, and remembered that it was."""
    with writing():
        audit(actor(), "license.key_shown", resolve(License, license_id).id)
    license = resolve(License, license_id)
    return _page(license, key=licensing.reveal_key(license))


@blueprint.post("/<license_id>/activations/<activation_id>/release")
def release(license_id: str, activation_id: str) -> Response:
    with writing():
        activation = resolve(Activation, activation_id)
        if activation.license_id != license_id:
            raise NotFound
        licensing.release_seat(activation, actor=actor(), now=clock.now())
    flash(_("The site is released."))
    return redirect(url_for("console.licenses.show", license_id=license_id))


def _page(license: License, key: str = "") -> str:
    tickets = select(Ticket).where(Ticket.license_id == license.id).order_by(Ticket.id.desc()).limit(10)
    now = clock.now()
    order = order_of(license)
    return render_template(
        "console/license.html",
        license=license,
        key=key,
        had_sites=licensing.was_activated(license),
        has_link=licensing.has_purchase_page(license),
        why=reason_words([*license.revoked_for, *license.suspended_for]),
        deeds=deeds_for(license, now),
        activations=licensing.live_activations(license),
        takes_sites=takes_sites(license),
        parent=session.get(License, license.parent_id) if license.parent_id else None,
        children=licensing.children_of(license),
        story=story_of(license),
        names=_names_without_address(license),
        order=order,
        payments=payments_of_each([order])[order.id] if order else [],
        renewals=_renewals_of(license),
        tickets=list(session.scalars(tickets)),
    )


def _renewals_of(license: License) -> list[Order]:
    """Orders that renewed it or its bundle, newest first; anybody may have paid them."""
    paid = select(OrderLicense.order_id).where(
        OrderLicense.license_id == (license.parent_id or license.id), OrderLicense.kind == RENEWED
    )
    return list(session.scalars(select(Order).where(Order.id.in_(paid)).order_by(Order.id.desc())))


def _names_without_address(license: License) -> dict[str, str]:
    """The names of what has no address, by the address that was made of each: the history holds those."""
    sites = session.scalars(select(Activation).where(Activation.license_id == license.id))
    return {
        made: site.name for site in sites if site.has_no_address for made in (site.site_key, site.site_url)
    }


def _of_order(text: str) -> list[str]:
    """The licenses of an order that is named by our number, by the payment provider's or by a shop's."""
    if not text:
        return []
    named = (
        select(Order.id)
        .outerjoin(OrderRef, OrderRef.order_id == Order.id)
        .where(
            or_(Order.id == text, Order.root_id == text, Order.source == text, OrderRef.external_id == text)
        )
    )
    brought = select(OrderLicense.license_id).where(OrderLicense.order_id.in_(named))
    return list(session.scalars(brought))


def _left_by(text: str) -> list[str]:
    """The licenses that went to somebody else from the customer with this whole address, the latest first."""
    if "@" not in text:
        return []
    former = select(Customer.id).where(Customer.email == text.lower())
    entries = select(AuditEntry).where(AuditEntry.subject_id.in_(former), AuditEntry.action == LEFT)
    rows = session.scalars(entries.order_by(AuditEntry.id.desc()).limit(MOST_LEFT))
    return [str(entry.facts["license"]) for entry in rows]


def _mode() -> str:
    return "test" if request.args.get("mode") == "test" else "live"


def _modes() -> list[tuple[str, str]]:
    return [("live", _("Live")), ("test", _("Test"))]


def _filters() -> list[tuple[str, str]]:
    return [
        ("all", _("All")),
        ("expiring", _("Expiring in 30 days")),
        ("unused", _("Never activated")),
        ("full", _("No seats left")),
        ("grace", _("In grace")),
        ("trial", _("Trials")),
        ("stopped", _("Paused or revoked")),
    ]


def _plans() -> list[tuple[str, str]]:
    return [
        (plan.id, f"{product.name}, {plan.name}") for product in list_products() for plan in product.plans
    ]


def _fields() -> list[Field]:
    return [
        Field("plan", _("Plan"), "choice", choices=[("", _("Choose…")), *_plans()]),
        Field("email", _("Customer's e-mail"), "email", limit=254, help=_("The purchase mail goes there.")),
        Field("name", _("Customer's name"), required=False, limit=120),
        Field(
            "locale",
            _("Language of the mail"),
            "choice",
            choices=[(code, language_name(code)) for code in LANGUAGES],
        ),
        Field(
            "mode",
            _("Kind"),
            "choice",
            choices=[("live", _("Live")), ("test", _("Test: only copies with the test product key take it"))],
        ),
        Field(
            "note",
            _("Why"),
            required=False,
            limit=200,
            help=_("For the history; the customer does not see it."),
        ),
    ]
