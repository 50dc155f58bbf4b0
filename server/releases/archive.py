"""Looks into an uploaded plugin ZIP before anything of it is kept; nothing is ever unpacked."""

import io
import re
import stat
import zipfile
from dataclasses import dataclass
from pathlib import PurePosixPath

from server.kernel.errors import Invalid

MAX_BYTES = 100 * 1024 * 1024
MAX_ENTRIES = 20_000
MAX_UNPACKED = 500 * 1024 * 1024
MAX_RATIO = 200
HEADER_BYTES = 8_192
VERSION = re.compile(rb"^[ \t/*#@]*Version:[ \t]*([0-9A-Za-z.+-]{1,32})", re.MULTILINE | re.IGNORECASE)
NAME = re.compile(rb"^[ \t/*#@]*Plugin Name:", re.MULTILINE | re.IGNORECASE)


class ArchiveRefused(Invalid):
    """The ZIP is not a plugin that we would hand to a customer."""

    code = "archive_broken"
    title = "This ZIP cannot be shipped"


@dataclass(frozen=True)
class PluginZip:
    """What the archive says about itself."""

    folder: str
    main_file: str
    version: str


def inspect(raw: bytes) -> PluginZip:
    """The plugin inside; raises `ArchiveRefused` with the sentence to show."""
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            _check_entries(archive.infolist())
            return _find_plugin(archive)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise ArchiveRefused("This file is not a readable ZIP archive") from error


def _check_entries(entries: list[zipfile.ZipInfo]) -> None:
    if not entries or len(entries) > MAX_ENTRIES:
        raise ArchiveRefused(f"The ZIP must hold 1 to {MAX_ENTRIES} files")
    if sum(entry.file_size for entry in entries) > MAX_UNPACKED:
        raise ArchiveRefused("The ZIP would unpack to more than 500 MiB")
    seen: set[str] = set()
    for entry in entries:
        _check_entry(entry)
        if entry.filename.casefold() in seen:
            raise ArchiveRefused(f"The ZIP holds {entry.filename} twice")
        seen.add(entry.filename.casefold())
    if len({PurePosixPath(entry.filename).parts[0] for entry in entries}) != 1:
        raise ArchiveRefused("The ZIP must hold exactly one folder, the plugin's own")


def _check_entry(entry: zipfile.ZipInfo) -> None:
    name = entry.filename
    parts = PurePosixPath(name).parts
    if (
        not parts
        or name.startswith("/")
        or ".." in parts
        or "\\" in name
        or ":" in parts[0]
        or len(name) > 255
    ):
        raise ArchiveRefused("The ZIP holds a path that leads outside the plugin's folder")
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise ArchiveRefused("The ZIP holds a symbolic link")
    if entry.file_size > 1024 * 1024 and entry.file_size > MAX_RATIO * max(entry.compress_size, 1):
        raise ArchiveRefused("A file in the ZIP is packed too tightly to be a plugin's file")


def _find_plugin(archive: zipfile.ZipFile) -> PluginZip:
    """WordPress finds a plugin by the header in a PHP file of its top folder; so do we."""
    for entry in archive.infolist():
        path = PurePosixPath(entry.filename)
        if len(path.parts) == 2 and path.suffix == ".php" and not entry.is_dir():
            with archive.open(entry) as file:
                head = file.read(HEADER_BYTES)
            version = VERSION.search(head)
            if NAME.search(head) and version:
                return PluginZip(path.parts[0], path.parts[1], version.group(1).decode())
    raise ArchiveRefused(
        "No PHP file in the ZIP's folder has the headers “Plugin Name” and “Version”: is it the plugin?"
    )
