"""An activated site: its daily check-in, its seat, and its tickets."""

from collections.abc import Sequence
from typing import Literal

from keydesk import _answers
from keydesk._calls import Act, Caller, checked_key
from keydesk._records import Activation, ActivationState, CheckIn, Release, SiteIdentity, Validation
from keydesk._tickets import Tickets
from keydesk._version import VERSION
from keydesk.errors import BadInput


class Site:
    """Made by `Keydesk.site`. `tickets` holds everything about support.

    Every method raises `TokenRevoked` once the activation has ended, and `Unreachable` when no answer came.
    """

    def __init__(self, caller: Caller, identity: SiteIdentity, activation_id: str, site_token: str) -> None:
        if not site_token.startswith("kdt_"):
            raise BadInput("a site token begins with kdt_", field="site_token")
        if not activation_id.isascii() or not activation_id.replace("_", "").isalnum():
            raise BadInput("an activation id holds letters, digits and _", field="activation_id")
        self._caller = caller
        self._identity = identity
        self._token = site_token
        self._path = f"/v1/activations/{activation_id}"
        self.activation_id = activation_id
        self.tickets = Tickets(caller, identity, site_token)

    def __repr__(self) -> str:
        return f"<Site {self._identity.url} {self.activation_id}>"

    def activation(self) -> ActivationState:
        """The activation and its license as the server has them now."""
        answer = self._caller.call(Act("GET", self._path, self._token, repeatable=True, signed=True))
        return _answers.activation_state(answer.fields)

    def check_in(
        self,
        *,
        lease_seq: int | None = None,
        revocations_serial: int = 0,
        usage_consent: bool = False,
    ) -> CheckIn:
        """Refresh the lease and learn what is new; once a day is enough (`next_check_in_s`).

        `lease_seq`: the `seq` of the lease held. `revocations_serial`: the serial of the revocation list
        held, so that only a newer one comes back. A revoked license is an answer here, not an error. Safe
        to repeat.
        """
        me = self._identity
        told = {
            "site_uid": me.uid, "site_url": me.url, "environment": me.environment, "locale": me.locale,
            "plugin_version": me.version, "bridge_version": f"sdk-{VERSION}", "lease_seq": lease_seq,
            "revocations_serial": revocations_serial, "consents": {"support": True, "usage": usage_consent},
            "blog_count": me.blog_count,
        }  # fmt: skip
        answer = self._caller.call(
            Act("POST", "/v1/check-ins", self._token, json=told, repeatable=True, signed=True)
        )
        return _answers.check_in(answer.fields)

    def validate(self, *, features: Sequence[str] = ()) -> Validation:
        """Ask whether this site may run now, and whether its plan has all these features."""
        me = self._identity
        asked = {
            "site_url": me.url, "site_uid": me.uid, "plugin_version": me.version,
            "features": list(features) or None,
        }  # fmt: skip
        answer = self._caller.call(
            Act("POST", "/v1/license-validations", self._token, json=asked, repeatable=True, signed=True)
        )
        return _answers.validation(answer.fields)

    def resolve(
        self,
        choice: Literal["moved", "copy", "separate"],
        site: SiteIdentity,
        *,
        confirm: bool = False,
        idempotency_key: str | None = None,
    ) -> Activation:
        """Say what became of a site whose check-in said `site_changed`; `site` has the present address.

        `moved`: this site, at a new address; its seat goes along. `copy`: a temporary copy, free for 14
        days, once in 90 days for an address. `separate`: a site of its own, which takes a seat. The last
        two need a new `uid` in `site`. Go on with the token and the lease of the answer.

        Raises `SiteStillActive` when the old address was seen within 48 hours and `confirm` is not set,
        `CopyNotAvailable`, `SeatLimitReached`, `LicenseExpired`.
        """
        wanted = {
            "resolution": choice, "site_url": site.url, "environment": site.environment,
            "site_uid_new": None if choice == "moved" else site.uid, "confirm": confirm,
            "plugin_version": site.version, "locale": site.locale,
        }  # fmt: skip
        answer = self._caller.call(
            Act(
                "POST",
                "/v1/site-resolutions",
                self._token,
                json=wanted,
                key=checked_key(idempotency_key),
                signed=True,
            )
        )
        return _answers.activation(answer.fields, created=answer.status == 201)

    def offer_transfer(self, *, idempotency_key: str | None = None) -> str:
        """A one-use code (`kdx_…`, good for a day) by which another installation takes this one's place.

        Give it there to `Keydesk.activate(None, …, transfer_code=…)`; then this site's activation ends.
        """
        answer = self._caller.call(
            Act(
                "POST",
                f"{self._path}/transfers",
                self._token,
                json={},
                key=checked_key(idempotency_key),
                signed=True,
            )
        )
        return answer.fields.text("transfer_code")

    def deactivate(self, *, idempotency_key: str | None = None) -> Release:
        """Give the seat back.

        Allowed in every license state, and safe to repeat for 7 days. The token ends with it.
        """
        answer = self._caller.call(
            Act("DELETE", self._path, self._token, key=checked_key(idempotency_key), signed=True)
        )
        return _answers.release(answer.fields)
