"""Revocation lists: which leases must not be used to their end (wire contract 4.8)."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from keydesk._lease_payload import Lease
from keydesk._signatures import SigningKey
from keydesk._signed_texts import is_flag, is_number, is_text, is_texts, key_of, signed_parts, strict_object

LONGEST_TEXT = 65_536
FIELDS = {
    "typ": is_text, "kid": is_text, "ten": is_text, "serial": is_number, "iat": is_number,
    "exp": is_number, "leases": is_texts, "kids": is_texts, "packages": is_texts, "full": is_flag,
}  # fmt: skip


class ListVerdict(StrEnum):
    """What a list is worth. The order is that of the checks; only an `accepted` one is kept."""

    MALFORMED = "malformed"
    BAD_SIGNATURE = "bad_signature"
    MALFORMED_PAYLOAD = "malformed_payload"
    WRONG_TYPE = "wrong_type"
    WRONG_KEY = "wrong_key"
    WRONG_PRODUCT = "wrong_product"
    OLDER = "older"
    ACCEPTED = "accepted"


@dataclass(frozen=True, slots=True)
class RevocationList:
    """A list as it is kept. Times are Unix seconds; `leases` holds ids of licenses and of activations.

    It stays in force after `expires_at`, until a list with a higher `serial` takes its place.
    """

    serial: int
    issued_at: int
    expires_at: int
    leases: frozenset[str]
    kids: frozenset[str]
    packages: frozenset[str]
    full: bool

    def ends(self, lease: Lease) -> bool:
        """Whether this list ends the lease. One that was signed after the list is good: it was lifted."""
        named = lease.license_id in self.leases or lease.activation_id in self.leases
        return named and lease.issued_at <= self.issued_at


@dataclass(frozen=True, slots=True)
class ListCheck:
    """The verdict, and the list if it is to be kept in the place of the one held."""

    verdict: ListVerdict
    list: RevocationList | None = None


def verify_revocations(
    text: object,
    *,
    keys: Sequence[SigningKey],
    vendor_id: str,
    product_id: str,
    held_serial: int = 0,
) -> ListCheck:
    """Judge the `revocations` of a check-in. Raises nothing but `MissingExtra` (PyNaCl is not installed).

    `keys`: the trusted keys of the vendor. `held_serial`: of the list already kept, 0 when there is none; a
    list that is not newer is not taken. Keep the text of an accepted list, and give what this function
    makes of it to `verify_lease(revocations=…)`.
    """
    parts = signed_parts(text, longest=LONGEST_TEXT)
    if parts is None:
        return ListCheck(ListVerdict.MALFORMED)
    payload, signature = parts
    key = key_of(payload, signature, keys)
    if key is None:
        return ListCheck(ListVerdict.BAD_SIGNATURE)
    claims = strict_object(payload)
    if claims is None:
        return ListCheck(ListVerdict.MALFORMED_PAYLOAD)
    if claims.get("typ") != "revocations":
        return ListCheck(ListVerdict.WRONG_TYPE)
    verdict = _judge(claims, key, vendor_id, product_id, held_serial)
    return ListCheck(verdict, _list_of(claims) if verdict is ListVerdict.ACCEPTED else None)


def _judge(
    claims: dict[str, Any], key: SigningKey, vendor_id: str, product_id: str, held_serial: int
) -> ListVerdict:
    if not all(name in claims and fits(claims[name]) for name, fits in FIELDS.items()):
        return ListVerdict.MALFORMED_PAYLOAD
    if claims["kid"] != key.kid or key.kid in claims["kids"] or not key.covers(claims["iat"]):
        return ListVerdict.WRONG_KEY  # a list cannot revoke the key that vouches for it
    if claims["ten"] != vendor_id or claims.get("prod", product_id) != product_id:
        return ListVerdict.WRONG_PRODUCT
    return ListVerdict.ACCEPTED if claims["serial"] > held_serial else ListVerdict.OLDER


def _list_of(claims: dict[str, Any]) -> RevocationList:
    return RevocationList(
        serial=claims["serial"], issued_at=claims["iat"], expires_at=claims["exp"],
        leases=frozenset(claims["leases"]), kids=frozenset(claims["kids"]),
        packages=frozenset(claims["packages"]), full=claims["full"],
    )  # fmt: skip
