"""What the `keydesk` command remembers of an activation: one JSON file that only its owner may read."""

import json
import os
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from keydesk._client import Keydesk
from keydesk._product_file import ProductFile
from keydesk._records import Activation, CheckIn, Environment, License, SiteIdentity
from keydesk._revocations import ListCheck, RevocationList, verify_revocations
from keydesk._signatures import SigningKey, refuse_without_nacl
from keydesk._site import Site
from keydesk.errors import BadInput, MissingExtra


@dataclass(frozen=True, slots=True)
class State:
    """One installation of one product. Before the first activation only the first five fields are filled.

    `valid_until`: the license's own end in Unix seconds, as the server last told it with a lease; the end
    in the lease is later, because a renewal may be late. None: for life, or a file of an earlier version.
    """

    product: ProductFile
    site_uid: str
    site_url: str
    environment: Environment
    allow_http: bool = False
    activation_id: str | None = None
    site_token: str | None = None
    site_key: str | None = None
    lease: str | None = None
    revocations: str | None = None
    valid_until: int | None = None

    @classmethod
    def load(cls, path: Path) -> "State":
        """Raises BadInput when there is no such file, or when it is not one of ours."""
        try:
            fields: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            product = fields.pop("product")
            keys = tuple(SigningKey(**key) for key in product.pop("lease_keys"))
            state = cls(ProductFile(**product, lease_keys=keys), **fields)
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
        """The server. Its answers must be signed as soon as PyNaCl is there to check them."""
        return Keydesk(
            self.product.server,
            product_key=self.product.product_key,
            trusted_keys=self.product.lease_keys if _can_verify() else (),
            allow_http=self.allow_http,
        )

    def site(self) -> Site:
        """The activated site. Raises BadInput before the first activation."""
        if self.activation_id is None or self.site_token is None:
            raise BadInput("this site is not activated: run keydesk activate first", field="state")
        return self.desk().site(self.identity, self.activation_id, self.site_token)

    def after_activation(self, activation: Activation) -> "State":
        return replace(
            self._trusting(activation.signing_keys),
            activation_id=activation.activation_id,
            site_token=activation.site_token,
            site_key=activation.site.key,
            lease=activation.lease,
            valid_until=_end_of(activation.license),
        )

    def after_check_in(self, news: CheckIn) -> "State":
        """A changed address brings no lease; then the one held runs out by itself."""
        if news.site_changed:
            return self
        trusting = self._trusting(news.signing_keys)
        return replace(
            trusting,
            lease=news.lease,
            revocations=trusting.newer_list(news.revocations),
            valid_until=_end_of(news.license),
        )

    def revocation_list(self) -> RevocationList | None:
        """The list held, checked again; None while there is none."""
        return self._checked(self.revocations, 0).list

    def newer_list(self, text: str | None) -> str | None:
        """The text to keep: the offered one if it is good and newer, else the one held."""
        if text is None or not _can_verify():
            return self.revocations
        held = self.revocation_list()
        return text if self._checked(text, held.serial if held else 0).list else self.revocations

    def _checked(self, text: str | None, held_serial: int) -> ListCheck:
        return verify_revocations(
            text, keys=self.product.lease_keys, vendor_id=self.product.vendor_id,
            product_id=self.product.product_id, held_serial=held_serial,
        )  # fmt: skip

    def _trusting(self, keys: tuple[SigningKey, ...]) -> "State":
        """New keys are taken from checked answers only: a signature vouches for them, or nothing does."""
        if not keys or not _can_verify():
            return self
        return replace(self, product=replace(self.product, lease_keys=keys[:4]))


def _end_of(license: License | None) -> int | None:
    return int(license.valid_until.timestamp()) if license and license.valid_until else None


def _can_verify() -> bool:
    try:
        refuse_without_nacl()
    except MissingExtra:
        return False
    return True
