"""Everything this package raises, as one tree.

    KeydeskError                      .code, a constant for programs; str(error) is a sentence for people
    ├── BadInput (also ValueError)    refused here, nothing was sent; .field names the argument
    │   └── KeyMalformed              the text cannot be a license key
    ├── MissingExtra                  PyNaCl is needed for this: pip install "keydesk[verify]"
    ├── Unreachable                   no answer after all tries; the act may or may not have happened
    ├── UntrustedAnswer               an answer without a good signature: keep the state, try later
    ├── UnreadableAnswer              an answer that is not of the contract (a proxy's page, another version)
    └── Refused                       the server said no: .status .fields .request_id .retry_after
        ├── BadCredentials            401: product key or site token is not known
        │   └── TokenRevoked          401 token_revoked: the site was released, activate again
        ├── NotAllowed                403
        │   ├── LicenseExpired        403 license_expired
        │   ├── LicenseSuspended      403 license_suspended
        │   └── LicenseRevoked        403 license_revoked
        ├── NotFound                  404
        │   └── LicenseNotFound       404 license_not_found
        ├── Conflict                  409
        │   ├── SeatLimitReached      409 seat_limit_reached: .seats and .occupied
        │   ├── SiteStillActive       409 site_still_active: confirm, if the old address may go dark
        │   └── CopyNotAvailable      409 copy_not_available: it was a temporary copy a short while ago
        ├── Invalid                   400, 413, 415 or 422: .errors lists the fields
        ├── TooManyRequests           429: come back after .retry_after seconds
        └── ServerTrouble             5xx: nothing is lost, come back after .retry_after seconds

Codes are those of the wire contract (docs/reference); a code this version does not know is raised as the
class of its status. Only a signed answer may change what a program believes about a license: `Unreachable`,
`UntrustedAnswer`, `UnreadableAnswer`, `TooManyRequests` and `ServerTrouble` never do.
"""

from collections.abc import Mapping
from typing import Any


class KeydeskError(Exception):
    """The root. `code` is stable and made for programs; the text is made for people."""

    code: str = "keydesk_error"


class BadInput(KeydeskError, ValueError):
    """An argument that the server would refuse; nothing was sent."""

    def __init__(self, detail: str, *, field: str, code: str = "validation_failed") -> None:
        super().__init__(detail)
        self.code = code
        self.field = field


class KeyMalformed(BadInput):
    """The text cannot be a license key: a typing error, a part of it, or another kind of secret."""

    def __init__(self, wrong: str) -> None:
        detail = f"{wrong}: copy the whole key from the purchase e-mail or the page of your licenses"
        super().__init__(detail, field="license_key", code="key_malformed")


class MissingExtra(KeydeskError):
    """Signatures were asked for, but PyNaCl is not installed."""

    code = "verify_extra_missing"

    def __init__(self) -> None:
        super().__init__('checking signatures needs PyNaCl: pip install "keydesk[verify]"')


class Unreachable(KeydeskError):
    """No answer came.

    `sent` says whether the server may have seen the request; `tries` how often it was tried.
    """

    code = "unreachable"

    def __init__(self, detail: str, *, sent: bool, tries: int = 1) -> None:
        super().__init__(detail)
        self.sent = sent
        self.tries = tries


class UntrustedAnswer(KeydeskError):
    """The answer carries no good signature of a trusted key. Treat it as no answer at all."""

    code = "untrusted_answer"

    def __init__(self, *, status: int) -> None:
        super().__init__(f"the answer ({status}) is not signed by a trusted key of this server")
        self.status = status


class UnreadableAnswer(KeydeskError):
    """The answer is not of the contract: not JSON, a redirect, a field missing or of another type."""

    code = "unreadable_answer"


class Refused(KeydeskError):
    """The server judged the request and said no.

    The same request will be refused again until something changes.
    """

    def __init__(
        self, detail: str, *, status: int, code: str, fields: Mapping[str, Any],
        request_id: str | None = None, retry_after: int | None = None,
    ) -> None:  # fmt: skip
        super().__init__(detail)
        self.status = status
        self.code = code
        self.fields = fields
        self.request_id = request_id
        self.retry_after = retry_after


class BadCredentials(Refused):
    """The product key or site token is missing or not known."""


class TokenRevoked(BadCredentials):
    """The activation behind this site token has ended. A new activation gives a new token."""


class NotAllowed(Refused):
    """Understood, and not allowed."""


class LicenseExpired(NotAllowed):
    """The license has ended; a site that already sits keeps its seat."""


class LicenseSuspended(NotAllowed):
    """The vendor has suspended the license."""


class LicenseRevoked(NotAllowed):
    """The license was taken back, for example after a refund."""


class NotFound(Refused):
    """Nothing is there, or it belongs to somebody else: the answer is the same."""


class LicenseNotFound(NotFound):
    """No license of this vendor has this key."""


class Conflict(Refused):
    """The present state does not allow it."""


class SeatLimitReached(Conflict):
    """All seats are in use."""

    @property
    def seats(self) -> Mapping[str, Any]:
        """`{"limit": int or None, "used": int}`."""
        seats: Mapping[str, Any] = self.fields.get("seats") or {}
        return seats

    @property
    def occupied(self) -> list[Mapping[str, Any]]:
        """At most 20 of `{"site_hint", "last_seen", "environment"}`.

        Hints such as `ex….com`, never whole addresses.
        """
        return list(self.fields.get("occupied") or [])


class SiteStillActive(Conflict):
    """The old address of a site that is to move was seen within 48 hours: `last_seen` (RFC 3339)."""

    @property
    def last_seen(self) -> str | None:
        """When the old address was last in touch."""
        return self.fields.get("last_seen")


class CopyNotAvailable(Conflict):
    """An address is a temporary copy once in 90 days; use it as a site of its own."""


class Invalid(Refused):
    """The request could not be read or holds wrong fields."""

    @property
    def errors(self) -> list[Mapping[str, str]]:
        """`{"pointer", "code", "message"}` for each field that is wrong; empty when the whole request is."""
        return list(self.fields.get("errors") or [])


class TooManyRequests(Refused):
    """A limit was reached."""


class ServerTrouble(Refused):
    """The server could not do it now."""


BY_CODE: dict[str, type[Refused]] = {
    "token_revoked": TokenRevoked,
    "license_expired": LicenseExpired,
    "license_suspended": LicenseSuspended,
    "license_revoked": LicenseRevoked,
    "license_not_found": LicenseNotFound,
    "seat_limit_reached": SeatLimitReached,
    "site_still_active": SiteStillActive,
    "copy_not_available": CopyNotAvailable,
}
BY_STATUS: dict[int, type[Refused]] = {
    400: Invalid, 401: BadCredentials, 403: NotAllowed, 404: NotFound, 409: Conflict, 410: NotFound,
    413: Invalid, 415: Invalid, 422: Invalid, 429: TooManyRequests,
}  # fmt: skip


def refusal_class(status: int, code: str) -> type[Refused]:
    """The class for a refusal: by its code where that has one, else by its status."""
    if status >= 500:
        return ServerTrouble
    return BY_CODE.get(code) or BY_STATUS.get(status, Refused)
