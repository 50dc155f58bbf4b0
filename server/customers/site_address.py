"""Which addresses are the same site, and which of them take a seat (protocols 2.2 and 2.3)."""

import ipaddress
import re
from typing import Literal, NamedTuple
from urllib.parse import unquote_to_bytes

import idna

from server.kernel.errors import Invalid

Environment = Literal["production", "staging", "development", "local"]
IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

LONGEST_URL = 2_048
LONGEST_KEY = 500
CONTROL = re.compile(r"[\x00-\x1f\x7f\\]")
SCHEME = re.compile(r"([a-z][a-z0-9+.-]*)://", re.IGNORECASE | re.ASCII)
AUTHORITY = re.compile(r"([^/?#]*)([^?#]*)")
HOST_PORT = re.compile(r"(\[[^\[\]]*\]|[^:]*)(?::([0-9]{0,5}))?", re.ASCII)
LABEL = re.compile(r"[a-z0-9_-]{1,63}", re.ASCII)
NUMERIC = re.compile(r"[0-9]+|0x[0-9a-f]*", re.ASCII)
IPV4 = re.compile(r"(?:(?:0|[1-9][0-9]{0,2})\.){3}(?:0|[1-9][0-9]{0,2})", re.ASCII)
OCTET = re.compile(rb"%([0-9A-Fa-f]{2})|([^!-~])|(%)")
UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")

NO_ADDRESS = ".instance"  # of what another system's protocol knows by a name only; no such domain exists
LOCAL_TOP_LABELS = frozenset(("test", "local", "localhost", "invalid", "example", "internal", "lan"))
STAGING_LABELS = ("dev", "staging", "stage", "test", "testing", "local", "sandbox", "preview", "qa")
STAGING_SUFFIXES = (
    "wpengine.com", "wpenginepowered.com", "kinsta.cloud", "cloudwaysapps.com", "flywheelsites.com",
    "flywheelstaging.com", "instawp.xyz", "instawp.co", "pantheonsite.io", "myftpupload.com",
)  # fmt: skip
STAGING_PATH = re.compile(r"(?:.*/)?staging(?:/[0-9]+)?", re.ASCII)


class SiteUrlInvalid(Invalid):
    """The text is not the http address of a site."""

    code = "site_url_invalid"
    title = "Not the address of a site"


class Verdict(NamedTuple):
    """What an address counts as. `rule` 6 means uncounted on the site's own word: the caller caps those."""

    environment: Environment
    takes_seat: bool
    rule: int


def site_key(url: str) -> str:
    """The normalised address on which seats are counted: `host[:port][/path]`. Raises SiteUrlInvalid."""
    readable = _readable(url)
    rest = _without_scheme(readable)
    authority, path = _groups(AUTHORITY, rest)
    if "@" in authority:
        raise SiteUrlInvalid("The address of a site holds no user name.")
    split = HOST_PORT.fullmatch(authority)
    if split is None:
        raise SiteUrlInvalid("The host or port of this address cannot be read.")
    host, plain = _host(split[1]), rest == readable and not split[2]
    if plain and host != "localhost" and not host.startswith("[") and "." not in host:
        raise SiteUrlInvalid("A single word is no address; one in a local network begins with http://.")
    key = host + _port(split[2] or "") + _path(path)
    if len(key) > LONGEST_KEY:
        raise SiteUrlInvalid("The address of the site is too long.")
    return key


def judge_environment(key: str, sent: Environment, *, staging_suffixes: tuple[str, ...] = ()) -> Verdict:
    """Whether a site takes a seat. The address outweighs what the site says about itself; first rule wins."""
    authority, _, path = key.partition("/")
    host = re.sub(r":[0-9]+\Z", "", authority)
    suffixes = (*STAGING_SUFFIXES, *staging_suffixes)
    rules: tuple[tuple[bool, Environment], ...] = (
        (_is_not_public(host), "local"),
        (host.rpartition(".")[2] in LOCAL_TOP_LABELS, "local"),
        (_has_staging_label(host), "staging"),
        (any(f".{host}".endswith(f".{suffix}") for suffix in suffixes), "staging"),
        (STAGING_PATH.fullmatch(path) is not None, "staging"),
        (sent != "production", sent),
    )
    for rule, (holds, environment) in enumerate(rules, start=1):
        if holds:
            return Verdict(environment, takes_seat=False, rule=rule)
    return Verdict("production", takes_seat=True, rule=7)


def site_hint(key: str) -> str:
    """`ex….com`: enough for the owner of a seat, too little to name an agency's other clients."""
    host = re.sub(r":[0-9]+\Z", "", key.partition("/")[0]).strip("[]")
    first, dot, last = host.rpartition(".")
    return (first or last)[:2] + "…" + dot + (last if dot else "")


def _readable(url: str) -> str:
    try:
        size = len(url.encode())
    except UnicodeEncodeError:
        raise SiteUrlInvalid("The address of the site is not valid text.") from None
    trimmed = url.strip(" \t\n\r\f\v")
    if size > LONGEST_URL or CONTROL.search(trimmed):
        raise SiteUrlInvalid("The address of the site is too long or holds control characters.")
    return trimmed


def _without_scheme(url: str) -> str:
    scheme = SCHEME.match(url)
    if scheme and scheme[1].lower() not in {"http", "https"}:
        raise SiteUrlInvalid("The address of a site begins with http:// or https://.")
    return url[scheme.end() :] if scheme else url


def _groups(pattern: re.Pattern[str], text: str) -> tuple[str, str]:
    found = pattern.match(text)
    return (found[1], found[2]) if found else ("", "")


def _host(raw: str) -> str:
    if raw.startswith("["):
        return _ipv6(raw[1:-1])
    host = _ascii_host(raw).removesuffix(".")
    labels = host.split(".")
    if len(host) > 253 or not all(LABEL.fullmatch(label) for label in labels):
        raise SiteUrlInvalid("The host of this address is not valid.")
    if NUMERIC.fullmatch(labels[-1]):
        return _ipv4(host)
    if labels[0] == "www" and len(labels) > 2:
        return host.removeprefix("www.")
    return host


def _ascii_host(raw: str) -> str:
    try:
        host = idna.uts46_remap(unquote_to_bytes(raw).decode(), std3_rules=False, transitional=False)
    except (UnicodeError, idna.IDNAError):
        raise SiteUrlInvalid("The host of this address is not valid.") from None
    return ".".join(
        label if label.isascii() else "xn--" + label.encode("punycode").decode() for label in host.split(".")
    )


def _ipv4(host: str) -> str:
    # Short, octal and hexadecimal spellings are refused: readers disagree about what they mean.
    if not IPV4.fullmatch(host) or any(int(part) > 255 for part in host.split(".")):
        raise SiteUrlInvalid("An IPv4 address is written as four decimal numbers.")
    return host


def _ipv6(text: str) -> str:
    try:
        address = ipaddress.IPv6Address("" if "%" in text else text)
    except ValueError:
        raise SiteUrlInvalid("The IPv6 address is not valid.") from None
    return f"[::ffff:{address.ipv4_mapped}]" if address.ipv4_mapped else f"[{address.compressed}]"


def _port(digits: str) -> str:
    if not digits:
        return ""
    number = int(digits)
    if not 0 < number < 65_536:
        raise SiteUrlInvalid("The port of this address is not valid.")
    return "" if number in {80, 443} else f":{number}"


def _path(raw: str) -> str:
    kept: list[str] = []
    for part in OCTET.sub(_octet, raw.encode()).decode().split("/"):
        if part == "..":
            del kept[-1:]
        elif part not in {"", "."}:
            kept.append(part)
    if kept and kept[-1] == "index.php":
        kept.pop()
    return "".join(f"/{part}" for part in kept)


def _octet(found: re.Match[bytes]) -> bytes:
    octet = int(found[1], 16) if found[1] else (found[2] or found[3])[0]
    return bytes([octet]) if found[1] and octet in UNRESERVED else b"%%%02X" % octet


def _is_not_public(host: str) -> bool:
    address = _ip_address(host)
    if address is None:
        return "." not in host
    return not address.is_global or address.is_multicast or address.is_reserved


def _ip_address(host: str) -> IPAddress | None:
    try:
        address = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def _has_staging_label(host: str) -> bool:
    first, _, rest = host.partition(".")
    if "." not in rest or _ip_address(host):
        return False
    return any(
        first == word or first.startswith(f"{word}-") or first.endswith(f"-{word}") for word in STAGING_LABELS
    )
