"""What licensing will not do: one class a fact, with a sentence that the owner of a site understands."""

from datetime import datetime

from server.catalog.models import Plan
from server.kernel.clock import FAR_AWAY, FIRST_YEAR
from server.kernel.errors import Conflict, Gone, Invalid, NotFound, Refused
from server.licensing.models import License


class LicenseNotFound(NotFound):
    """Unknown, or another vendor's: the answer is the same."""

    code = "license_not_found"
    title = "We do not know this license key"


class ProductMismatch(Invalid):
    """A good key, of another plugin of the same vendor."""

    code = "product_mismatch"
    title = "This license key belongs to another plugin"


class ModeMismatch(Invalid):
    """A test license in a live copy of the plugin, or the reverse."""

    code = "mode_mismatch"
    title = "Test and live licenses cannot be mixed"


class LicenseRevoked(Refused):
    """Taken back for good (unless its reason goes away)."""

    code = "license_revoked"
    title = "This license was revoked"


class LicenseSuspended(Refused):
    """Paused; comes back when its reason goes away."""

    code = "license_suspended"
    title = "This license is paused"


class LicenseNotStarted(Refused):
    """Sold for a later day."""

    code = "license_not_started"
    title = "This license has not started yet"


class LicenseExpired(Refused):
    """Its time is over."""

    code = "license_expired"
    title = "This license has expired"


class VersionNotAllowed(Refused):
    """The license covers older versions only."""

    code = "version_not_allowed"
    title = "This license does not cover this version"


class AddonWithoutParent(Refused):
    """An add-on alone has nothing to add to."""

    code = "addon_without_parent"
    title = "This add-on needs a license of the plugin it adds to"


class NoSeatsLeft(Conflict):
    """Each site of the license is taken."""

    code = "seat_limit_reached"
    title = "All sites of this license are in use"


class TooManyTestSites(Conflict):
    """Test sites are free, but not without end."""

    code = "dev_limit_reached"
    title = "Too many test sites use this license"


class TransferCodeInvalid(Invalid):
    """Unknown or too old."""

    code = "transfer_code_invalid"
    title = "This activation code is not valid any more"


class TransferCodeUsed(Conflict):
    """It has done its one piece of work."""

    code = "transfer_code_used"
    title = "This activation code was already used"


class LicenseMovedOn(TransferCodeUsed):
    """The site that the code was made for uses the license no more, whichever code was spent."""

    title = "The license has already left that site"


class PageExpired(Gone):
    """The activation button of a purchase page has a last day."""

    code = "link_expired"
    title = "This activation link has expired"


class NotStoppedFor(NotFound):
    """There is nothing to take back for a reason that the license was never stopped for."""

    code = "reason_unknown"
    title = "The license is not stopped for this reason"


class AlreadyActive(Conflict):
    """The activation button of a purchase page has done its work."""

    code = "already_active"
    title = "This license is already active"


class PlanOfAnotherProduct(Invalid):
    """A license stays with its product; another product is another license."""

    code = "plan_of_another_product"
    title = "This plan belongs to another product"


class EndBeforeStart(Invalid):
    """A license that ends before it begins could never be used."""

    code = "end_before_start"
    title = "A license ends after it starts"


class DateOutOfRange(Invalid):
    """A slip of the hand, or another system's word for "never"."""

    code = "date_out_of_range"
    title = "This date is too far away"


def refuse_far_dates(**moments: datetime | None) -> None:
    """Go on when these fields hold moments that somebody can mean."""
    for field, moment in moments.items():
        if moment is not None and not FIRST_YEAR <= moment.year < FAR_AWAY:
            told = (
                f"Give a day from {FIRST_YEAR} to {FAR_AWAY - 1}; a license without an end is valid for ever."
            )
            raise DateOutOfRange(told, errors=[{"pointer": f"/{field}", "code": "invalid", "message": told}])


class SeatsUnlimited(Conflict):
    """There is no more than as many as they like."""

    code = "seats_unlimited"
    title = "This license already takes as many sites as its customer likes"


class SeatsOutOfRange(Invalid):
    """No site at all, or more than anybody has."""

    code = "seats_out_of_range"
    title = "This is not a number of sites that a license can have"


class BundleWithoutSites(Conflict):
    """Sites use the licenses that came with it, and each of those has its own number."""

    code = "bundle_without_sites"
    title = "The sites of this bundle are counted by the licenses in it"


class EndsWithBundle(Conflict):
    """The next change of the bundle would undo an end of its own."""

    code = "ends_with_bundle"
    title = "This license came with a bundle and ends with it"


def refuse_end_of_part(license: License) -> None:
    """Go on when the license has an end of its own."""
    if license.parent_id is not None:
        told = f"Set the end of the bundle that it came with: {license.parent_id}."
        raise EndsWithBundle(told, parent_id=license.parent_id)


class BundleInBundle(Conflict):
    """What comes with a bundle brings nothing itself: nobody would find a part of a part."""

    code = "bundle_in_bundle"
    title = "A license that came with a bundle cannot be a bundle itself"


def refuse_bundle_in_bundle(license: License, plan: Plan) -> None:
    """Go on when the license would not be a bundle within a bundle by this plan."""
    if license.parent_id is not None and plan.bundled_plan_ids:
        told = f"{plan.name} is a bundle. Choose a plan that brings no other licenses."
        raise BundleInBundle(told, parent_id=license.parent_id)


class SiteStillActive(Conflict):
    """The old address was seen a short while ago: a move would switch a site off that may still be needed."""

    code = "site_still_active"
    title = "The old address is still in use"


class CopyNotAvailable(Conflict):
    """A temporary copy is free once in a while, or every site would be one."""

    code = "copy_not_available"
    title = "This address was a temporary copy a short while ago"


class NewIdentityNeeded(Invalid):
    """Two sites with one identity could not be told apart."""

    code = "validation_failed"
    title = "A copy and a site of its own need an identity of their own"
