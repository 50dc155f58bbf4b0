"""Vendors, members and keys: made, found, ended; and the audit log that remembers it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from server.accounts.models import SCOPES, ApiKey, AuditEntry, Member, SigningKey, Vendor
from server.accounts.passwords import hash_password
from server.kernel import clock
from server.kernel.db import session
from server.kernel.errors import Conflict, Invalid
from server.kernel.ids import new_id
from server.kernel.secrets import new_token, seal, token_hash, unseal
from server.kernel.signing import b64u, b64u_decode, kid_of, new_seed, public_key_of
from server.kernel.tenancy import current_tenant, resolve, system_scope, tenant
from server.kernel.text import one_line

MODES = ("live", "test")
KEY_LIFE = timedelta(days=365)
MOST_KEYS = 4  # a site tries no more


class SlugTaken(Conflict):
    """Two vendors cannot share a name in addresses."""

    code = "slug_taken"
    title = "This short name is already in use"


@dataclass(frozen=True)
class SigningSeed:
    """The private half of a vendor's current key, ready to sign."""

    kid: str
    seed: bytes


def create_vendor(*, name: str, slug: str, support_email: str, now: datetime, locale: str = "en") -> Vendor:
    """A new vendor with its current and its next signing key."""
    if session.scalar(select(Vendor.id).where(Vendor.slug == slug)):
        raise SlugTaken
    vendor = Vendor(
        name=one_line(name),
        slug=slug,
        support_email=clean_email(support_email),
        locale=locale,
        created_at=now,
    )
    session.add(vendor)
    session.flush()
    with tenant(vendor.id):
        for state in ("current", "next"):
            add_signing_key(state, now)
        session.flush()
    return vendor


def add_member(*, email: str, name: str, role: str, password: str, now: datetime) -> Member:
    """A person who may sign in to the present vendor's console."""
    address = clean_email(email)
    with system_scope("an e-mail address signs in to one vendor only"):
        if session.scalar(select(Member.id).where(Member.email == address)):
            raise Conflict("This address already signs in to a console")
    member = Member(
        email=address, name=one_line(name), role=role, password_hash=hash_password(password), created_at=now
    )
    session.add(member)
    session.flush()
    return member


def create_api_key(*, name: str, scopes: list[str], now: datetime, mode: str = "live") -> tuple[ApiKey, str]:
    """A key for scripts; a test key sees test rows only. The second value is its text, shown once."""
    if unknown := sorted(set(scopes) - set(SCOPES)):
        raise Invalid(f"Unknown scopes: {', '.join(unknown)}")
    if mode not in MODES:
        raise Invalid(f"A key is of the mode {' or '.join(MODES)}")
    text = new_token(f"kds_{mode}_")
    key = ApiKey(
        name=one_line(name),
        token_hash=token_hash(text),
        hint=text[-4:],
        scopes=scopes,
        mode=mode,
        created_at=now,
        expires_at=now + KEY_LIFE,
    )
    session.add(key)
    session.flush()
    return key, text


def revoke_api_key(key_id: str, *, now: datetime) -> ApiKey:
    """End a key; it is refused from the next request on."""
    key = resolve(ApiKey, key_id)
    key.revoked_at = key.revoked_at or now
    return key


def vendor() -> Vendor:
    """The vendor of the present scope."""
    return session.scalars(select(Vendor).where(Vendor.id == current_tenant())).one()


def change_vendor(*, name: str, support_email: str, terms_url: str, privacy_url: str, actor: str) -> Vendor:
    """What mails and shop pages say about the present vendor."""
    shop = vendor()
    shop.name, shop.support_email = one_line(name), clean_email(support_email)
    shop.terms_url, shop.privacy_url = terms_url, privacy_url
    audit(actor, "vendor.changed", shop.id)
    return shop


def signing_key_for_replies() -> SigningSeed:
    """The key that signs the present vendor's leases and replies."""
    key = session.scalars(select(SigningKey).where(SigningKey.state == "current")).one()
    return SigningSeed(key.kid, b64u_decode(unseal(key.seed_sealed, aad=key.aad)))


def published_signing_keys() -> list[dict[str, Any]]:
    """The public keys that sites may trust: current, next, then those still overlapping; four at most."""
    order = {"current": 0, "next": 1, "retired": 2}
    now = clock.now()
    keys = session.scalars(select(SigningKey)).all()
    live = [key for key in keys if key.not_after is None or now < key.not_after]
    return [
        {
            "kid": key.kid,
            "public_key": key.public_key,
            "not_before": int(key.not_before.timestamp()),
            "not_after": None if key.not_after is None else int(key.not_after.timestamp()),
        }
        for key in sorted(live, key=lambda key: (order[key.state], _age(key)))[:MOST_KEYS]
    ]


def _age(key: SigningKey) -> float:
    return 0.0 if key.not_after is None else -key.not_after.timestamp()


def audit(actor: str, action: str, subject_id: str, *, now: datetime | None = None, **facts: Any) -> None:
    """Remember who did what to which row, in the caller's transaction."""
    at = now or clock.now()
    session.add(AuditEntry(at=at, actor=actor, action=action, subject_id=subject_id, facts=dict(facts)))


def history(subject_id: str, limit: int = 50) -> list[AuditEntry]:
    """What happened to one row, newest first."""
    rows = select(AuditEntry).where(AuditEntry.subject_id == subject_id)
    return list(session.scalars(rows.order_by(AuditEntry.id.desc()).limit(limit)))


def clean_email(text: str) -> str:
    """An address in the one form we store; refuses what no mail server would take."""
    address = text.strip().lower()
    name, at, domain = address.rpartition("@")
    if not at or not name or "." not in domain or len(address) > 254 or any(c.isspace() for c in address):
        raise Invalid(
            "This is not an e-mail address",
            errors=[{"pointer": "/email", "code": "email", "message": "This is not an e-mail address."}],
        )
    return address


def add_signing_key(state: str, now: datetime) -> SigningKey:
    """A new key pair of the present vendor."""
    seed = new_seed()
    public_key = public_key_of(seed)
    key = SigningKey(
        id=new_id("sgk"),
        kid=kid_of(public_key),
        public_key=b64u(public_key),
        state=state,
        not_before=now,
        not_after=None,
    )
    key.seed_sealed = seal(b64u(seed), aad=key.aad)
    session.add(key)
    return key
