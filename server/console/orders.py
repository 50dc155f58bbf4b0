"""Orders: found, shown with their money and licenses, given back, moved to another plan."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy import or_, select
from werkzeug.wrappers import Response

from server.accounts.models import AuditEntry
from server.accounts.services import history
from server.billing import services as billing
from server.billing.asking import portal_url, refund_order
from server.billing.changing import Quote, change_subscription_plan, prices_to_change_to, quote_change
from server.billing.models import LedgerEntry, Order, OrderRef
from server.billing.services.orders import PAYMENTS
from server.billing.services.recorded_refunds import NothingLeft
from server.billing.stripe_api import StripeRefused
from server.catalog.models import Price
from server.console.actors import names_of
from server.console.forms import Field, Form, read, step_of
from server.console.guard import actor
from server.console.order_words import (
    REASONS,
    bank_only_asks,
    bank_took_all,
    decline_words,
    dispute_tag,
    dispute_words,
    parts_words,
    price_words,
    refund_words,
    story_word,
)
from server.console.words import gettext as _
from server.console.words import money
from server.kernel.db import holds, session
from server.kernel.errors import KeydeskError
from server.kernel.settings import current
from server.kernel.tenancy import resolve

blueprint = Blueprint("orders", __name__, url_prefix="/orders")
PAGE = 50


@blueprint.get("/")
def index() -> str:
    sought = request.args.get("q", "").strip()[:200]
    mode = "test" if request.args.get("mode") == "test" else "live"
    found = select(Order).where(Order.mode == mode).order_by(Order.id.desc()).limit(PAGE + 1)
    if sought:
        found = found.where(_fits(sought))
    if before := request.args.get("before", ""):
        found = found.where(Order.id < before)
    orders = list(session.scalars(found))
    return render_template(
        "console/orders.html",
        orders=orders[:PAGE],
        paid=billing.payments_of_each(orders),
        tags=_tags(orders),
        sought=sought,
        mode=mode,
        modes=[("live", _("Live")), ("test", _("Test"))],
        older_url=_older(orders, sought, mode),
        page_size=PAGE,
    )


def _tags(orders: Sequence[Order]) -> dict[str, str]:
    """What their banks did, by the order's id."""
    disputes = select(LedgerEntry).where(
        LedgerEntry.kind == "dispute", LedgerEntry.order_id.in_([order.id for order in orders])
    )
    rows: dict[str, list[LedgerEntry]] = {}
    for row in session.scalars(disputes):
        rows.setdefault(row.order_id, []).append(row)
    return {order_id: dispute_tag(of_order) for order_id, of_order in rows.items()}


def _older(orders: list[Order], sought: str, mode: str) -> str:
    """Where the next page is; one row more than a page tells that there is one."""
    if len(orders) <= PAGE:
        return ""
    return url_for("console.orders.index", before=orders[PAGE - 1].id, q=sought or None, mode=mode)


def _fits(sought: str) -> Any:
    """An address by its beginning, a name by any part; an id of ours, Stripe's or a shop's as it stands."""
    named = select(OrderRef.order_id).where(OrderRef.external_id == sought)
    return or_(
        Order.email.startswith(sought.lower(), autoescape=True),
        holds(Order.name, sought),
        Order.id == sought,
        Order.root_id == sought,
        Order.source == sought,
        Order.id.in_(named),
    )


@blueprint.get("/<order_id>")
def show(order_id: str) -> str:
    return _page(resolve(Order, order_id))


@blueprint.post("/<order_id>/refund")
def refund(order_id: str) -> str | Response:
    """Stripe is asked first; when it refuses, its words stand at the form and nothing has changed.

    Money that Stripe did not take is given back elsewhere, and only noted here.
    """
    order = resolve(Order, order_id)
    form, at_stripe = (
        read(_refund_fields(order, billing.ledger_of(order)), request.form),
        order.connection_id is not None,
    )
    if form:
        try:
            refund_order(
                order,
                reason=form["reason"],
                note=form["note"],
                amount=form.sum("amount", order.currency) if form["amount"] else None,
                actor=actor(),
                standing=request.form.get("standing", "")[:64],
            )
            flash(_("The money is on its way back.") if at_stripe else _("The refund is noted."))
            return redirect(url_for("console.orders.show", order_id=order_id))
        except KeydeskError as error:
            form.take(error, otherwise="amount" if form["amount"] and isinstance(error, NothingLeft) else "")
    return _page(resolve(Order, order_id), refund_form=form)


@blueprint.post("/<order_id>/plan")
def change_plan(order_id: str) -> str | Response:
    """First what it costs is shown, then it is done: it takes a customer's money."""
    order, cost = resolve(Order, order_id), None
    form = read(_plan_fields(order), request.form)
    if form:
        try:
            price = resolve(Price, form["price"])
            if request.form.get("cost_of") != price.id:
                cost = quote_change(order, price)
            else:
                pay_url = change_subscription_plan(
                    order, price, note=form["note"], actor=actor(), proof=request.form.get("proof", "")
                )
                flash(_plan_news(pay_url), "bad" if pay_url else "message")
                return redirect(url_for("console.orders.show", order_id=order_id))
        except StripeRefused as error:
            form.refuse("price", decline_words(error))
        except KeydeskError as error:
            form.take(error, otherwise="price")
    return _page(resolve(Order, order_id), plan_form=form, cost=cost)


def _plan_news(pay_url: str) -> str:
    if not pay_url:
        return _("The plan is changed. Stripe charged the difference, or credited it to the next payments.")
    return _(
        "The card was declined, and the plan stays as it is. Send the customer this link; within 23 hours "
        "the plan changes when it is paid: %s"
    ) % (pay_url,)


@blueprint.post("/<order_id>/portal")
def portal(order_id: str) -> str:
    """A link to the buyer's own page at Stripe, to be sent on; it works for a few minutes."""
    order = resolve(Order, order_id)
    back = f"{current().public_url}/account"
    try:
        link = portal_url(order, return_url=back) or ""
    except KeydeskError as error:
        flash(error.detail, "bad")
        link = ""
    return _page(resolve(Order, order_id), portal_link=link)


def _page(
    order: Order,
    *,
    refund_form: Form | None = None,
    plan_form: Form | None = None,
    cost: Quote | None = None,
    portal_link: str = "",
) -> str:
    """A form that was refused comes back with its answers."""
    ledger = billing.ledger_of(order)
    left, paid = billing.money_left(order, ledger), [row.amount for row in ledger if row.kind in PAYMENTS]
    entries = sorted(history(order.id), key=lambda entry: entry.at, reverse=True)
    disputed = order.disputed or any(row.kind == "dispute" and row.status == "lost" for row in ledger)
    return render_template(
        "console/order.html",
        order=order,
        paid=paid,
        parts=parts_words(order, paid),
        licenses=billing.licenses_of(order),
        renewed=billing.renewed_by(order),
        ledger=ledger,
        given_because=refund_words(order, entries, ledger),
        left=left,
        may_refund=_may_refund(order, left, ledger),
        dispute=dispute_words(order, entries, ledger) if disputed else None,
        refund_form=Form(_refund_fields(order, ledger)) if refund_form is None else refund_form,
        standing=request.form.get("standing") or billing.standing_of(order, ledger),
        plan_form=_plan_form(order) if plan_form is None else plan_form,
        cost=cost,
        portal_link=portal_link,
        refs=_refs(order),
        story=_story(entries, order.currency, ledger),
    )


def _may_refund(order: Order, left: int, ledger: Sequence[LedgerEntry]) -> bool:
    """Not while the bank decides, and nothing that it took."""
    is_free = bank_only_asks(order, ledger) if order.disputed else not bank_took_all(ledger)
    return left > 0 and is_free


def _story(
    entries: Sequence[AuditEntry], currency: str, ledger: Sequence[LedgerEntry]
) -> list[tuple[datetime, str, str]]:
    names, plans = names_of(entries), _plans_of(entries)
    return [(one.at, story_word(one, currency, ledger, plans), names[one.actor]) for one in entries]


def _plans_of(entries: Sequence[AuditEntry]) -> dict[str, str]:
    """The names of the plans that were changed to, by the price that the entry holds."""
    ids = {one.facts["price"] for one in entries if "price" in one.facts}
    return {price.id: price.plan.name for price in session.scalars(select(Price).where(Price.id.in_(ids)))}


def _refs(order: Order) -> list[OrderRef]:
    return list(session.scalars(select(OrderRef).where(OrderRef.order_id == order.id).order_by(OrderRef.id)))


def _plan_form(order: Order) -> Form | None:
    return Form(_plan_fields(order)) if prices_to_change_to(order, at_desk=True) else None


def _plan_fields(order: Order) -> list[Field]:
    prices = prices_to_change_to(order, at_desk=True)
    choices = [(price.id, f"{price.plan.name}, {price_words(price)}") for price in prices]
    return [Field("price", _("New plan"), "choice", choices=choices), _why()]


def _refund_fields(order: Order, ledger: Sequence[LedgerEntry]) -> list[Field]:
    if order.connection_id is None:
        whole = _("Left empty, all that is left counts as given back, and the license ends.")
    else:
        whole = _("Left empty, %s goes back; the license ends, and a subscription too.") % _whole(
            order, ledger
        )
    return [
        Field("reason", _("Reason"), "choice", choices=[("", _("Choose…")), *REASONS().items()]),
        Field(
            "amount",
            _("Only a part"),
            "number",
            required=False,
            step=step_of(order.currency),
            limit=12,
            help=whole,
        ),
        _why(),
    ]


def _whole(order: Order, ledger: Sequence[LedgerEntry]) -> str:
    """Which of several payments belong to the present term, only Stripe knows."""
    if any(row.kind == "dispute" and row.status == "lost" for row in ledger):
        return _("all that was paid for the present term and the bank did not take")
    if sum(row.kind in PAYMENTS for row in ledger) > 1:
        return _("all that was paid for the present term")
    return money(billing.money_left(order, ledger), order.currency)


def _why() -> Field:
    return Field(
        "note", _("Note"), required=False, limit=200, help=_("For the history; the customer does not see it.")
    )
