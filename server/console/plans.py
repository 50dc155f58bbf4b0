"""The plans of a product: what they hold, what they cost, and whether they are on the shelf."""

from __future__ import annotations

from decimal import Decimal

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from server.catalog import services as catalog
from server.catalog.models import Plan, Price, Product
from server.console.forms import Form, read
from server.console.guard import actor
from server.console.plan_fields import (
    held_by,
    plan_change_fields,
    plan_facts,
    plan_fields,
    plan_values,
    price_fields,
)
from server.console.words import gettext as _
from server.kernel.currencies import decimals
from server.kernel.db import writing
from server.kernel.errors import Conflict, Invalid, NotFound
from server.kernel.tenancy import resolve
from server.releases.plugins import is_plugin

blueprint = Blueprint("plans", __name__, url_prefix="/products/<product_id>/plans")


@blueprint.get("/new")
def new(product_id: str) -> str:
    first = {"currency": "eur", "renews": "yes", "interval": "year", "trial_days": "0", "on_sale": "yes"}
    product = catalog.find_product(product_id)
    return _new_page(product, Form(plan_fields(_others(product)), first))


@blueprint.post("/new")
def create(product_id: str) -> str | Response:
    product = catalog.find_product(product_id)
    form = read(plan_fields(_others(product)), request.form)
    price = _price(form)
    try:
        with writing():
            catalog.create_plan(
                product, code=form["code"], actor=actor(), first_price=price, **plan_facts(form)
            )
            form.refuse_wrong()
        return redirect(url_for("console.products.show", product_id=product_id))
    except (Invalid, Conflict) as error:
        form.take(error, otherwise="code")
    return _new_page(catalog.find_product(product_id), form)


@blueprint.get("/<plan_id>")
def show(product_id: str, plan_id: str) -> str:
    plan = _plan(product_id, plan_id)
    price = catalog.active_price(plan)
    values = {"amount": _amount(price), "currency": price.currency} if price else {"currency": "eur"}
    return _page(plan, Form(price_fields(), values))


@blueprint.post("/<plan_id>")
def set_price(product_id: str, plan_id: str) -> str | Response:
    plan, form = _plan(product_id, plan_id), read(price_fields(), request.form)
    amount, currency = _price(form)
    try:
        with writing():
            catalog.set_price(plan, amount=amount, currency=currency, actor=actor())
            form.refuse_wrong()
        if plan.on_sale:
            flash(_("The new price is what buyers see now."))
        else:
            flash(_("The price is kept. Buyers see it once the plan is on the shelf."))
        return _to(plan)
    except Invalid as error:
        form.take(error, otherwise="amount")
    return _page(plan, form)


@blueprint.post("/<plan_id>/prices/<price_id>/end")
def retire_price(product_id: str, plan_id: str, price_id: str) -> Response:
    with writing():
        plan, price = _plan(product_id, plan_id), resolve(Price, price_id)
        if price.plan_id != plan.id:
            raise NotFound
        catalog.retire_price(price, actor=actor())
    flash(_("The price is no longer offered."))
    return _to(_plan(product_id, plan_id))


@blueprint.get("/<plan_id>/edit")
def edit(product_id: str, plan_id: str) -> str:
    plan = _plan(product_id, plan_id)
    return _edit_page(plan, Form(plan_change_fields(_others(plan.product)), plan_values(plan)))


@blueprint.post("/<plan_id>/edit")
def change(product_id: str, plan_id: str) -> str | Response:
    plan = _plan(product_id, plan_id)
    form = read(plan_change_fields(_others(plan.product)), request.form)
    try:
        with writing():
            catalog.change_plan(plan, actor=actor(), **plan_facts(form))
            form.refuse_wrong()
        flash(_("Saved."))
        return _to(plan)
    except Invalid as error:
        form.take(error, otherwise="name")
    return _edit_page(_plan(product_id, plan_id), form)


@blueprint.post("/<plan_id>/end")
def close(product_id: str, plan_id: str) -> Response:
    with writing():
        catalog.close_plan(_plan(product_id, plan_id), actor=actor())
    flash(_("The plan is closed. Its licenses stay."))
    return redirect(url_for("console.products.show", product_id=product_id))


def _plan(product_id: str, plan_id: str) -> Plan:
    found = resolve(Plan, plan_id)
    if found.product_id != product_id:
        raise NotFound
    return found


def _others(own: Product) -> list[tuple[str, str]]:
    """A bundle is put together from the plans of other products that are no bundles themselves."""
    return [
        (plan.id, f"{product.name}, {plan.name}")
        for product in catalog.list_products()
        for plan in product.plans
        if product.id != own.id and not plan.bundled_plan_ids
    ]


def _price(form: Form) -> tuple[int, str]:
    currency = form["currency"].lower()
    return form.sum("amount", currency), currency


def _amount(price: Price) -> str:
    places = decimals(price.currency)
    return f"{Decimal(price.amount).scaleb(-places):.{places}f}"


def _to(plan: Plan) -> Response:
    return redirect(url_for("console.plans.show", product_id=plan.product_id, plan_id=plan.id))


def _page(plan: Plan, form: Form) -> str:
    return render_template(
        "console/plan.html",
        plan=plan,
        product=plan.product,
        prices=catalog.active_prices(plan),
        brings=held_by(plan),
        takes_sites=not plan.bundled_plan_ids or is_plugin(plan.product),
        form=form,
    )


def _edit_page(plan: Plan, form: Form) -> str:
    return render_template("console/plan_edit.html", plan=plan, product=plan.product, form=form)


def _new_page(product: Product, form: Form) -> str:
    return render_template("console/plan_new.html", product=product, form=form)
