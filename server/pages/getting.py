"""The files of a license: what it brings, in which version today, and the way to them."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from server.catalog.models import Plan, Product
from server.kernel.db import session
from server.licensing import services as licensing
from server.licensing.models import License
from server.licensing.services.judging import without_parent
from server.licensing.services.refusals import AddonWithoutParent, VersionNotAllowed
from server.releases.models import Release
from server.releases.packages import why_no_update, why_not_alone
from server.releases.services import current_release, current_releases, mint_download


def is_plugin(product: Product) -> bool:
    """Whether there is something to install under its own name; what only sells bundles has nothing."""
    return product.id in plugins_among({product.id})


def plugins_among(product_ids: set[str]) -> set[str]:
    """The ids of the products of which that is so."""
    plans = session.scalars(select(Plan).where(Plan.product_id.in_(product_ids)))
    return {plan.product_id for plan in plans if not plan.bundled_plan_ids} | current_releases(
        product_ids
    ).keys()


def parts_of(license: License) -> list[License]:
    """The licenses to activate, one for each plugin: of a bundle what it brought, of any other itself."""
    brought = licensing.children_of(license)
    own = not brought or is_plugin(license.product) or bool(licensing.live_activations(license))
    return [*([license] if own else []), *licensing.kept_children_of(license)]


def releases_for(licenses: Sequence[License], now: datetime) -> dict[str, Release | None]:
    """For each license, by its id: the current version, if it brings that at this moment."""
    current = current_releases({license.product_id for license in licenses})
    found: dict[str, Release | None] = dict.fromkeys((license.id for license in licenses), None)
    stays_away = without_parent(licenses, now)
    for license in licenses:
        release = current.get(license.product_id)
        if release and license.id not in stays_away and not why_not_alone(license, release, now):
            found[license.id] = release
    return found


def why_no_file(license: License, now: datetime) -> str:
    """Why there is nothing to download: a word of `why_no_update`, or `unreleased`; "" when there is."""
    release = current_release(license.product)
    return why_no_update(license, release, now) if release else "unreleased"


def way_to_the_file(license: License, now: datetime) -> str:
    """The path of a fresh link to the file; refuses what the license does not bring, in words."""
    licensing.refuse_ended(license, now)
    why = why_no_file(license, now)
    if why == "parent_missing":
        raise AddonWithoutParent
    if why not in {"", "unreleased"}:
        raise VersionNotAllowed("The newest version needs a renewed license; sites keep the one they have.")
    return mint_download(license.product, now=now)
