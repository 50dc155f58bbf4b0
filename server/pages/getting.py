"""The file of a license: which version it brings today, and the way to it."""

from datetime import datetime

from server.licensing import services as licensing
from server.licensing.models import License
from server.licensing.services.refusals import VersionNotAllowed
from server.releases.models import Release
from server.releases.packages import why_no_update
from server.releases.services import current_release, mint_download


def release_for(license: License, now: datetime) -> Release | None:
    """The current version, if this license brings it at this moment."""
    release = current_release(license.product)
    return release if release and not why_no_update(license, release, now) else None


def way_to_the_file(license: License, now: datetime) -> str:
    """The path of a fresh link to the file; refuses what the license does not bring, in words."""
    licensing.refuse_ended(license, now)
    if current_release(license.product) is not None and release_for(license, now) is None:
        raise VersionNotAllowed("The newest version needs a renewed license; sites keep the one they have.")
    return mint_download(license.product, now=now)
