"""`keydesk-server first-owner` and `set-password`: ways in for whoever runs the server."""

import click
from sqlalchemy import select

from server.accounts.models import Member
from server.accounts.passwords import hash_password
from server.accounts.sessions import change_password, has_vendor, offer_first_owner
from server.kernel import clock, db
from server.kernel.db import session, writing
from server.kernel.errors import Invalid
from server.kernel.settings import Settings
from server.kernel.tenancy import system_scope, tenant

DONE, REFUSED = 0, 1


def run_first_owner(loaded: Settings) -> int:
    """Print the address at which the first account is made, while nobody owns the server."""
    db.connect(loaded.database_url)
    owned = has_vendor()
    db.disconnect()
    if owned:
        click.echo(
            f"keydesk: This server has an owner already, who signs in at {loaded.public_url}/console/."
            " `keydesk-server set-password EMAIL` gives them a new password.",
            err=True,
        )
        return REFUSED
    token = offer_first_owner(loaded.data_dir, now=clock.now())
    click.echo(f"{loaded.public_url}/console/first-owner?token={token}")
    return DONE


def run_set_password(loaded: Settings, *, email: str) -> int:
    """Ask for a new password, twice, and set it."""
    db.connect(loaded.database_url)
    try:
        with system_scope("an address names one person of one vendor"):
            found = session.execute(
                select(Member.id, Member.tenant_id).where(Member.email == email.strip().lower())
            ).one_or_none()
            known = ", ".join(session.scalars(select(Member.email).order_by(Member.email))) or "nobody yet"
        if found is None:
            click.echo(f"keydesk: Nobody signs in with {email}. Known: {known}.", err=True)
            return REFUSED
        session.remove()  # nobody's transaction waits while a person types
        new_hash = hash_password(click.prompt("New password", hide_input=True, confirmation_prompt=True))
        with tenant(found.tenant_id), writing():
            change_password(
                session.scalars(select(Member).where(Member.id == found.id)).one(), new_hash, actor="cli"
            )
    except Invalid as error:
        click.echo(f"keydesk: {error.detail}.", err=True)
        return REFUSED
    finally:
        db.disconnect()
    click.echo(f"The password of {email} is changed; every browser is signed out.")
    return DONE
