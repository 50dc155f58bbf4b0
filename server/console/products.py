"""What the shop sells: products, their plans and prices, their ZIPs, and what goes into the plugin."""

from __future__ import annotations

import json
import re

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Answer

from server.accounts.services import vendor
from server.catalog import services as catalog
from server.catalog.models import INTERVALS, Product
from server.console.forms import Field, Form, read
from server.console.guard import actor
from server.console.words import gettext as _
from server.kernel import clock
from server.kernel.db import writing
from server.kernel.errors import Conflict, Invalid, KeydeskError
from server.kernel.settings import current
from server.releases import services as releases

blueprint = Blueprint("products", __name__, url_prefix="/products")


@blueprint.get("/")
def index() -> str:
    products = catalog.list_products()
    current_of = {product.id: found for product in products if (found := releases.current_release(product))}
    return render_template("console/products.html", products=products, current=current_of)


@blueprint.get("/new")
def new() -> str:
    return render_template("console/product_new.html", form=Form(_product_fields()))


@blueprint.post("/new")
def create() -> str | Answer:
    form = read(_product_fields(), request.form)
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
    return _page(catalog.find_product(product_id), Form(_zip_fields()))


@blueprint.post("/<product_id>/releases")
def upload(product_id: str) -> str | Answer:
    product, form = catalog.find_product(product_id), Form(_zip_fields())
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
    return _plan_page(catalog.find_product(product_id), Form(_plan_fields(), {"currency": "eur"}))


@blueprint.post("/<product_id>/plans/new")
def create_plan(product_id: str) -> str | Answer:
    product, form = catalog.find_product(product_id), read(_plan_fields(), request.form)
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


def _product_fields() -> list[Field]:
    return [
        Field("name", _("Name"), limit=80),
        Field(
            "slug",
            _("Short name"),
            limit=64,
            help=_("As the plugin's folder is called: small letters, digits and hyphens."),
        ),
        Field(
            "description",
            _("Description"),
            "area",
            required=False,
            limit=500,
            help=_("One or two sentences for the buy page."),
        ),
        Field("edition", _("Edition"), "choice", choices=[("premium", _("Premium")), ("free", _("Free"))]),
        Field("docs_url", _("Documentation"), "url", required=False, limit=500),
    ]


def _plan_fields() -> list[Field]:
    terms = {"lifetime": _("Once, for ever"), "year": _("A year"), "month": _("A month")}
    return [
        Field("name", _("Name"), limit=80),
        Field(
            "code",
            _("Short name"),
            limit=64,
            help=_("Small letters, digits and hyphens; it stands in orders and leases."),
        ),
        Field(
            "seats",
            _("Number of sites"),
            "number",
            required=False,
            least=1,
            help=_("Empty means as many as they like."),
        ),
        Field("interval", _("Time"), "choice", choices=[(code, terms[code]) for code in INTERVALS]),
        Field("amount", _("Price"), "number", step="0.01"),
        Field("currency", _("Currency"), limit=3, help=_("Three letters, for example EUR.")),
        Field(
            "features",
            _("Features"),
            required=False,
            limit=500,
            help=_("Codes that the plugin asks for, divided by blanks."),
        ),
    ]


def _zip_fields() -> list[Field]:
    return [
        Field(
            "file",
            _("ZIP of the plugin"),
            "file",
            accept=".zip",
            help=_("As WordPress installs it: one folder. The version is read from the plugin's header."),
        )
    ]
