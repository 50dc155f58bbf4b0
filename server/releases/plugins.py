"""What is a plugin of its own, and which licenses therefore have sites to count."""

from sqlalchemy import select

from server.catalog.models import Plan, Product
from server.kernel.db import session
from server.licensing.models import License
from server.licensing.services import children_of, live_activations
from server.licensing.services.refusals import BundleWithoutSites
from server.releases.services import current_releases


def is_plugin(product: Product) -> bool:
    """Whether there is something to install under its own name; what only sells bundles has nothing."""
    return product.id in plugins_among({product.id})


def plugins_among(product_ids: set[str]) -> set[str]:
    """The ids of the products of which that is so."""
    plans = session.scalars(select(Plan).where(Plan.product_id.in_(product_ids)))
    sold_alone = {plan.product_id for plan in plans if not plan.bundled_plan_ids}
    return sold_alone | current_releases(product_ids).keys()


def takes_sites(license: License) -> bool:
    """Not the license of a bundle that is no plugin itself: sites use what it brought."""
    return not children_of(license) or is_plugin(license.product) or bool(live_activations(license))


def refuse_seats_for_nobody(license: License) -> None:
    """Go on when a number of sites would mean something for this license."""
    if not takes_sites(license):
        brought = [child.id for child in children_of(license)]
        raise BundleWithoutSites(
            f"Change the number of sites of each license of this bundle: {', '.join(brought)}.",
            license_ids=brought,
        )
