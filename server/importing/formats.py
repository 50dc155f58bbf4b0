"""The formats that can be imported: what a person calls them, and who reads them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from server.importing import edd, freemius, lemon_squeezy, license_manager_for_woocommerce, plain
from server.importing.aside import Aside
from server.importing.files import SourceFile
from server.importing.reading import Options
from server.importing.records import Records


@dataclass(frozen=True)
class Format:
    """One system that vendors come from. Its name stands in the `source` of every row it brings."""

    name: str
    label: str
    read: Callable[[Sequence[SourceFile], Options, Aside], Records]


FORMATS: dict[str, Format] = {
    one.name: one
    for one in (
        Format("edd", "Easy Digital Downloads, Software Licensing", edd.read),
        Format("freemius", "Freemius", freemius.read),
        Format("lmfwc", "License Manager for WooCommerce", license_manager_for_woocommerce.read),
        Format("lemonsqueezy", "Lemon Squeezy", lemon_squeezy.read),
        Format("plain", "Plain CSV, or an export of Keydesk", plain.read),
    )
}
