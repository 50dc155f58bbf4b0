"""A vendor's own scripts: issue and change licenses, keep the catalog, report purchases of another shop.

    from keydesk.vendor import Vendor

    shop = Vendor("https://licenses.example.com", api_key="kds_live_…")
    order = shop.orders.record(email="ana@example.com", plan_id="pln_…", source="woocommerce:123")
    print(order.licenses[0].license_key)
    for license in shop.licenses.each(status=["expired"]):
        print(license.customer.email, license.license.valid_until)

The API key is made in the console, with the scopes that the script needs. A test key (`kds_test_…`) sees and
makes test licenses only. Errors are those of `keydesk.errors`.
"""

from keydesk._calls import Caller, checked_base
from keydesk._retries import Retries
from keydesk._transport import RequestsTransport, Transport
from keydesk._vendor_calls import UNCHANGED, Unchanged, VendorCalls
from keydesk._vendor_catalog import PlanFields, ProductFields, Products
from keydesk._vendor_licenses import Licenses
from keydesk._vendor_records import (
    Customer,
    Offer,
    Order,
    OrderedLicense,
    Page,
    Price,
    Product,
    VendorLicense,
    VendorSite,
)
from keydesk._vendor_sales import Customers, Orders
from keydesk.errors import BadInput

__all__ = [
    "UNCHANGED",
    "Customer",
    "Customers",
    "Licenses",
    "Offer",
    "Order",
    "OrderedLicense",
    "Orders",
    "Page",
    "PlanFields",
    "Price",
    "Product",
    "ProductFields",
    "Products",
    "Unchanged",
    "Vendor",
    "VendorLicense",
    "VendorSite",
]


class Vendor:
    """One vendor on one Keydesk server.

    `base_url`: the server, https only (loopback excepted, or `allow_http=True` in a closed network).
    `api_key`: a `kds_live_…` or `kds_test_…` key; keep it secret. `retries`, `transport`: as for `Keydesk`.
    Acts that write carry an idempotency key, so a lost answer is asked for again and nothing is made twice.
    """

    def __init__(
        self,
        base_url: str,
        *,
        api_key: str,
        retries: Retries | None = None,
        transport: Transport | None = None,
        allow_http: bool = False,
    ) -> None:
        if not api_key.startswith(("kds_live_", "kds_test_")):
            raise BadInput("an API key begins with kds_live_ or kds_test_", field="api_key")
        caller = Caller(
            checked_base(base_url, allow_http=allow_http),
            transport or RequestsTransport(),
            retries or Retries(),
            (),
        )
        calls = VendorCalls(caller, api_key)
        self.licenses = Licenses(calls)
        self.products = Products(calls)
        self.customers = Customers(calls)
        self.orders = Orders(calls)
