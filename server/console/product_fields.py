"""What is asked about a product, its doors and a version."""

from __future__ import annotations

from server.accounts.services import vendor
from server.catalog.models import DOORS, Product
from server.console.forms import Field
from server.console.words import gettext as _
from server.kernel import settings


def product_fields() -> list[Field]:
    """A new product."""
    name, description, docs_url = _words()
    return [
        name,
        Field(
            "slug",
            _("Short name"),
            limit=64,
            help=_("As the plugin's folder is called: small letters, digits and hyphens."),
        ),
        description,
        Field("edition", _("Edition"), "choice", choices=[("premium", _("Premium")), ("free", _("Free"))]),
        docs_url,
    ]


def words_fields(others: list[tuple[str, str]]) -> list[Field]:
    """What may be changed of a product later; `others` are what it may be an add-on of."""
    expiry = [
        ("keep", _("They go on; updates and support stop")),
        ("limit", _("They stop; the plugin's free part goes on")),
    ]
    networks = [
        ("one_seat", _("One seat for the whole network")),
        ("per_site", _("One seat for each of its sites")),
    ]
    return [
        *_words(),
        Field("homepage", _("Homepage"), "url", required=False, limit=500),
        Field(
            "author", _("Author"), required=False, limit=80, help=_("As WordPress shows it beside updates.")
        ),
        Field(
            "addon_of_id",
            _("Add-on of"),
            "choice",
            required=False,
            choices=others,
            help=_("A new site then needs a running license of that product from the same customer."),
        ),
        Field("after_expiry", _("Premium features after the end"), "choice", choices=expiry),
        Field("network_policy", _("A multisite network takes"), "choice", choices=networks),
    ]


def words_of(product: Product) -> dict[str, str]:
    """What stands in the form at first."""
    names = "name description docs_url homepage author after_expiry network_policy".split()
    return {name: getattr(product, name) for name in names} | {"addon_of_id": product.addon_of_id or ""}


def door_fields(product: Product) -> list[Field]:
    """Which other systems' update clients are answered, and the address that goes into the plugin."""
    addresses, labels = door_addresses(product), door_labels()
    return [
        *(
            Field(f"door_{code}", labels[code], "check", required=False, help=addresses[code])
            for code in DOORS
        ),
        Field(
            "puc_auto_activate",
            _("plugin-update-checker takes a seat by itself"),
            "check",
            required=False,
            help=_("Its clients cannot activate. With this, the first update check with a good key does."),
        ),
        Field(
            "edd_item_id",
            _("EDD item id"),
            "number",
            least=1,
            help=_("The number that plugins in the field send. Change it to the one of your former shop."),
        ),
    ]


def door_labels() -> dict[str, str]:
    """What people call the system that a door speaks like."""
    return {
        "edd": _("Easy Digital Downloads, Software Licensing"),
        "puc": _("plugin-update-checker"),
        "wpus": _("wp-update-server"),
        "ls": _("Lemon Squeezy license calls"),
    }


def door_addresses(product: Product) -> dict[str, str]:
    """Where each door answers for this product."""
    start, shop = f"{settings.current().public_url}/compat", vendor().slug
    return {
        "edd": f"{start}/edd/{shop}/",
        "puc": f"{start}/puc/{product.public_slug}.json",
        "wpus": f"{start}/wpus/{shop}/?action=get_metadata&slug={product.slug}",
        "ls": f"{start}/ls/v1/licenses/",
    }


def doors_of(product: Product) -> dict[str, str]:
    """What stands in the form at first."""
    opened = {f"door_{code}": "yes" for code in product.doors}
    automatic = {"puc_auto_activate": "yes"} if product.puc_auto_activate else {}
    return {**opened, **automatic, "edd_item_id": str(product.edd_item_id)}


def _words() -> list[Field]:
    return [
        Field("name", _("Name"), limit=80),
        Field(
            "description",
            _("Description"),
            "area",
            required=False,
            limit=500,
            help=_("One or two sentences for the buy page."),
        ),
        Field("docs_url", _("Documentation"), "url", required=False, limit=500),
    ]


def zip_fields() -> list[Field]:
    """A new version."""
    return [
        Field(
            "file",
            _("ZIP of the plugin"),
            "file",
            accept=".zip",
            help=_("As WordPress installs it: one folder. The version is read from the plugin's header."),
        )
    ]
