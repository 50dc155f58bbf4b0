"""Signing in to the console: who may, how a browser stays signed in, who owns an empty server first."""

from __future__ import annotations

import hmac
import json
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import delete, select

from server.accounts.models import ConsoleSession, Member, Vendor
from server.accounts.passwords import password_fits
from server.accounts.services import add_member, audit, create_vendor
from server.kernel.db import session
from server.kernel.errors import Gone, Unauthorized
from server.kernel.secrets import new_link_token, token_hash
from server.kernel.tenancy import system_scope, tenant

IDLE = timedelta(hours=12)
LONGEST = timedelta(days=14)
SEEN_EVERY = timedelta(minutes=5)  # a look at a page need not be a write
FIRST_OWNER_LIFE = timedelta(hours=1)


class WrongPassword(Unauthorized):
    """Unknown account or wrong password: the answer and the work are the same."""

    title = "That did not match"


class FirstOwnerLinkEnded(Gone):
    """The token of the terminal is wrong, too old, or the server already has an owner."""

    title = "This token does not work any more"


def recognise(email: str, password: str) -> Member:
    """The member with this address and password. Hashes a password: never call it inside `writing()`."""
    with system_scope("before the log-in nobody knows the vendor"):
        member = session.scalars(select(Member).where(Member.email == email.strip().lower())).one_or_none()
        stored = member.password_hash if member else None
    if not password_fits(stored, password) or member is None:
        raise WrongPassword
    return member


def open_session(member: Member, *, now: datetime) -> str:
    """Remember one more browser of this member; the answer is the text for its cookie."""
    token = new_link_token()
    session.add(
        ConsoleSession(token_hash=token_hash(token), member_id=member.id, created_at=now, seen_at=now)
    )
    audit(f"member:{member.id}", "member.signed_in", member.id)
    return token


def find_session(token: str, *, now: datetime) -> ConsoleSession | None:
    """The live session of a cookie. Role and name are read with it, so a change acts on the next request."""
    with system_scope("the cookie tells the vendor"):
        found = session.scalars(
            select(ConsoleSession).where(ConsoleSession.token_hash == token_hash(token))
        ).one_or_none()
        if found is None or now - found.seen_at > IDLE or now - found.created_at > LONGEST:
            return None
        return found


def close_session(token: str) -> None:
    """Forget this browser."""
    with system_scope("the cookie tells the vendor"):
        session.execute(delete(ConsoleSession).where(ConsoleSession.token_hash == token_hash(token)))


def change_password(member: Member, new_hash: str, *, actor: str = "") -> None:
    """Set the hash of a new password and sign the member out everywhere. `actor`: unless it is the member."""
    member.password_hash = new_hash
    session.execute(delete(ConsoleSession).where(ConsoleSession.member_id == member.id))
    audit(actor or f"member:{member.id}", "member.password_changed", member.id)


def has_vendor() -> bool:
    """Whether somebody already owns this server."""
    return session.scalar(select(Vendor.id).limit(1)) is not None


def offer_first_owner(folder: Path, *, now: datetime) -> str:
    """A one-time token for the terminal of an empty server; only its hash is kept, for one hour."""
    token = new_link_token()
    path = _offer(folder)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.touch(mode=0o600)
    ends = (now + FIRST_OWNER_LIFE).isoformat()
    path.write_text(json.dumps({"hash": token_hash(token).hex(), "ends": ends}), encoding="ascii")
    return token


def claim_first_owner(
    folder: Path, token: str, *, shop: str, slug: str, email: str, name: str, password: str, now: datetime
) -> Member:
    """Make the first vendor and its owner. Works once, with the token of the terminal."""
    if has_vendor() or not _is_offered(folder, token, now):
        raise FirstOwnerLinkEnded("`keydesk-server first-owner` prints a new link; ./run --empty does too.")
    vendor = create_vendor(name=shop, slug=slug, support_email=email, now=now)
    with tenant(vendor.id):
        member = add_member(email=email, name=name, role="owner", password=password, now=now)
        audit(f"member:{member.id}", "vendor.created", vendor.id)
        session.flush()  # while the scope says whose rows these are
    _offer(folder).unlink(missing_ok=True)
    return member


def _is_offered(folder: Path, token: str, now: datetime) -> bool:
    try:
        offer = json.loads(_offer(folder).read_text(encoding="ascii"))
    except (OSError, ValueError):
        return False
    fits = hmac.compare_digest(bytes.fromhex(offer["hash"]), token_hash(token))
    return fits and now < datetime.fromisoformat(offer["ends"])


def _offer(folder: Path) -> Path:
    return folder / "run" / "first-owner.json"
