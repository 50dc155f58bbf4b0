"""A WordPress tree out of any Debian suite, by package name: fetched and unpacked, never installed.

apt runs with lists, cache and state of its own, on the mirror that this machine is configured for, so the
machine's own apt state stays as it is and no root is needed.
"""

import os
import re
import shutil
import subprocess
from pathlib import Path

KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
COMPANIONS = re.compile(r"\b(?:libjs-[a-z0-9.+-]+|libphp-[a-z0-9.+-]+|php-getid3|wordpress-theme-[a-z]+)")
CA_BUNDLE = Path("/etc/ssl/certs/ca-certificates.crt")
FETCH_S = 600


class NoDebianMirror(Exception):
    """apt of this machine knows no Debian mirror."""


def unpack_wordpress(suite: str, tree: Path) -> None:
    """Put the suite's `wordpress` package into `tree`, with all links to shared libraries followed."""
    work = tree.parent / f"{tree.name}.work"
    try:
        apt = _apt_of_its_own(suite, work)
        _fetch(apt, ["wordpress"], work)
        _fetch(apt, _companions(work), work)
        for package in sorted(work.glob("debs/*.deb")):
            subprocess.run(["dpkg-deb", "-x", package, work / "files"], check=True, timeout=FETCH_S)
        _copy_with_links_followed(work / "files", Path("usr/share/wordpress"), tree)
        themes = Path("var/lib/wordpress/wp-content/themes")
        if (work / "files" / themes).is_dir():
            _copy_with_links_followed(work / "files", themes, tree / "wp-content" / "themes")
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _apt_of_its_own(suite: str, work: Path) -> list[str]:
    for folder in ("lists/partial", "cache/archives/partial", "parts", "debs", "files"):
        (work / folder).mkdir(parents=True)
    source = f"Types: deb\nURIs: {_mirror()}\nSuites: {suite}\nComponents: main\nSigned-By: {KEYRING}\n"
    (work / "parts" / "suite.sources").write_text(source)
    settings = {
        "Dir::Etc::sourcelist": os.devnull,
        "Dir::Etc::sourceparts": f"{work}/parts",
        "Dir::State::lists": f"{work}/lists",
        "Dir::State::status": os.devnull,
        "Dir::Cache": f"{work}/cache",
    }
    if os.geteuid() == 0:  # apt's own user cannot read a folder of root's home
        settings["APT::Sandbox::User"] = "root"
    apt = [
        "apt-get",
        "-qq",
        *(word for name, value in settings.items() for word in ("-o", f"{name}={value}")),
    ]
    subprocess.run([*apt, "update"], check=True, timeout=FETCH_S)
    return apt


def _mirror() -> str:
    """The mirror that this machine's apt takes Debian's main component from."""
    listed = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(REPO_URI) $(COMPONENT)", "Created-By: Packages"],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    for line in listed.stdout.splitlines():
        address, _, component = line.partition(" ")
        if component == "main" and address.rstrip("/").endswith("/debian"):
            return address
    raise NoDebianMirror("WordPress is taken from Debian, and apt on this machine knows no Debian mirror")


def _fetch(apt: list[str], packages: list[str], work: Path) -> None:
    if packages:
        subprocess.run([*apt, "download", *packages], cwd=work / "debs", check=True, timeout=FETCH_S)


def _companions(work: Path) -> list[str]:
    """The packages that the tree links into, and its themes."""
    package = next(work.glob("debs/wordpress_*.deb"))
    fields = ["dpkg-deb", "-f", str(package), "Depends", "Recommends"]
    named = subprocess.run(fields, check=True, stdout=subprocess.PIPE, text=True).stdout
    return sorted(set(COMPANIONS.findall(named)))


def _copy_with_links_followed(root: Path, folder: Path, target: Path) -> None:
    """Copy root/folder; an absolute link means a place below `root`, as it would after installing."""
    target.mkdir(parents=True, exist_ok=True)
    for entry in sorted((root / folder).iterdir()):
        real = _follow(root, folder / entry.name)
        if real is None:
            continue
        if (root / real).is_dir():
            _copy_with_links_followed(root, real, target / entry.name)
        else:
            shutil.copy(root / real, target / entry.name)


def _follow(root: Path, path: Path) -> Path | None:
    """Where the path leads in the end, relative to `root`; None for a link without a target."""
    for _ in range(8):
        found = root / path
        if not found.is_symlink():
            return path if found.exists() else None
        link = str(found.readlink())
        path = Path(link.lstrip("/")) if link.startswith("/") else Path(os.path.normpath(path.parent / link))
        if link == str(CA_BUNDLE) and CA_BUNDLE.exists():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(CA_BUNDLE, root / path)
    return None
