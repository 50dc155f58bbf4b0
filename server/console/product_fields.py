"""What is asked about a product, a plan, a price and a version."""

from __future__ import annotations

from server.catalog.models import INTERVALS
from server.console.forms import Field
from server.console.words import gettext as _


def product_fields() -> list[Field]:
    """A new product."""
    name, description, docs_url = words_fields()
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


def words_fields() -> list[Field]:
    """What may be changed of a product later."""
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


def plan_fields() -> list[Field]:
    """A new plan with its first price."""
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
        *price_fields(),
        Field(
            "features",
            _("Features"),
            required=False,
            limit=500,
            help=_("Codes that the plugin asks for, divided by blanks."),
        ),
    ]


def price_fields() -> list[Field]:
    """What a plan costs from now on."""
    return [
        Field("amount", _("Price"), "number", step="0.01"),
        Field("currency", _("Currency"), limit=3, help=_("Three letters, for example EUR.")),
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
