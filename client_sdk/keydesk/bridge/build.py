"""Builds a plugin's own copy of the bridge: same input, same bytes, nothing left of the old names."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from keydesk.bridge.php_text import class_map, php_file
from keydesk.bridge.product import BuildRefused, Product, read_product

EDITION = "premium"
VERSION = re.compile(r"^\s*\*\s*Version:\s*(\S+)\s*$", re.MULTILINE)
SLUG = re.compile(r"[a-z0-9][a-z0-9-]{1,63}")
PREFIX = re.compile(r"[A-Z][A-Za-z0-9_]*(?:\\[A-Z][A-Za-z0-9_]*)*")
NAMESPACE = re.compile(r"(?<![\w\\])Keydesk\\Bridge(?!\w)")
DOUBLED = re.compile(r"(?<![\w\\])Keydesk\\\\Bridge(?!\w)")
DOMAIN = "keydesk-bridge"
PARTS = ("src", "templates", "assets", "languages")
TOP = ("bootstrap.php", "uninstall.php")
PARSE = """
if (!function_exists('token_get_all')) { exit(3); }
foreach (array_slice($argv, 1) as $file) {
    try { token_get_all(file_get_contents($file), TOKEN_PARSE); }
    catch (ParseError $e) { echo basename($file), ':', $e->getLine(), ' ', $e->getMessage(); exit(2); }
}
"""
KINDS = {".php", ".js", ".css", ".mo"}


@dataclass(frozen=True)
class BuildReport:
    """What was built: the bridge's version, its files with their SHA-256, whether PHP read them."""

    version: str
    files: dict[str, str]
    syntax_checked: bool


def build(source: Path, output: Path, *, slug: str, prefix: str, product_file: Path) -> BuildReport:
    """Build ``source`` (a checkout's wp_bridge/) into ``output``, usually ``<plugin>/keydesk``.

    ``slug`` names the plugin and everything the bridge keeps in a site; ``prefix`` is the PHP
    namespace put before ours. Raises BuildRefused with a stable code; except for `syntax`, nothing was
    written then.
    """
    _check_names(slug, prefix)
    product = read_product(product_file)
    _check_output(output, slug)
    version = bridge_version(source)
    files = rewrite(select(source), slug, prefix)
    files["config.php"] = _config(product, slug, version).encode()
    texts = {path: data.decode() for path, data in files.items() if path.endswith(".php")}
    files["class-map.php"] = php_file(
        "Class name to file, for the autoloader.", dict(class_map(texts))
    ).encode()
    _check_leftovers(files, prefix)
    sums = {path: hashlib.sha256(data).hexdigest() for path, data in sorted(files.items())}
    made = {"bridge_version": version, "edition": EDITION, "slug": slug, "prefix": prefix, "files": sums}
    files["BUILD.json"] = (json.dumps(made, indent=1, ensure_ascii=False) + "\n").encode()
    _write(files, output)
    return BuildReport(version, sums, _check_syntax(output))


def bridge_version(source: Path) -> str:
    """The version in the head of bootstrap.php."""
    try:
        found = VERSION.search((source / "bootstrap.php").read_text("utf-8"))
    except OSError as error:
        raise BuildRefused("no_source", f"{source} holds no bridge") from error
    if not found:
        raise BuildRefused("no_source", "bootstrap.php names no version")
    return found[1]


def select(source: Path) -> dict[str, bytes]:
    """The files that go into a copy, by path; sources of translations and examples stay behind."""
    files = {name: (source / name).read_bytes() for name in TOP}
    for part in PARTS:
        for path in sorted((source / part).rglob("*")):
            if path.is_file() and path.suffix in KINDS:
                files[path.relative_to(source).as_posix()] = path.read_bytes()
    return files


def rewrite(files: dict[str, bytes], slug: str, prefix: str) -> dict[str, bytes]:
    """Put the copy's own names in: namespace, text domain, root class of the styles."""
    rewritten: dict[str, bytes] = {}
    for path, data in files.items():
        changed = data if path.endswith(".mo") else _rewrite_text(data.decode(), slug, prefix).encode()
        rewritten[path.replace(DOMAIN, f"{slug}-keydesk")] = changed
    return rewritten


def _rewrite_text(text: str, slug: str, prefix: str) -> str:
    text = DOUBLED.sub(lambda _: prefix.replace("\\", "\\\\") + r"\\Keydesk\\Bridge", text)
    text = NAMESPACE.sub(lambda _: prefix + r"\Keydesk\Bridge", text)
    return text.replace(DOMAIN, f"{slug}-keydesk")


def _check_names(slug: str, prefix: str) -> None:
    if not SLUG.fullmatch(slug):
        raise BuildRefused("bad_slug", "a slug is lower-case letters, digits and hyphens")
    if not PREFIX.fullmatch(prefix) or prefix.split("\\", maxsplit=1)[0] == "Keydesk":
        raise BuildRefused("bad_prefix", "the prefix must be a PHP namespace of your own, such as Acme")


def _check_output(output: Path, slug: str) -> None:
    if not output.exists() or not any(output.iterdir()):
        return
    try:
        made = json.loads((output / "BUILD.json").read_text("utf-8"))
    except (OSError, ValueError):
        made = {}
    if made.get("slug") != slug:
        raise BuildRefused("output_not_empty", f"{output} holds something else; nothing was touched")


def _config(product: Product, slug: str, version: str) -> str:
    return php_file(
        "Written by the bridge builder; it holds no secret.",
        {
            "bridge_version": version,
            "edition": EDITION,
            "slug": slug,
            "server": product.server,
            "tenant": product.tenant,
            "product": product.product,
            "product_key": product.product_key,
            "name": product.name,
            "lease_keys": [{"kid": key.kid, "public_key": key.public_key} for key in product.lease_keys],
            "terms_url": product.terms_url,
            "privacy_url": product.privacy_url,
            "docs_url": product.docs_url,
        },
    )


def _check_leftovers(files: dict[str, bytes], prefix: str) -> None:
    """A copy that kept one of our own names would meet another plugin's copy in the same site."""
    own = f"{prefix}\\Keydesk\\Bridge"
    for path, data in files.items():
        text = data.decode("utf-8", "replace").replace("\\\\", "\\").replace(own, "")
        if path.endswith(".mo"):
            continue
        if "Keydesk\\Bridge" in text or DOMAIN in text or DOMAIN in path:
            raise BuildRefused("leftover_name", f"{path} still holds a name of the source")


def _write(files: dict[str, bytes], output: Path) -> None:
    if output.exists():
        shutil.rmtree(output)
    for path, data in sorted(files.items()):
        target = output / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)


def _check_syntax(output: Path) -> bool:
    """One process reads all files: PHP's own parser, without running anything."""
    php = shutil.which("php")
    if php is None:
        return False
    files = [str(path) for path in sorted(output.rglob("*.php"))]
    run = subprocess.run(  # noqa: S603 (php on our own output)
        [php, "-r", PARSE, *files], capture_output=True, text=True, check=False
    )
    if run.returncode == 2:
        raise BuildRefused("syntax", run.stdout.strip())
    return run.returncode == 0
