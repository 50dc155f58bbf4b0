"""What a vendor sells: made, changed, and found by the names that sites and shops use."""

from server.catalog.services.plans import (
    PlanFacts,
    change_plan,
    close_plan,
    create_plan,
    features_wrong,
    find_plan,
    is_for_sale,
    plan_by_code,
    plan_fields_wrong,
)
from server.catalog.services.prices import active_price, active_prices, retire_price, set_price
from server.catalog.services.products import (
    ProductFacts,
    change_product,
    create_product,
    find_product,
    free_public_slug,
    list_products,
    live_key,
    plugin_facts,
    product_by_slug,
    product_fields_wrong,
    public_key,
)
from server.catalog.services.refusing import SlugTaken

__all__ = [
    "PlanFacts",
    "ProductFacts",
    "SlugTaken",
    "active_price",
    "active_prices",
    "change_plan",
    "change_product",
    "close_plan",
    "create_plan",
    "create_product",
    "features_wrong",
    "find_plan",
    "find_product",
    "free_public_slug",
    "is_for_sale",
    "list_products",
    "live_key",
    "plan_by_code",
    "plan_fields_wrong",
    "plugin_facts",
    "product_by_slug",
    "product_fields_wrong",
    "public_key",
    "retire_price",
    "set_price",
]
