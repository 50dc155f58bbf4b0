"""The files of a license: what it brings, in which version today, and the way to them."""

from datetime import datetime

from server.catalog.models import Product
from server.licensing import services as licensing
from server.licensing.models import License
from server.licensing.services.refusals import AddonWithoutParent, VersionNotAllowed
from server.releases.models import Release
from server.releases.packages import why_no_update
from server.releases.services import current_release, mint_download


def is_plugin(product: Product) -> bool:
    """Whether there is something to install under its own name; what only sells bundles has nothing."""
    return current_release(product) is not None or any(not plan.bundled_plan_ids for plan in product.plans)


def parts_of(license: License) -> list[License]:
    """The licenses to activate, one for each plugin: of a bundle what it brought, of any other itself."""
    brought = licensing.children_of(license)
    own = not brought or is_plugin(license.product) or bool(licensing.live_activations(license))
    return [*([license] if own else []), *licensing.kept_children_of(license)]


def release_for(license: License, now: datetime) -> Release | None:
    """The current version, if this license brings it at this moment."""
    release = current_release(license.product)
    return release if release and not why_no_update(license, release, now) else None


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
