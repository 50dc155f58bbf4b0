"""Who asks: a product (public key), a site (token) or a vendor's script (API key)."""

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar, TypeVar

from flask import g, request
from sqlalchemy import select

from server.accounts.models import ApiKey
from server.catalog.models import Product, ProductKey
from server.kernel import clock
from server.kernel.db import session
from server.kernel.errors import Refused, Unauthorized
from server.kernel.secrets import token_hash, token_is_whole
from server.kernel.tenancy import system_scope
from server.licensing.models import Activation, SiteToken

REPEAT_RELEASE = timedelta(days=7)  # an ended token may repeat its own DELETE, and nothing else


class CredentialsMissing(Unauthorized):
    """No `Authorization: Bearer …`."""

    code = "credentials_missing"
    title = "This address needs a credential"


class TokenRevoked(Unauthorized):
    """The token was good once: its site was released."""

    code = "token_revoked"
    title = "This site was released from its license"

    def __init__(self) -> None:
        super().__init__("Activate the license on this site again; that gives it a new token.")


class ScopeMissing(Refused):
    """The API key may not do this."""

    code = "scope_missing"
    title = "This API key does not have the scope for this"


@dataclass(frozen=True)
class ProductCaller:
    """Whoever holds the plugin: knows which product it is, nothing more."""

    kind: ClassVar[str] = "product"
    tenant_id: str
    product: Product
    mode: str
    key: str

    @property
    def ref(self) -> str:
        return f"product:{self.key}"


@dataclass(frozen=True)
class SiteCaller:
    """One activated installation."""

    kind: ClassVar[str] = "site"
    tenant_id: str
    activation: Activation
    token_id: str
    ended: bool  # true only where a released site repeats its DELETE

    @property
    def ref(self) -> str:
        return f"site:{self.token_id}"


@dataclass(frozen=True)
class VendorCaller:
    """A script of the vendor."""

    kind: ClassVar[str] = "vendor"
    tenant_id: str
    api_key: ApiKey

    @property
    def ref(self) -> str:
        return f"key:{self.api_key.id}"


Caller = ProductCaller | SiteCaller | VendorCaller
Kind = TypeVar("Kind", ProductCaller, SiteCaller, VendorCaller)
PREFIXES = {"kdp_": "product", "kdt_": "site", "kds_live_": "vendor", "kds_test_": "vendor"}
WORDS = {"product": "a product key (kdp_…)", "site": "a site token (kdt_…)", "vendor": "an API key (kds_…)"}


UNKNOWN = "It was ended, or is another server's. Take one that this server gave out."


def identify(accepted: tuple[str, ...], scope: str | None, *, may_have_ended: bool) -> Caller:
    """The caller behind the request's credential; raises what the answer should say."""
    wanted = " or ".join(WORDS[one] for one in accepted)
    token = _bearer(wanted)
    prefix = next((known for known in PREFIXES if token.startswith(known)), None)
    if prefix is None or not token_is_whole(token, prefix):
        raise Unauthorized(f"This is no whole credential; copy {wanted} again.")
    kind = PREFIXES[prefix]
    if kind not in accepted:
        raise Unauthorized(f"This is {WORDS[kind]}; {wanted} is needed here")
    with system_scope("the credential tells the vendor"):
        if kind == "product":
            return _product(token)
        if kind == "site":
            return _site(token, may_have_ended=may_have_ended)
        return _vendor(token, scope)


def product_caller() -> ProductCaller:
    """The caller of a route that takes product keys only."""
    return _expect(ProductCaller)


def site_caller() -> SiteCaller:
    """The caller of a route that takes site tokens only."""
    return _expect(SiteCaller)


def vendor_caller() -> VendorCaller:
    """The caller of a route that takes API keys only."""
    return _expect(VendorCaller)


def caller() -> Caller:
    """The caller, of whichever kind the route takes."""
    found: Caller = g.caller
    return found


def _expect(kind: type[Kind]) -> Kind:
    found = caller()
    if not isinstance(found, kind):
        raise TypeError(f"this route expects a {kind.kind} caller")
    return found


def _bearer(wanted: str) -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise CredentialsMissing(f"Send the header Authorization: Bearer with {wanted}.")
    return token.strip()


def _product(token: str) -> ProductCaller:
    row = session.scalars(select(ProductKey).where(ProductKey.key == token)).one_or_none()
    if row is None:
        raise Unauthorized(UNKNOWN)
    return ProductCaller(row.tenant_id, row.product, row.mode, token)


def _site(token: str, *, may_have_ended: bool) -> SiteCaller:
    row = session.scalars(select(SiteToken).where(SiteToken.token_hash == token_hash(token))).one_or_none()
    if row is None:
        raise Unauthorized(UNKNOWN)
    now = clock.now()
    ended = row.ends_at is not None and row.ends_at <= now
    if ended:
        g.tenant_of_signature = row.tenant_id  # the site must be able to trust this answer
        if not may_have_ended or row.ends_at is None or row.ends_at + REPEAT_RELEASE <= now:
            raise TokenRevoked
    return SiteCaller(row.tenant_id, row.activation, row.id, ended)


def _vendor(token: str, scope: str | None) -> VendorCaller:
    row = session.scalars(select(ApiKey).where(ApiKey.token_hash == token_hash(token))).one_or_none()
    if row is None or not row.is_live(clock.now()):
        raise Unauthorized(UNKNOWN)
    if scope is not None and scope not in row.scopes:
        raise ScopeMissing(f"This API key does not have the scope {scope}")
    return VendorCaller(row.tenant_id, row)
