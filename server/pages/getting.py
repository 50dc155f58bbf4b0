"""The files of a license: what it brings, in which version today, and the way to them."""

from collections.abc import Sequence
from datetime import datetime

from server.licensing import services as licensing
from server.licensing.models import License
from server.licensing.services.judging import without_parent
from server.licensing.services.refusals import AddonWithoutParent, VersionNotAllowed
from server.releases.models import Release
from server.releases.packages import why_no_update, why_not_alone
from server.releases.plugins import takes_sites
from server.releases.services import current_release, current_releases, mint_download


def parts_of(license: License) -> list[License]:
    """The licenses to activate, one for each plugin: of a bundle what it brought, of any other itself."""
    own = [license] if takes_sites(license) else []
    return [*own, *licensing.kept_children_of(license)]


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
