"""Which version a door offers, where its package lies, and why it is kept back."""

import html
import re
from dataclasses import dataclass
from datetime import datetime

from server.catalog.models import Product
from server.kernel import settings
from server.licensing.models import Activation, License
from server.releases.models import Release
from server.releases.packages import package_token, why_no_update
from server.releases.services import current_release

WHY = {
    "no_key": "No license key was sent. Enter your license key to get updates.",
    "unknown_key": "This license key is not valid for this plugin.",
    "disabled": "This license was stopped by the vendor, so it brings no updates.",
    "not_started": "This license has not started yet.",
    "expired": "This license has expired. Renew it to get updates.",
    "updates_over": "This version came out after the license's updates ended. Renew it to get updates.",
    "version_over": "The license does not include this version.",
    "parent_missing": "This add-on needs a running license of the plugin that it adds to.",
    "site_inactive": "This site does not use the license. Activate the license here to get updates.",
    "no_seats": "All sites of this license are in use. Release one, and this site gets updates.",
    "no_item": "There is no such plugin here.",
}


@dataclass(frozen=True)
class Offer:
    """The current version. `package` is empty, and `why` says why, when this caller may not have it."""

    release: Release | None
    package: str
    why: str

    @property
    def words(self) -> str:
        return WHY.get(self.why, "")


def make_offer(
    product: Product,
    holder: Activation | License | None,
    *,
    now: datetime,
    why: str = "",
) -> Offer:
    """The version that this installation or license gets. A free edition's is everybody's."""
    release = current_release(product)
    license = holder.license if isinstance(holder, Activation) else holder
    if product.edition == "free":
        holder, why = None, ""
    elif not why:
        why = _why(license, release, now)
    if release is None or why:
        return Offer(release, "", why)
    return Offer(release, package_token(release, holder, now=now), "")


def package_address(offer: Offer) -> str:
    """Where the package lies; empty without the right to it."""
    if offer.release is None or not offer.package:
        return ""
    return f"{settings.current().public_url}/compat/dl/{offer.package}/{offer.release.file_name}"


def sections(product: Product) -> dict[str, str]:
    """Shown in WordPress' details window. Clients drop an answer without them."""
    paragraphs = re.split(r"\n\s*\n", product.description.strip())
    description = "".join(f"<p>{html.escape(text)}</p>" for text in paragraphs if text)
    return {"description": description, "changelog": ""}


def _why(license: License | None, release: Release | None, now: datetime) -> str:
    if license is None:
        return "no_key"
    return why_no_update(license, release, now) if release else ""
