"""How the requests of EDD's clients are read: old copies encode twice, newer ones leave fields out."""

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote_plus

from server.compat.asking import NUMBER, key_of_site, site_from, uid_of_site, with_plus
from server.customers.site_address import Environment
from server.licensing.services import Site

MANY = re.compile(r"products\[([^\[\]]{1,100})\]\[([a-z_]{1,40})\]")
MOST_PRODUCTS = 50
LONGEST_ECHO = 200
SLUG = re.compile(r"[A-Za-z0-9._-]{1,100}", re.ASCII)
VERSION = re.compile(r"[0-9A-Za-z.+-]{1,32}", re.ASCII)
# EDD never counted these; the rule of the whole server does, because .dev is full of live shops.
LOCAL_TO_EDD = re.compile(r"(?:dev\.|staging-|test\.).*|[^/]*\.dev(?::[0-9]+)?(?:/.*)?", re.ASCII)
ENVIRONMENTS: tuple[Environment, ...] = ("production", "staging", "development", "local")


@dataclass(frozen=True)
class Asked:
    """One request, or the part of it that is about one product. Absent fields are empty."""

    keys: tuple[str, ...]  # the key as sent, then its decoded forms, then with `+` for blanks
    item_id: int | None
    item_names: tuple[str, ...]  # likewise
    url: str
    site_key: str
    environment: Environment
    slug: str
    version: str  # of the plugin; the next two are its surroundings
    wp_version: str
    php_version: str

    @property
    def site(self) -> Site:
        return Site(
            uid_of_site("edd", self.site_key),
            self.url,
            self.environment,
            plugin_version=self.version,
            wp_version=self.wp_version,
            php_version=self.php_version,
        )

    @property
    def item_name(self) -> str:
        return self.item_names[-1][:LONGEST_ECHO] if self.item_names else ""


def read(sent: Mapping[str, str]) -> Asked:
    """The fields of one product."""
    item_id = _present(sent, "item_id")
    url = site_from(_address(_present(sent, "url")))
    slug = _present(sent, "slug")
    return Asked(
        keys=_keys(sent),
        item_id=int(item_id) if NUMBER.fullmatch(item_id) else None,
        item_names=tuple(html.unescape(name) for name in _spellings(_present(sent, "item_name"))),
        url=url,
        site_key=key_of_site(url),
        environment=_environment(_present(sent, "environment"), key_of_site(url)),
        slug=slug if SLUG.fullmatch(slug) else "",
        version=_version(sent, "version"),
        wp_version=_version(sent, "wp_version"),
        php_version=_version(sent, "php_version"),
    )


def read_many(sent: Mapping[str, str]) -> dict[str, Asked]:
    """`products[<slug>][<field>]`: several products in one request, each under its slug."""
    parts: dict[str, dict[str, str]] = {}
    for name, value in sent.items():
        found = MANY.fullmatch(name)
        if found and (found[1] in parts or len(parts) < MOST_PRODUCTS):
            parts.setdefault(found[1], {})[found[2]] = value
    shared = {"url": sent.get("url", "")}
    return {slug: read({"slug": slug} | shared | part) for slug, part in parts.items()}


def _present(sent: Mapping[str, str], name: str) -> str:
    """PHP's idea of empty: `0` is sent for what is not set."""
    text = sent.get(name, "").strip()
    return "" if text == "0" else text


def _version(sent: Mapping[str, str], name: str) -> str:
    text = _present(sent, name)
    return text if VERSION.fullmatch(text) else ""


def _keys(sent: Mapping[str, str]) -> tuple[str, ...]:
    spelled = _spellings(_present(sent, "license"))
    return tuple(dict.fromkeys(spelled + with_plus(sent["license"]))) if spelled else ()


def _spellings(text: str) -> tuple[str, ...]:
    """As sent first: imported keys may hold `+`, `%` and `&`, which decoding would change.

    Old copies encode once more than they should; EDD's own SDK turns signs like `&` into entities.
    """
    decoded = (text, unquote_plus(text).strip(), html.unescape(text).strip())
    return tuple(dict.fromkeys(spelling for spelling in decoded if spelling not in {"", "0"}))


def _address(text: str) -> str:
    """A whole address is never decoded again: its path may hold percent signs of its own."""
    return text if "://" in text else unquote_plus(text).strip()


def _environment(said: str, site_key: str) -> Environment:
    """What the site calls itself, or "local" where EDD would not have counted its address."""
    if said in {"", "production"} and LOCAL_TO_EDD.fullmatch(site_key):
        return "local"
    return next((known for known in ENVIRONMENTS if known == said), "production")
