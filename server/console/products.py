"""What the shop sells: products, their plans and prices, their ZIPs, and what goes into the plugin."""

from __future__ import annotations

import json
import re

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Answer

from server.accounts.services import vendor
from server.catalog import services as catalog
from server.catalog.models import Plan, Product
from server.console.forms import Form, read
from server.console.guard import actor
from server.console.product_fields import plan_fields, price_fields, product_fields, words_fields, zip_fields
from server.console.words import gettext as _
from server.kernel import clock
from server.kernel.db import writing
from server.kernel.errors import Conflict, Invalid, KeydeskError, NotFound
from server.kernel.settings import current
from server.kernel.tenancy import resolve
from server.releases import services as releases

blueprint = Blueprint("products", __name__, url_prefix="/products")


@blueprint.get("/")
def index() -> str:
    products = catalog.list_products()
    current_of = {product.id: found for product in products if (found := releases.current_release(product))}
    return render_template("console/products.html", products=products, current=current_of)


@blueprint.get("/new")
def new() -> str:
    return render_template("console/product_new.html", form=Form(product_fields()))


@blueprint.post("/new")
def create() -> str | Answer:
    form = read(product_fields(), request.form)
    if form:
        try:
            with writing():
                made = catalog.create_product(now=clock.now(), actor=actor(), **form.values)
                product_id = made.id
            flash(_("The product is there. Give it a plan, a price and a ZIP."))
            return redirect(url_for("console.products.show", product_id=product_id))
        except (Invalid, Conflict) as error:
            form.take(error, otherwise="slug")
    return render_template("console/product_new.html", form=form)


@blueprint.get("/<product_id>")
def show(product_id: str) -> str:
    return _page(catalog.find_product(product_id), Form(zip_fields()))


@blueprint.get("/<product_id>/edit")
def edit(product_id: str) -> str:
    product = catalog.find_product(product_id)
    fields = words_fields()
    return _edit_page(product, Form(fields, {one.name: getattr(product, one.name) for one in fields}))


@blueprint.post("/<product_id>/edit")
def change(product_id: str) -> str | Answer:
    product, form = catalog.find_product(product_id), read(words_fields(), request.form)
    if form:
        try:
            with writing():
                catalog.change_product(product, actor=actor(), **form.values)
            flash(_("Saved."))
            return redirect(url_for("console.products.show", product_id=product_id))
        except Invalid as error:
            form.take(error, otherwise="name")
    return _edit_page(product, form)


@blueprint.post("/<product_id>/releases")
def upload(product_id: str) -> str | Answer:
    product, form = catalog.find_product(product_id), Form(zip_fields())
    sent = request.files.get("file")
    raw = sent.read() if sent else b""
    try:
        if not raw:
            raise Invalid(_("Please choose the ZIP of your plugin."))
        with writing():
            version = releases.upload_release(product, raw, now=clock.now(), actor=actor()).version
        flash(_("Version %(version)s is what buyers get now.") % {"version": version})
        return redirect(url_for("console.products.show", product_id=product_id))
    except KeydeskError as error:
        form.take(error, otherwise="file")
    return _page(catalog.find_product(product_id), form)


@blueprint.get("/<product_id>/plans/new")
def plan_new(product_id: str) -> str:
    return _plan_page(catalog.find_product(product_id), Form(plan_fields(), {"currency": "eur"}))


@blueprint.post("/<product_id>/plans/new")
def create_plan(product_id: str) -> str | Answer:
    product, form = catalog.find_product(product_id), read(plan_fields(), request.form)
    if form:
        try:
            with writing():
                plan = catalog.create_plan(
                    product,
                    code=form["code"],
                    name=form["name"],
                    seats=form.whole("seats"),
                    interval=form["interval"],
                    features=form["features"].split(),
                    actor=actor(),
                )
                catalog.set_price(
                    plan, amount=form.cents("amount"), currency=form["currency"].lower(), actor=actor()
                )
            return redirect(url_for("console.products.show", product_id=product_id))
        except (Invalid, Conflict) as error:
            form.take(error, otherwise="code")
    return _plan_page(catalog.find_product(product_id), form)


@blueprint.get("/<product_id>/plans/<plan_id>")
def plan(product_id: str, plan_id: str) -> str:
    found = _plan(product_id, plan_id)
    price = catalog.active_price(found)
    values = (
        {"amount": f"{price.amount / 100:.2f}", "currency": price.currency} if price else {"currency": "eur"}
    )
    return _price_page(found, Form(price_fields(), values))


@blueprint.post("/<product_id>/plans/<plan_id>")
def set_price(product_id: str, plan_id: str) -> str | Answer:
    found, form = _plan(product_id, plan_id), read(price_fields(), request.form)
    if form:
        try:
            with writing():
                catalog.set_price(
                    found, amount=form.cents("amount"), currency=form["currency"].lower(), actor=actor()
                )
            flash(_("The new price is what buyers see now."))
            return redirect(url_for("console.products.show", product_id=product_id))
        except Invalid as error:
            form.take(error, otherwise="amount")
    return _price_page(found, form)


@blueprint.post("/<product_id>/plans/<plan_id>/end")
def close_plan(product_id: str, plan_id: str) -> Answer:
    with writing():
        catalog.close_plan(_plan(product_id, plan_id), actor=actor())
    flash(_("The plan is closed. Its licenses stay."))
    return redirect(url_for("console.products.show", product_id=product_id))


@blueprint.get("/<product_id>/product-file")
def product_file(product_id: str) -> Response:
    """What the bridge builder needs to know; holds no secret."""
    product = catalog.find_product(product_id)
    facts = catalog.plugin_facts(product)
    response = Response(json.dumps(facts, ensure_ascii=False, indent=2) + "\n", mimetype="application/json")
    response.headers["Content-Disposition"] = f'attachment; filename="{product.slug}.keydesk.json"'
    return response


def _page(product: Product, form: Form) -> str:
    shop = vendor()
    return render_template(
        "console/product.html",
        product=product,
        form=form,
        buy_url=f"{current().public_url}/buy/{shop.slug}/{product.slug}" if product.plans else "",
        public_key=catalog.live_key(product),
        releases=releases.list_releases(product),
        embed=embed_of(product),
        build=build_of(product),
    )


def _plan(product_id: str, plan_id: str) -> Plan:
    found = resolve(Plan, plan_id)
    if found.product_id != product_id:
        raise NotFound
    return found


def _edit_page(product: Product, form: Form) -> str:
    return render_template("console/product_edit.html", product=product, form=form)


def _price_page(plan: Plan, form: Form) -> str:
    is_open = catalog.active_price(plan) is not None
    return render_template("console/plan.html", plan=plan, product=plan.product, is_open=is_open, form=form)


def _plan_page(product: Product, form: Form) -> str:
    return render_template("console/plan_new.html", product=product, form=form)


def embed_of(product: Product) -> str:
    """The lines that switch the bridge on in the plugin's main file."""
    name = product.slug.replace("-", "_")
    return (
        "require_once __DIR__ . '/keydesk/bootstrap.php';\n"
        f"${name}_keydesk = \\{prefix_of(product)}\\Keydesk\\Bridge\\boot(__FILE__, array(\n"
        f"\t'menu' => '{product.slug}',\n"
        "));"
    )


def build_of(product: Product) -> str:
    """The command that makes the plugin's own copy of the bridge; its source lies in Keydesk's checkout."""
    return (
        f"keydesk bridge build --slug {product.slug} --prefix {prefix_of(product)}"
        f" --product-file {product.slug}.keydesk.json --source ../keydesk/wp_bridge --output keydesk"
    )


def prefix_of(product: Product) -> str:
    """A PHP namespace of the plugin's own, from its slug."""
    return "".join(part.capitalize() for part in re.findall(r"[a-z][a-z0-9]*", product.slug)) or "Plugin"
