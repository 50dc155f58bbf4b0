"""A vendor's licenses: issued, found, changed, stopped, handed over; and the sites that use them."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from keydesk import _vendor_answers as answers
from keydesk._answers import release
from keydesk._records import Release
from keydesk._vendor_calls import UNCHANGED, Unchanged, VendorCalls, each_row, given, part
from keydesk._vendor_records import Page, VendorLicense, VendorSite
from keydesk.errors import BadInput

BATCH_TIMEOUT_S = 120.0
MOST_AT_ONCE = 1_000


class Licenses:
    """The licenses of one vendor in the mode of its API key. Scopes: licenses:read, :write, :reveal.

    Every act takes a `note` for the audit log. Acts that make something take an `idempotency_key`: give an
    own one when the act may be repeated after a crash, and keep it with the act. Raises `NotFound` for ids
    that are not there, `Invalid` with the wrong fields named, `NotAllowed` without the scope.
    """

    def __init__(self, calls: VendorCalls) -> None:
        self._calls = calls

    def issue(
        self, *, product_id: str, plan_id: str, email: str, name: str = "", locale: str = "en",
        starts_at: datetime | None = None, valid_until: datetime | Unchanged | None = UNCHANGED,
        is_trial: bool = False, note: str = "", send_mail: bool = False, idempotency_key: str | None = None,
    ) -> VendorLicense:  # fmt: skip
        """Issue a license, with its key in `license_key`. A bundle issues those of its plans, too.

        `starts_at`: may lie ahead. `valid_until`: as the plan says when not given, None for ever.
        `send_mail`: send the customer the purchase mail with the key; not unless you say so, because nobody
        bought anything and waits for it (`orders.record` sends it).
        """
        wish = self.wish(
            product_id=product_id, plan_id=plan_id, email=email, name=name, locale=locale,
            starts_at=starts_at, valid_until=valid_until, is_trial=is_trial, note=note, send_mail=send_mail,
        )  # fmt: skip
        return answers.vendor_license(self._calls.write("POST", "/licenses", wish, key=idempotency_key))

    def issue_many(
        self, wishes: Sequence[Mapping[str, Any]], *, idempotency_key: str | None = None
    ) -> tuple[VendorLicense, ...]:
        """Up to 1,000 licenses in one act: all of them, or none and `Invalid` with the place of the fault.

        Make the wishes with `wish(…)`.
        """
        if not 1 <= len(wishes) <= MOST_AT_ONCE:
            raise BadInput("one act issues 1 to 1,000 licenses", field="wishes")
        fields = {"licenses": [dict(each) for each in wishes]}
        made = self._calls.write(
            "POST", "/license-batches", fields, key=idempotency_key, timeout_s=BATCH_TIMEOUT_S
        )
        return tuple(map(answers.vendor_license, made.parts("licenses")))

    def wish(
        self, *, product_id: str, plan_id: str, email: str, name: str = "", locale: str = "en",
        starts_at: datetime | None = None, valid_until: datetime | Unchanged | None = UNCHANGED,
        is_trial: bool = False, note: str = "", send_mail: bool = False,
    ) -> dict[str, Any]:  # fmt: skip
        """One license for `issue_many`, with the fields of `issue`. Sends nothing."""
        return given(
            product_id=product_id, plan_id=plan_id, email=email, name=name, locale=locale,
            starts_at=starts_at or UNCHANGED, valid_until=valid_until, is_trial=is_trial, note=note,
            send_mail=send_mail,
        )  # fmt: skip

    def get(self, license_id: str) -> VendorLicense:
        """One license."""
        return answers.vendor_license(self._calls.read(_path(license_id)))

    def list(
        self, *, status: str | Sequence[str] = (), product_id: str | None = None,
        customer_id: str | None = None, email: str | None = None, q: str | None = None, limit: int = 25,
        after: str | None = None,
    ) -> Page[VendorLicense]:  # fmt: skip
        """One page, newest first. `status`: one or more of active, expired, pending, suspended, revoked.

        `q`: a whole key, its last four symbols, or a part of a mail, a name or a site's address.
        """
        wanted = [status] if isinstance(status, str) else status
        query = {
            "status": ",".join(wanted) or None, "product_id": product_id, "customer_id": customer_id,
            "email": email, "q": q, "limit": limit, "after": after,
        }  # fmt: skip
        return answers.page(self._calls.read("/licenses", query), answers.vendor_license)

    def each(self, **filters: Any) -> Iterator[VendorLicense]:
        """All that fit, asked for page by page while you read. Takes the filters of `list`."""
        return each_row(lambda after: self.list(**{"limit": 100, **filters, "after": after}))

    def change(
        self, license_id: str, *, plan_id: str | Unchanged = UNCHANGED,
        seats: int | Unchanged | None = UNCHANGED, valid_until: datetime | Unchanged | None = UNCHANGED,
        note: str = "",
    ) -> VendorLicense:  # fmt: skip
        """Change what is given, leave the rest. `seats` None: no limit; `valid_until` None: for ever.

        Sites that sit keep their seats, also when the new number is smaller; only new ones must wait.
        A bundle whose product is no plugin itself has no sites (409 `bundle_without_sites`): change the
        licenses whose `parent_id` it is. Their end is the bundle's (409 `ends_with_bundle`): change it there.
        Their plan cannot be a bundle (409 `bundle_in_bundle`).
        """
        fields = given(plan_id=plan_id, seats=seats, valid_until=valid_until, note=note)
        return answers.vendor_license(self._calls.write("PATCH", _path(license_id), fields))

    def suspend(self, license_id: str, *, reason: str = "by_vendor", note: str = "") -> VendorLicense:
        """Pause it. Each reason counts once and is taken back by its name.

        A word of your own (`late_payer`) stays with you: sites and the holder read by_vendor for it.
        """
        return self._stop(license_id, "suspensions", reason, note)

    def restore(self, license_id: str, *, reason: str = "by_vendor", note: str = "") -> VendorLicense:
        """Take one reason to pause back; it runs on when none is left."""
        return self._go_on(license_id, "suspensions", reason, note)

    def revoke(self, license_id: str, *, reason: str = "by_vendor", note: str = "") -> VendorLicense:
        """Take it back. `reason`: by_vendor, refunded or disputed; each counts once."""
        return self._stop(license_id, "revocations", reason, note)

    def unrevoke(self, license_id: str, *, reason: str = "by_vendor", note: str = "") -> VendorLicense:
        """Take one reason back; the license is good again when none is left."""
        return self._go_on(license_id, "revocations", reason, note)

    def transfer(
        self, license_id: str, *, email: str, name: str = "", locale: str = "en", new_key: bool = False,
        note: str = "", idempotency_key: str | None = None,
    ) -> VendorLicense:  # fmt: skip
        """Hand it to another customer, who is made when nobody has the address. Its sites go on running.

        `new_key`: also end the key that the former customer knows; the new one is in `license_key`.
        """
        fields = {"email": email, "name": name, "locale": locale, "new_key": new_key, "note": note}
        path = f"{_path(license_id)}/transfers"
        return answers.vendor_license(self._calls.write("POST", path, fields, key=idempotency_key))

    def key(self, license_id: str) -> str:
        """The key itself; that it was shown is in the audit log. Scope licenses:reveal."""
        return self._calls.read(f"{_path(license_id)}/key").text("license_key")

    def new_key(self, license_id: str, *, note: str = "", idempotency_key: str | None = None) -> str:
        """A new key; the old one stops at once. Sites that use the license notice nothing."""
        path = f"{_path(license_id)}/keys"
        return self._calls.write("POST", path, {"note": note}, key=idempotency_key).text("license_key")

    def sites(self, license_id: str) -> tuple[VendorSite, ...]:
        """The sites that use it now, the latest seen first."""
        rows = self._calls.read(f"{_path(license_id)}/activations").parts("data")
        return tuple(map(answers.vendor_site, rows))

    def release(self, license_id: str, activation_id: str, *, note: str = "") -> Release:
        """End a site's use of it, in every state of the license. Doing it again answers the same."""
        tail = f"/activations/{part(activation_id, 'activation_id')}"
        return release(self._calls.end(_path(license_id) + tail, note=note))

    def _stop(self, license_id: str, what: str, reason: str, note: str) -> VendorLicense:
        fields = {"reason": reason, "note": note}
        return answers.vendor_license(self._calls.write("POST", f"{_path(license_id)}/{what}", fields))

    def _go_on(self, license_id: str, what: str, reason: str, note: str) -> VendorLicense:
        path = f"{_path(license_id)}/{what}/{part(reason, 'reason')}"
        return answers.vendor_license(self._calls.end(path, note=note))


def _path(license_id: str) -> str:
    return f"/licenses/{part(license_id, 'license_id')}"
