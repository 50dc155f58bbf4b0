"""The first owner: no default account exists; a one-time address printed on the terminal makes one."""

import hmac
from datetime import timedelta

from itsdangerous import BadSignature, URLSafeTimedSerializer
from sqlalchemy import func, select

from server.accounts.models import Member, Vendor
from server.accounts.services import add_member, create_vendor
from server.kernel import clock, settings
from server.kernel.db import session
from server.kernel.errors import Gone
from server.kernel.tenancy import system_scope, tenant

LINK_LIFE = timedelta(hours=1)


class SetupLinkEnded(Gone):
    """Too old, used, or never ours."""

    code = "link_expired"
    title = "This set-up address has ended. Print a new one with: keydesk-server first-owner"


def mint_setup_path() -> str:
    """The path at which the first owner account is made. It ends when a member exists, or after an hour."""
    return f"/console/first-owner/{_serializer().dumps('first-owner')}"


def check_setup_token(token: str) -> None:
    """Raises `SetupLinkEnded` unless the token is fresh and nobody has an account yet."""
    try:
        purpose = str(_serializer().loads(token, max_age=int(LINK_LIFE.total_seconds())))
    except BadSignature as error:
        raise SetupLinkEnded from error
    with system_scope("the first account belongs to no vendor yet"):
        members = session.scalar(select(func.count()).select_from(Member))
    if members or not hmac.compare_digest(purpose, "first-owner"):
        raise SetupLinkEnded


def create_first_owner(
    token: str, *, vendor_name: str, slug: str, support_email: str, email: str, name: str, password: str
) -> tuple[Vendor, Member]:
    """The first vendor and its owner. Raises `SetupLinkEnded` and the refusals of both."""
    check_setup_token(token)
    now = clock.now()
    vendor = create_vendor(name=vendor_name, slug=slug, support_email=support_email, now=now)
    with tenant(vendor.id):
        owner = add_member(email=email, name=name, role="owner", password=password, now=now)
    return vendor, owner


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(settings.current().secret_key, salt="keydesk-first-owner")
