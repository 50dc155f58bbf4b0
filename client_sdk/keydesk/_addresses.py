"""Which addresses take no seat by themselves: rules 1 to 5 of the wire contract 2.3."""

import re

LOCAL_TOP_LABELS = frozenset(("test", "local", "localhost", "invalid", "example", "internal", "lan"))
STAGING_LABELS = ("dev", "staging", "stage", "test", "testing", "local", "sandbox", "preview", "qa")
STAGING_SUFFIXES = (
    ".wpengine.com", ".wpenginepowered.com", ".kinsta.cloud", ".cloudwaysapps.com", ".flywheelsites.com",
    ".flywheelstaging.com", ".instawp.xyz", ".instawp.co", ".pantheonsite.io", ".myftpupload.com",
)  # fmt: skip
STAGING_PATH = re.compile(r"(?:.*/)?staging(?:/[0-9]+)?", re.ASCII)


def is_uncounted(site_key: str) -> bool:
    """Whether a site with this normalised address is a copy for tests, whatever it says about itself."""
    authority, _, path = site_key.partition("/")
    host = re.sub(r":[0-9]+\Z", "", authority)
    return (
        _is_not_public(host)
        or host.rpartition(".")[2] in LOCAL_TOP_LABELS
        or _has_staging_label(host)
        or f".{host}".endswith(STAGING_SUFFIXES)
        or STAGING_PATH.fullmatch(path) is not None
    )


def _is_not_public(host: str) -> bool:
    import ipaddress  # here: only a lease that is not for production needs it

    try:
        address = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return "." not in host
    return not address.is_global or address.is_multicast or address.is_reserved


def _has_staging_label(host: str) -> bool:
    first, _, rest = host.partition(".")
    if "." not in rest:
        return False
    return any(
        first == word or first.startswith(f"{word}-") or first.endswith(f"-{word}") for word in STAGING_LABELS
    )
