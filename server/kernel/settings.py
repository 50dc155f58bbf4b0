"""Settings: one frozen object, filled once from KEYDESK_* variables; a wrong value stops the start."""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

KNOWN = frozenset(
    f"KEYDESK_{name}"
    for name in (
        "ENV DATABASE_URL DATA_DIR BROKER SMTP_HOST SMTP_PORT SMTP_USER SMTP_PASSWORD SMTP_TLS MAIL_FROM "
        "STRIPE_API_BASE PUBLIC_URL SECRET_KEY ALLOWED_HOSTS NOTIFY_DELAY_S RATE_LIMITS OUTBOUND_ALLOW "
        "WP_CACHE CACHE TEST_SEED TEST_POSTGRES TEST_FULL"
    ).split()
)


class WrongSetting(Exception):
    """A setting that Keydesk will not start with; the sentence names it."""


@dataclass(frozen=True)
class Settings:
    """What the operator decides. Durations in seconds; empty text means "not set"."""

    env: str
    data_dir: Path
    database_url: str
    public_url: str
    secret_key: str
    allowed_hosts: frozenset[str]
    broker: str
    smtp_host: str
    smtp_port: int
    smtp_user: str
    smtp_password: str
    smtp_tls: str
    mail_from: str
    stripe_api_base: str
    notify_delay_s: int
    rate_limits: bool
    outbound_allow: tuple[str, ...]

    @property
    def is_development(self) -> bool:
        return self.env == "development"


_current: Settings | None = None


def load(environ: Mapping[str, str]) -> Settings:
    """Read, check and remember the settings of this process."""
    _refuse_unknown(environ)
    read = _Reader(environ)
    env = read.choice("ENV", "production", ("production", "development"))
    data_dir = data_dir_of(environ)
    public_url = read.text("PUBLIC_URL", "http://127.0.0.1:8080").rstrip("/")
    settings = Settings(
        env=env,
        data_dir=data_dir,
        database_url=read.text("DATABASE_URL", f"sqlite:///{data_dir / 'keydesk.sqlite3'}"),
        public_url=public_url,
        secret_key=_secret_key(read, env, data_dir),
        allowed_hosts=_allowed_hosts(read, public_url),
        broker=read.choice("BROKER", "embedded", ("embedded",)),
        smtp_host=read.text("SMTP_HOST", ""),
        smtp_port=read.number("SMTP_PORT", 25, 1, 65535),
        smtp_user=read.text("SMTP_USER", ""),
        smtp_password=read.text("SMTP_PASSWORD", ""),
        smtp_tls=read.choice("SMTP_TLS", "none", ("none", "starttls", "tls")),
        mail_from=read.text("MAIL_FROM", "keydesk@localhost"),
        stripe_api_base=read.text("STRIPE_API_BASE", "").rstrip("/"),
        notify_delay_s=read.number("NOTIFY_DELAY_S", 120, 0, 86_400),
        rate_limits=read.choice("RATE_LIMITS", "on", ("on", "off")) == "on",
        outbound_allow=_outbound_allow(read),
    )
    _refuse_unsafe(settings)
    return remember(settings)


def data_dir_of(environ: Mapping[str, str]) -> Path:
    """The data folder, before anything else is known or made."""
    return Path(_Reader(environ).text("DATA_DIR", "keydesk-data")).resolve()


def remember_start(environ: Mapping[str, str], started: Settings) -> None:
    """In development: leave in the data folder what a server runs with, for commands beside it."""
    path = _last_start(started.data_dir)
    path.unlink(missing_ok=True)
    if started.is_development:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(json.dumps(_named(environ)), encoding="utf-8")


def as_last_started(environ: Mapping[str, str]) -> dict[str, str]:
    """What is given, and for a command that says nothing else: what the demo in its data folder runs with."""
    given, data_dir = _named(environ), data_dir_of(environ)
    if given.keys() - {"KEYDESK_DATA_DIR"} and given.get("KEYDESK_ENV") != "development":
        return dict(environ)
    try:
        kept: dict[str, str] = json.loads(_last_start(data_dir).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return dict(environ)
    return {**kept, **environ, "KEYDESK_DATA_DIR": str(data_dir)}


def _last_start(data_dir: Path) -> Path:
    return data_dir / "run" / "settings.json"


def _named(environ: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environ.items() if name.startswith("KEYDESK_")}


def remember(settings: Settings) -> Settings:
    """Make these the settings of the process (tests use it directly)."""
    global _current
    _current = settings
    return settings


def current() -> Settings:
    """The settings of this process."""
    if _current is None:
        raise WrongSetting("Settings were asked for before they were loaded")
    return _current


class _Reader:
    """Typed access to the variables; each refusal names the variable."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.environ = environ

    def text(self, name: str, default: str) -> str:
        name = f"KEYDESK_{name}"
        if path := self.environ.get(f"{name}_FILE"):
            try:
                return Path(path).read_text(encoding="utf-8").strip()
            except OSError as error:
                raise WrongSetting(f"{name}_FILE: {path} cannot be read ({error.strerror})") from error
        return self.environ.get(name, "").strip() or default

    def number(self, name: str, default: int, low: int, high: int) -> int:
        text = self.text(name, str(default))
        if not text.isdecimal() or not low <= int(text) <= high:
            raise WrongSetting(f"KEYDESK_{name} must be a whole number from {low} to {high}, not {text!r}")
        return int(text)

    def choice(self, name: str, default: str, choices: tuple[str, ...]) -> str:
        text = self.text(name, default)
        if text not in choices:
            raise WrongSetting(f"KEYDESK_{name} must be one of {', '.join(choices)}, not {text!r}")
        return text


def _refuse_unknown(environ: Mapping[str, str]) -> None:
    for name in environ:
        if name.startswith("KEYDESK_") and name.removesuffix("_FILE") not in KNOWN:
            raise WrongSetting(f"{name} is not a setting of Keydesk: is it a typing error?")


def _secret_key(read: _Reader, env: str, data_dir: Path) -> str:
    """In development a key is made once and kept in the data folder; production brings its own."""
    if given := read.text("SECRET_KEY", ""):
        return given
    if env == "production":
        raise WrongSetting(
            "KEYDESK_SECRET_KEY must be set in production (at least 32 characters);"
            " a server to try out runs by ./run or with KEYDESK_ENV=development"
        )
    path = data_dir / "keys" / "session.key"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.write_text(f"demo-{secrets.token_hex(32)}", encoding="ascii")
        path.chmod(0o600)
    return path.read_text(encoding="ascii")


def _allowed_hosts(read: _Reader, public_url: str) -> frozenset[str]:
    given = read.text("ALLOWED_HOSTS", "")
    if given:
        return frozenset(host.strip().lower() for host in given.split(",") if host.strip())
    return frozenset({public_url.split("://", 1)[-1].split("/", 1)[0].lower()})


def _outbound_allow(read: _Reader) -> tuple[str, ...]:
    """The operator's list, and the place of Stripe's double where the operator named one."""
    given = [part.strip() for part in read.text("OUTBOUND_ALLOW", "").split(",") if part.strip()]
    stripe = urlsplit(read.text("STRIPE_API_BASE", ""))
    if stripe.hostname:
        given.append(f"{stripe.hostname}:{stripe.port or 443}")
    return tuple(given)


def _refuse_unsafe(settings: Settings) -> None:
    if "*" in settings.allowed_hosts:
        raise WrongSetting("KEYDESK_ALLOWED_HOSTS must name the hosts; a wildcard is not accepted")
    if settings.is_development:
        return
    if len(settings.secret_key) < 32 or settings.secret_key.startswith("demo-"):
        raise WrongSetting("KEYDESK_SECRET_KEY is too short or a demo key; use 32 random characters or more")
    if not settings.rate_limits:
        raise WrongSetting("KEYDESK_RATE_LIMITS=off is for tests and refused in production")
    if not settings.public_url.startswith("https://"):
        raise WrongSetting("KEYDESK_PUBLIC_URL must begin with https:// in production")
