"""Leases: what a license allows, checked without asking the server (wire contract 4.1 to 4.3)."""

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum

from keydesk._addresses import is_uncounted
from keydesk._lease_payload import Lease, claims_of, lease_of
from keydesk._revocations import RevocationList
from keydesk._signatures import SigningKey
from keydesk._signed_texts import key_of, signed_parts

LONGEST_TEXT = 4_096
LONGEST_PAYLOAD = 2_900
SKEW_S = 300


class Verdict(StrEnum):
    """What a lease is worth. The order is that of the checks: the first that fails gives the verdict."""

    MALFORMED = "malformed"
    BAD_SIGNATURE = "bad_signature"
    MALFORMED_PAYLOAD = "malformed_payload"
    WRONG_TYPE = "wrong_type"
    WRONG_KEY = "wrong_key"
    WRONG_PRODUCT = "wrong_product"
    WRONG_ACTIVATION = "wrong_activation"
    WRONG_SITE = "wrong_site"
    WRONG_ENVIRONMENT = "wrong_environment"
    REVOKED = "revoked"
    REPLAYED = "replayed"
    NOT_YET_VALID = "not_yet_valid"
    VALID = "valid"
    STALE = "stale"
    LAPSED = "lapsed"


@dataclass(frozen=True, slots=True)
class LeaseCheck:
    """The verdict, and the lease if its signature and payload were good (even if it is not for this site)."""

    verdict: Verdict
    lease: Lease | None = None

    @property
    def usable(self) -> bool:
        """Features may be on: the verdict is `valid`, or `stale` (14 to 28 days without contact)."""
        return self.verdict in {Verdict.VALID, Verdict.STALE}


@dataclass(frozen=True, slots=True)
class _Site:
    """What the site knows by itself, against which a lease is held."""

    vendor_id: str
    product_id: str
    site_key: str
    activation_id: str | None
    own_environment: str
    network_main: str | None
    held: tuple[int, int] | None
    revoked: Collection[str]
    revocations: RevocationList | None
    revoked_kids: Collection[str]
    now: int


def verify_lease(
    text: object,
    *,
    keys: Sequence[SigningKey],
    vendor_id: str,
    product_id: str,
    site_key: str,
    activation_id: str | None = None,
    own_environment: str = "production",
    network_main: str | None = None,
    held: tuple[int, int] | None = None,
    revoked: Collection[str] = (),
    revocations: RevocationList | None = None,
    revoked_kids: Collection[str] = (),
    now: float | None = None,
) -> LeaseCheck:
    """Judge a lease offline. Raises nothing but `MissingExtra` (PyNaCl is not installed).

    `keys`: the trusted keys of the vendor, at most the first 4 are used. `vendor_id`, `product_id`: those
    the program was built for. `site_key`: the normalised address the server gave at activation.
    `activation_id`: None on first receipt. `own_environment`: what this installation says it is.
    `network_main`: the main site's key inside a network. `held`: `(seq, issued_at)` of the lease already
    stored, to refuse older ones. `revoked`: license and activation ids known to be revoked. `revocations`:
    the list held, of `verify_revocations`; a lease signed after it counts again. `revoked_kids`: keys known
    to be stolen, besides those of the list. `now`: Unix seconds, default the clock of this machine.
    """
    site = _Site(
        vendor_id, product_id, site_key, activation_id, own_environment, network_main, held, revoked,
        revocations, revoked_kids, int(time.time() if now is None else now),
    )  # fmt: skip
    return _check(text, keys, site)


def _check(text: object, keys: Sequence[SigningKey], site: _Site) -> LeaseCheck:
    parts = signed_parts(text, longest=LONGEST_TEXT)
    if parts is None or len(parts[0]) > LONGEST_PAYLOAD:
        return LeaseCheck(Verdict.MALFORMED)
    payload, signature = parts
    key = key_of(payload, signature, keys)
    if key is None:
        return LeaseCheck(Verdict.BAD_SIGNATURE)
    claims = claims_of(payload)
    if claims is None:
        return LeaseCheck(Verdict.MALFORMED_PAYLOAD)
    if claims["typ"] != "lease":
        return LeaseCheck(Verdict.WRONG_TYPE)
    lease = lease_of(claims)
    return LeaseCheck(_judge(lease, key, site), lease)


def _judge(lease: Lease, key: SigningKey, site: _Site) -> Verdict:
    for fits, verdict in CHECKS:
        if not fits(lease, key, site):
            return verdict
    if site.now <= lease.expires_at + SKEW_S:
        return Verdict.VALID
    return Verdict.STALE if site.now <= lease.grace_until + SKEW_S else Verdict.LAPSED


def _key_fits(lease: Lease, key: SigningKey, site: _Site) -> bool:
    stolen = key.kid in site.revoked_kids or (site.revocations and key.kid in site.revocations.kids)
    return lease.kid == key.kid and not stolen and key.covers(lease.issued_at)


def _product_fits(lease: Lease, _key: SigningKey, site: _Site) -> bool:
    return (lease.vendor_id, lease.product_id) == (site.vendor_id, site.product_id)


def _activation_fits(lease: Lease, _key: SigningKey, site: _Site) -> bool:
    return site.activation_id is None or lease.activation_id == site.activation_id


def _site_fits(lease: Lease, _key: SigningKey, site: _Site) -> bool:
    return lease.site_key == site.site_key or (lease.network and lease.site_key == site.network_main)


def _environment_fits(lease: Lease, _key: SigningKey, site: _Site) -> bool:
    """An uncounted lease copied to a live site is worth nothing there."""
    return (
        lease.environment == "production"
        or site.own_environment != "production"
        or is_uncounted(site.site_key)
    )


def _is_not_revoked(lease: Lease, _key: SigningKey, site: _Site) -> bool:
    if site.revocations is not None and site.revocations.ends(lease):
        return False
    return lease.license_id not in site.revoked and lease.activation_id not in site.revoked


def _is_not_older(lease: Lease, _key: SigningKey, site: _Site) -> bool:
    if site.held is None or lease.seq != site.held[0]:
        return site.held is None or lease.seq > site.held[0]
    return lease.issued_at >= site.held[1]


def _has_begun(lease: Lease, _key: SigningKey, site: _Site) -> bool:
    return lease.valid_from - SKEW_S <= site.now


CHECKS: tuple[tuple[Callable[[Lease, SigningKey, _Site], bool], Verdict], ...] = (
    (_key_fits, Verdict.WRONG_KEY),
    (_product_fits, Verdict.WRONG_PRODUCT),
    (_activation_fits, Verdict.WRONG_ACTIVATION),
    (_site_fits, Verdict.WRONG_SITE),
    (_environment_fits, Verdict.WRONG_ENVIRONMENT),
    (_is_not_revoked, Verdict.REVOKED),
    (_is_not_older, Verdict.REPLAYED),
    (_has_begun, Verdict.NOT_YET_VALID),
)
