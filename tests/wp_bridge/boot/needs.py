"""What a machine must have to boot a WordPress, and how root gets it on Debian."""

import os
import shutil
import subprocess

PROGRAMS = {"php": "php8.2-cli", "npm": "npm", "apt-get": "apt", "dpkg-deb": "dpkg", "tar": "tar"}
EXTENSIONS = {
    "curl": "php8.2-curl",
    "gd": "php8.2-gd",
    "mbstring": "php8.2-mbstring",
    "pdo_sqlite": "php8.2-sqlite3",
    "sodium": "php8.2-cli",
    "xml": "php8.2-xml",
    "zip": "php8.2-zip",
}


class Missing(Exception):
    """Something of the machine is missing; the text says what to install."""


def refuse_if_something_is_missing() -> None:
    """Raise Missing with one sentence a person can act on."""
    absent = missing_programs() or missing_extensions()
    if absent:
        packages = " ".join(sorted(set(absent.values())))
        raise Missing(f"a local WordPress needs {', '.join(absent)}: on Debian, apt-get install {packages}")


def missing_programs() -> dict[str, str]:
    """Programs that are not on the path, with the Debian package that brings each."""
    return {name: package for name, package in PROGRAMS.items() if not shutil.which(name)}


def missing_extensions() -> dict[str, str]:
    """PHP extensions that are not loaded, with the Debian package that brings each."""
    loaded = set(
        subprocess.run(["php", "-m"], check=True, stdout=subprocess.PIPE, text=True).stdout.lower().split()
    )
    return {f"PHP's {name}": package for name, package in EXTENSIONS.items() if name not in loaded}


def install_php(*, say: bool = True) -> bool:
    """Install what is missing by apt; False when this user may not (only root may) or apt is not here."""
    packages = missing_programs() or missing_extensions()
    if not packages:
        return True
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return False
    words = sorted({*PROGRAMS.values(), *EXTENSIONS.values()} - {"apt", "dpkg", "tar"})
    if shutil.which("npm"):
        words.remove("npm")  # one from elsewhere may be in Debian's way
    out = None if say else subprocess.DEVNULL
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(["apt-get", "update"], check=True, stdout=out)
    subprocess.run(
        ["apt-get", "install", "-y", "--no-install-recommends", *words], check=True, stdout=out, env=quiet
    )
    return not (missing_programs() or missing_extensions())
