"""Tables of an export about what is sold: products, their keys, versions, plans and prices."""

from typing import Any

from sqlalchemy import select

from server.catalog.models import Plan, Price, Product, ProductKey
from server.insights.tables.shape import Table, every, lines, made, same, whole, words
from server.kernel import files, settings
from server.releases.models import Release


def products() -> Table:
    return whole(
        "products",
        Product,
        same("id", "slug", "name", "description", "edition", "docs_url", "edd_item_id", "after_expiry")
        | same("network_policy", "homepage", "author", "created_at", "addon_of_id")
        | words("doors")
        | same("puc_auto_activate", "public_slug")
        | lines("sources"),
    )


def product_keys() -> Table:
    return whole(
        "product_keys", ProductKey, same("id", "product_id") | made(product_key="key") | same("mode")
    )


def releases() -> Table:
    return whole(
        "releases",
        Release,
        same("id", "product_id", "version", "file_name", "size", "sha256", "sha384", "is_current")
        | made(file=stored_release)
        | same("created_at"),
    )


def stored_release(row: Any) -> str:
    """Where the ZIP lies, in the server's data folder."""
    return files.path_of(row.sha256).relative_to(settings.current().data_dir).as_posix()


def plans() -> Table:
    return Table(
        "plans",
        Plan,
        lambda: select(*every(Plan), Product.slug.label("product")).join(
            Product, Product.id == Plan.product_id
        ),
        same("id", "product", "code", "name", "seats", "interval")
        | words("features")
        | same("renews", "trial_days", "max_version", "edd_price_id", "on_sale", "product_id")
        | words("bundled_plan_ids")
        | same("trial_needs_card", "position")
        | lines("sources"),
    )


def prices() -> Table:
    return whole("prices", Price, same("id", "plan_id", "currency", "amount", "active"))
