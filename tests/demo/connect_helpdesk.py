"""Connects the demo vendor to its Roundup the way the console does: with the room's own verbs."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from sqlalchemy import select

from server.accounts.models import Vendor
from server.app import connect_listeners
from server.demo import story
from server.helpdesks import services as helpdesks
from server.kernel import clock, db, secrets, settings
from server.kernel.db import session, writing
from server.kernel.tenancy import tenant
from tests.helpdesks.roundup.boot import Roundup

NAME = "Roundup of the demo"


def connect(environ: Mapping[str, str], desk: Roundup) -> tuple[str, str]:
    """The hook's address and secret; a connection of an earlier start gets the present address."""
    values = {"url": desk.url, "username": desk.user, "password": desk.password}
    with demo_vendor(environ):
        kept = [one for one in helpdesks.list_connections() if one.name == NAME]
        with writing():
            if kept:
                helpdesks.change(kept[0], values)
                found = kept[0]
            else:
                found = helpdesks.connect(kind="roundup", name=NAME, values=values, now=clock.now())
        return helpdesks.hook_of(found)


@contextmanager
def demo_vendor(environ: Mapping[str, str]) -> Iterator[None]:
    """Beside the running server, in the scope of the demo vendor."""
    with beside_the_server(environ):
        slug = story.VENDOR["slug"]
        with tenant(session.scalars(select(Vendor.id).where(Vendor.slug == slug)).one()):
            yield


@contextmanager
def beside_the_server(environ: Mapping[str, str]) -> Iterator[None]:
    """With the running server's settings, keys and database."""
    given = {name: value for name, value in environ.items() if name.startswith("KEYDESK_")}
    loaded = settings.load(given)
    secrets.load_keys(loaded.data_dir / "keys" / "master.json", create=False)
    db.connect(loaded.database_url)
    connect_listeners()
    try:
        yield
    finally:
        db.disconnect()
