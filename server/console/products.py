"""What the shop sells: products, their ZIPs, the doors of other systems, and what goes into the plugin."""

from __future__ import annotations

import json
import re

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Answer

from server.accounts.services import vendor
from server.catalog import services as catalog
from server.catalog.models import DOORS, Product
from server.console.forms import Form, read
from server.console.guard import actor
from server.console.plan_fields import held_by
from server.console.product_fields import (
    door_fields,
    door_labels,
    doors_of,
    product_fields,
    words_fields,
    words_of,
    zip_fields,
)
from server.console.words import gettext as _
from server.kernel import clock
from server.kernel.db import writing
from server.kernel.errors import Conflict, Invalid, KeydeskError
from server.kernel.settings import current
from server.releases import services as releases
from server.releases.plugins import is_plugin

blueprint = Blueprint("products", __name__, url_prefix="/products")


@blueprint.get("/")
def index() -> str:
    products = catalog.list_products()
    current_of = releases.current_releases({product.id for product in products})
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
                made = catalog.create_product(
                    slug=form["slug"],
                    edition=form["edition"],
                    now=clock.now(),
                    actor=actor(),
                    name=form["name"],
                    description=form["description"],
                    docs_url=form["docs_url"],
                )
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
    return _edit_page(product, Form(words_fields(_others(product)), words_of(product)))


@blueprint.post("/<product_id>/edit")
def change(product_id: str) -> str | Answer:
    product = catalog.find_product(product_id)
    form = read(words_fields(_others(product)), request.form)
    facts: catalog.ProductFacts = {
        "name": form["name"],
        "description": form["description"],
        "docs_url": form["docs_url"],
        "homepage": form["homepage"],
        "author": form["author"],
        "addon_of_id": form["addon_of_id"] or None,
        "after_expiry": form["after_expiry"],
        "network_policy": form["network_policy"],
    }
    return _save(product, form, facts) or _edit_page(product, form)


@blueprint.get("/<product_id>/doors")
def doors(product_id: str) -> str:
    product = catalog.find_product(product_id)
    return _doors_page(product, Form(door_fields(product), doors_of(product)))


@blueprint.post("/<product_id>/doors")
def open_doors(product_id: str) -> str | Answer:
    product = catalog.find_product(product_id)
    form = read(door_fields(product), request.form)
    facts: catalog.ProductFacts = {
        "doors": [door for door in DOORS if form[f"door_{door}"]],
        "puc_auto_activate": bool(form["puc_auto_activate"]),
    }
    if not form.errors:
        facts["edd_item_id"] = form.whole("edd_item_id") or 0
    return _save(product, form, facts) or _doors_page(product, form)


def _save(product: Product, form: Form, facts: catalog.ProductFacts) -> Answer | None:
    """Back to the product; None when the form needs another look."""
    if form:
        try:
            with writing():
                catalog.change_product(product, actor=actor(), **facts)
            flash(_("Saved."))
            return redirect(url_for("console.products.show", product_id=product.id))
        except Invalid as error:
            form.take(error, otherwise=form.fields[0].name)
    return None


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
        test_key=catalog.public_key(product, "test"),
        offered={plan.id: catalog.active_prices(plan) if plan.on_sale else [] for plan in product.plans},
        held={plan.id: held_by(plan) for plan in product.plans},
        is_plugin=is_plugin(product),
        releases=releases.list_releases(product),
        embed=embed_of(product),
        build=build_of(product),
        door_names=[door_labels()[code] for code in product.doors],
    )


def _others(product: Product) -> list[tuple[str, str]]:
    """What a product may be an add-on of."""
    others = [(one.id, one.name) for one in catalog.list_products() if one.id != product.id]
    return [("", _("Nothing: it is bought on its own")), *others]


def _doors_page(product: Product, form: Form) -> str:
    return render_template("console/product_doors.html", product=product, form=form)


def _edit_page(product: Product, form: Form) -> str:
    return render_template("console/product_edit.html", product=product, form=form)


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
