"""A product keeps its names straight, and never becomes an add-on of itself."""

from typing import Any

import pytest

from server.catalog.models import Product
from server.catalog.services import change_product, create_product, live_key, public_key
from server.kernel.db import writing
from server.kernel.errors import Invalid
from server.kernel.tenancy import resolve, tenant
from tests.conftest import NOON, Cast

WHO = "member:mem_1"


def make(slug: str, **facts: Any) -> Product:
    with writing():
        return create_product(slug=slug, now=NOON, actor=WHO, **({"name": slug.title()} | facts))


def test_a_product_is_born_with_a_live_and_a_test_key(harbour: Cast) -> None:
    product = make("pier")

    assert public_key(product, "live") == live_key(product)
    assert public_key(product, "test").startswith("kdp_")
    assert public_key(product, "test") != live_key(product)


@pytest.mark.parametrize(
    ("field", "facts"),
    [
        ("name", {"name": ""}),
        ("docs_url", {"docs_url": "http://docs.example.com"}),
        ("homepage", {"homepage": "javascript:alert(1)"}),
        ("doors", {"doors": ["edd", "window"]}),
        ("after_expiry", {"after_expiry": "explode"}),
        ("network_policy", {"network_policy": "none"}),
        ("edd_item_id", {"edd_item_id": 0}),
        ("edd_item_id", {"edd_item_id": 1}),
        ("addon_of_id", {"addon_of_id": "prd_00000000000000000000000000"}),
    ],
)
def test_what_does_not_fit_is_refused_at_its_field(harbour: Cast, field: str, facts: Any) -> None:
    with pytest.raises(Invalid) as refused:
        make("pier", **facts)

    assert refused.value.fields["errors"][0]["pointer"] == f"/{field}"


def test_a_product_never_becomes_an_addon_of_itself(harbour: Cast) -> None:
    first = make("pier", addon_of_id=harbour.product.id)
    second = make("pier-more", addon_of_id=first.id)

    for product in (resolve(Product, harbour.product.id), first, second):
        with pytest.raises(Invalid, match="add-on of itself"), writing():
            change_product(product, actor=WHO, addon_of_id=second.id)


def test_two_vendors_may_use_one_short_name_and_get_their_own_public_one(
    harbour: Cast, stranger: Cast
) -> None:
    make("pier")
    with tenant(stranger.vendor.id):
        assert make("pier").public_slug == "pier-2"


def test_two_products_of_one_title_never_both_answer_at_the_edd_door(harbour: Cast, stranger: Cast) -> None:
    first, second = make("pier", doors=["edd"]), make("pier-two", name="Pier", doors=["puc"])
    with tenant(stranger.vendor.id):
        make("pier", doors=["edd"])

    with pytest.raises(Invalid, match="title of pier too") as refused, writing():
        change_product(second, actor=WHO, doors=["puc", "edd"])
    assert refused.value.fields["errors"][0]["pointer"] == "/doors"
    with pytest.raises(Invalid, match="title of pier too"):
        make("pier-three", name="Pier", doors=["edd"])

    with writing():
        change_product(resolve(Product, second.id), actor=WHO, name="Pier Two", doors=["puc", "edd"])
    with pytest.raises(Invalid, match="title of pier too") as renamed, writing():
        change_product(resolve(Product, second.id), actor=WHO, name="Pier")
    assert renamed.value.fields["errors"][0]["pointer"] == "/name"
    with writing():
        change_product(resolve(Product, first.id), actor=WHO, description="For ships.", name="Pier")
