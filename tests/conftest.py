"""What every test may ask for: a database (SQLite and PostgreSQL), a cast of people, a clean process."""

import importlib
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Dialect, Engine, text

import server
from server import migrate
from server.accounts import passwords
from server.accounts import services as accounts
from server.accounts.models import Member, Vendor
from server.catalog.models import Plan, Price, Product, ProductKey
from server.kernel import db, rate_limits, secrets, settings
from server.kernel.db import session, writing
from server.kernel.secrets import new_token
from server.kernel.tenancy import tenant
from tests.tools.postgres import Postgres

pytest_plugins = ["tests.tools.fixtures"]

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
PASSWORD = "correct horse battery"
_compiled: dict[str, tuple[Dialect, Any]] = {}

# An ordinary run is red when something broke: it tries the same inputs each time, and no input is late on a
# busy machine. `./check --full` looks for inputs that nobody has tried yet.
hypothesis.settings.register_profile(
    "keydesk",
    deadline=None,
    derandomize=not os.environ.get("KEYDESK_TEST_FULL"),
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("keydesk")

# Nearly every test makes a member and many log in: at a server's price each took 18 ms of CPU. What a server
# pays is held by tests/server/accounts/test_passwords.py, and real servers in tests pay it.
passwords.HASHER = PasswordHasher(memory_cost=8, time_cost=1, parallelism=1)
passwords.NOBODY = passwords.HASHER.hash("nobody has this password")


@pytest.fixture
def app_settings(tmp_path: Path) -> settings.Settings:
    """Settings of a development server with a folder of its own; limits are off unless a test sets them."""
    loaded = settings.load(
        {
            "KEYDESK_ENV": "development",
            "KEYDESK_DATA_DIR": str(tmp_path / "data"),
            "KEYDESK_PUBLIC_URL": "http://localhost",
            "KEYDESK_RATE_LIMITS": "off",
            "KEYDESK_NOTIFY_DELAY_S": "0",
        }
    )
    secrets.load_keys(loaded.data_dir / "keys" / "master.json", create=True)
    return loaded


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, app_settings: settings.Settings) -> Iterator[str]:
    """An empty database with all tables; the test runs once on each kind. Answers the kind."""
    kind: str = request.param
    if kind == "sqlite":
        request.getfixturevalue("sqlite_database")
        yield kind
    else:
        postgres: Postgres = request.getfixturevalue("postgres")
        url = postgres.shared_database(request.getfixturevalue("postgres_template"))
        settings.remember(replace(app_settings, database_url=url))
        with _connect(url).begin() as connection:  # a test may have made it another version's
            connection.execute(text("UPDATE alembic_version SET version_num = :at"), {"at": migrate.newest()})
        yield kind
        db.disconnect()


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database(request: pytest.FixtureRequest, app_settings: settings.Settings) -> Iterator[str]:
    """The address of a database without any table, on each kind."""
    app_settings.data_dir.mkdir(parents=True, exist_ok=True)
    kind: str = request.param
    yield app_settings.database_url if kind == "sqlite" else request.getfixturevalue("postgres_url")
    db.disconnect()


@pytest.fixture
def sqlite_database(app_settings: settings.Settings, sqlite_template: Path) -> Iterator[str]:
    """For tests whose subject has nothing to do with the kind of database."""
    app_settings.data_dir.mkdir(parents=True, exist_ok=True)
    shutil.copy(sqlite_template, app_settings.data_dir / "keydesk.sqlite3")
    _connect(app_settings.database_url)
    yield "sqlite"
    db.disconnect()


def _connect(url: str) -> Engine:
    """As the process does, and statements are compiled once for all tests: a fifth of their time.

    SQLAlchemy keeps what it compiled by the engine and its dialect, and each test has an engine of its own.
    """
    made = db.connect(url)
    made.dialect, made._compiled_cache = _compiled.setdefault(
        made.dialect.name, (made.dialect, made._compiled_cache)
    )
    return made


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with all tables: copying it is far quicker than making them for each test."""
    path = tmp_path_factory.mktemp("template") / "keydesk.sqlite3"
    _make_tables(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres_template(postgres: Postgres) -> str:
    """A database with all tables, from which the tests' own is made."""
    _make_tables(postgres.create_database("keydesk_template"))
    return "keydesk_template"


def _make_tables(url: str) -> None:
    """As the migrations leave them, which test_migrations.py holds."""
    load_models()
    engine = db.connect(url)
    db.Model.metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)"))
        connection.execute(text("INSERT INTO alembic_version VALUES (:at)"), {"at": migrate.newest()})
    db.disconnect()


def load_models() -> None:
    """Import every room's tables, so that the metadata is whole."""
    importlib.import_module("server.kernel.idempotency")
    for file in sorted(Path(server.__path__[0]).glob("*/models.py")):
        importlib.import_module(f"server.{file.parent.name}.models")


@dataclass(frozen=True)
class Cast:
    """One vendor with what it sells; `stranger` in tests is a second one of these."""

    vendor: Vendor
    owner: Member
    product: Product
    product_key: str
    plan: Plan  # 5 seats, a year
    price: Price


def make_cast(name: str, now: datetime = NOON) -> Cast:
    """A vendor, its owner, one premium product and one plan; needs a database."""
    slug = name.lower()
    with writing():
        vendor = accounts.create_vendor(
            name=f"{name} Plugins", slug=slug, support_email=f"help@{slug}.example.com", now=now
        )
    with tenant(vendor.id), writing():
        owner = accounts.add_member(
            email=f"owner@{slug}.example.com", name="Olena", role="owner", password=PASSWORD, now=now
        )
        product = Product(slug=f"{slug}-gallery", name=f"{name} Gallery", edd_item_id=1, created_at=now)
        session.add(product)
        session.flush()
        key = ProductKey(product_id=product.id, key=new_token("kdp_"), mode="live")
        plan = Plan(
            product_id=product.id, code="studio", name="Studio", seats=5, interval="year", features=["export"]
        )
        session.add_all([key, plan])
        session.flush()
        price = Price(plan_id=plan.id, currency="eur", amount=19_900)
        session.add(price)
    with tenant(vendor.id):
        cast = Cast(vendor, owner, product, key.key, plan, price)
        for row in (vendor, owner, product, plan, price):
            session.refresh(row)
        session.expunge_all()  # the cast outlives the session of a request
    return cast


@pytest.fixture
def harbour(database: str) -> Iterator[Cast]:
    """The vendor of the story; the test runs in its scope, on both databases."""
    cast = make_cast("Harbour")
    with tenant(cast.vendor.id):
        yield cast


@pytest.fixture
def stranger(harbour: Cast) -> Cast:
    """A second vendor that has nothing to do with the first."""
    return make_cast("Stranger")


@pytest.fixture
def app(harbour: Cast) -> Flask:
    """The whole web application on the test's database."""
    rate_limits.forget_all()
    made = the_application()
    made.config["SECRET_KEY"] = settings.current().secret_key
    return made


@cache
def the_application() -> Flask:
    """Built once a process: it took most of a test's time, and asks for the settings at each request."""
    from server.app import build_app

    made = build_app(settings.current())
    made.testing = True
    return made


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """Asks the application without a network."""
    return app.test_client()
