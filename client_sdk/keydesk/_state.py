"""What the `keydesk` command remembers of an activation: one JSON file that only its owner may read."""

import json
import os
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from keydesk._client import Keydesk
from keydesk._lease_payload import claims_of
from keydesk._records import Activation, CheckIn, Environment, SiteIdentity
from keydesk._signatures import SigningKey, b64u_decode, refuse_without_nacl
from keydesk._site import Site
from keydesk.errors import BadInput, MissingExtra


@dataclass(frozen=True, slots=True)
class State:
    """One installation on one server. Before the first activation only the first six fields are filled."""

    server: str
    product_key: str
    site_uid: str
    site_url: str
    environment: Environment
    allow_http: bool = False
    activation_id: str | None = None
    site_token: str | None = None
    site_key: str | None = None
    vendor_id: str | None = None
    product_id: str | None = None
    lease: str | None = None
    signing_keys: tuple[SigningKey, ...] = ()

    @classmethod
    def load(cls, path: Path) -> "State":
        """Raises BadInput when there is no such file, or when it is not one of ours."""
        try:
            fields: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            keys = tuple(SigningKey(**each) for each in fields.pop("signing_keys"))
            state = cls(**fields, signing_keys=keys)
        except FileNotFoundError:
            raise BadInput(f"{path} is missing: run keydesk activate first", field="state") from None
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise BadInput(f"{path} is not a file of this command", field="state") from error
        return state

    def save(self, path: Path) -> None:
        """Written beside and moved into place, so that a crash leaves the old or the new one."""
        beside = path.with_name(f".{path.name}.new")
        beside.unlink(missing_ok=True)
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(json.dumps(asdict(self), indent=1))
        beside.replace(path)

    @property
    def identity(self) -> SiteIdentity:
        return SiteIdentity(self.site_uid, self.site_url, self.environment)

    def desk(self) -> Keydesk:
        """The server. Its answers must be signed once its keys are known and PyNaCl can check them."""
        return Keydesk(
            self.server,
            product_key=self.product_key,
            trusted_keys=self.signing_keys if _can_verify() else (),
            allow_http=self.allow_http,
        )

    def site(self) -> Site:
        """The activated site. Raises BadInput before the first activation."""
        if self.activation_id is None or self.site_token is None:
            raise BadInput("this site is not activated: run keydesk activate first", field="state")
        return self.desk().site(self.identity, self.activation_id, self.site_token)

    def after_activation(self, activation: Activation) -> "State":
        """The first answer says whose lease this is; later ones are held against it."""
        return replace(
            self._with_lease(activation.lease, activation.signing_keys),
            activation_id=activation.activation_id,
            site_token=activation.site_token,
            site_key=activation.site.key,
        )

    def after_check_in(self, news: CheckIn) -> "State":
        """A changed address brings no lease; then the one held runs out by itself."""
        if news.site_changed:
            return self
        return self._with_lease(news.lease, news.signing_keys)

    def _with_lease(self, lease: str | None, keys: tuple[SigningKey, ...]) -> "State":
        claims = _claims(lease)
        return replace(
            self,
            lease=lease,
            signing_keys=keys[:4] or self.signing_keys,
            vendor_id=self.vendor_id or claims.get("ten"),
            product_id=self.product_id or claims.get("prod"),
        )


def _claims(lease: str | None) -> dict[str, Any]:
    """What the first lease says of itself; its signature is judged by `keydesk status`."""
    parts = (lease or "").split(".")
    return (len(parts) == 3 and claims_of(b64u_decode(parts[1]) or b"")) or {}


def _can_verify() -> bool:
    try:
        refuse_without_nacl()
    except MissingExtra:
        return False
    return True
