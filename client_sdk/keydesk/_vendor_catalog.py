"""A vendor's products, plans and prices."""

from collections.abc import Iterator
from typing import TypedDict, Unpack

from keydesk import _vendor_answers as answers
from keydesk._vendor_calls import VendorCalls, each_row, part
from keydesk._vendor_records import Offer, Page, Product


class ProductFields(TypedDict, total=False):
    """What can be said of a product. `addon_of_id` None: bought on its own."""

    name: str
    description: str
    docs_url: str
    homepage: str
    author: str
    addon_of_id: str | None
    after_expiry: str
    network_policy: str
    doors: list[str]
    puc_auto_activate: bool
    edd_item_id: int


class PlanFields(TypedDict, total=False):
    """What can be said of a plan; see `Offer`. `seats` None: as many sites as they like."""

    name: str
    seats: int | None
    interval: str
    features: list[str]
    renews: bool
    trial_days: int
    trial_needs_card: bool
    bundled_plan_ids: list[str]
    max_version: str
    edd_price_id: int | None
    on_sale: bool


class Products:
    """The catalog of one vendor. Scopes: catalog:read, catalog:write (a live key only).

    Raises `Invalid` with the wrong fields named, `Conflict` (`slug_taken`) for a short name that is in use,
    `NotFound` for ids that are not there.
    """

    def __init__(self, calls: VendorCalls) -> None:
        self._calls = calls

    def list(self, *, limit: int = 25, after: str | None = None) -> Page[Product]:
        """One page of products with their plans and prices, newest first."""
        return answers.page(self._calls.read("/products", {"limit": limit, "after": after}), answers.product)

    def each(self) -> Iterator[Product]:
        """All products, asked for page by page while you read."""
        return each_row(lambda after: self.list(limit=100, after=after))

    def get(self, product_id: str) -> Product:
        """One product with its plans and prices."""
        return answers.product(self._calls.read(f"/products/{part(product_id, 'product_id')}"))

    def create(self, *, slug: str, edition: str = "premium", **fields: Unpack[ProductFields]) -> Product:
        """A new product; `name` is needed. `slug`: the plugin's folder. `edition`: premium or free."""
        wish = {"slug": slug, "edition": edition, **fields}
        return answers.product(self._calls.write("POST", "/products", wish))

    def change(self, product_id: str, **fields: Unpack[ProductFields]) -> Product:
        """Change what is given, leave the rest."""
        path = f"/products/{part(product_id, 'product_id')}"
        return answers.product(self._calls.write("PATCH", path, fields))

    def create_plan(self, product_id: str, *, code: str, **fields: Unpack[PlanFields]) -> Offer:
        """A new plan; `name`, `seats` and `interval` are needed. It is offered once it has a price."""
        path = f"/products/{part(product_id, 'product_id')}/plans"
        return answers.offer(self._calls.write("POST", path, {"code": code, **fields}))

    def plan(self, plan_id: str) -> Offer:
        """One plan with its prices."""
        return answers.offer(self._calls.read(_plan(plan_id)))

    def change_plan(self, plan_id: str, **fields: Unpack[PlanFields]) -> Offer:
        """Change what is given, leave the rest. Licenses that were sold keep their sites and their end."""
        return answers.offer(self._calls.write("PATCH", _plan(plan_id), fields))

    def set_price(self, plan_id: str, *, amount: int, currency: str) -> Offer:
        """What it costs in this currency from now on (`amount` in cents); earlier orders keep their price.

        A plan with `on_sale` False stays closed.
        """
        fields = {"amount": amount, "currency": currency}
        return answers.offer(self._calls.write("POST", f"{_plan(plan_id)}/prices", fields))

    def retire_price(self, plan_id: str, price_id: str) -> Offer:
        """No longer offered in this currency."""
        return answers.offer(self._calls.end(f"{_plan(plan_id)}/prices/{part(price_id, 'price_id')}"))


def _plan(plan_id: str) -> str:
    return f"/plans/{part(plan_id, 'plan_id')}"
