"""What may be uploaded: types judged by content and name alike, pictures painted anew without their data."""

import io
import unicodedata
from dataclasses import dataclass
from pathlib import PurePosixPath

import puremagic
from PIL import Image, ImageOps, ImageSequence

from server.kernel.errors import TooLarge
from server.kernel.text import nfc
from server.support.refusals import AttachmentType, AttachmentUnsafe

LARGEST = 10 * 1024 * 1024
MOST_PIXELS = 25_000_000
MOST_FRAMES = 200
MOST_PAINTED = 30_000_000  # pixels of all frames together
NAME_LENGTH = 150
PICTURES = {"png": "PNG", "jpg": "JPEG", "jpeg": "JPEG", "gif": "GIF", "webp": "WEBP"}
TEXTS = ("txt", "log")
TYPES = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "gif": "image/gif",
    "webp": "image/webp",
    "pdf": "application/pdf",
    "txt": "text/plain",
    "log": "text/plain",
    "zip": "application/zip",
}
MARKUP = (b"<!doctype", b"<html", b"<svg", b"<?xml", b"<script")


@dataclass(frozen=True)
class CleanFile:
    """A file that may be kept: its harmless name, its type by content, and its bytes."""

    name: str
    content_type: str
    raw: bytes


def clean_upload(name: str, raw: bytes) -> CleanFile:
    """Judge a file. Raises `AttachmentType`, `AttachmentUnsafe` or `TooLarge`. Needs no transaction."""
    if len(raw) > LARGEST:
        raise TooLarge("A file has at most 10 MiB")
    safe = clean_name(name)
    ending = PurePosixPath(safe).suffix.lower().removeprefix(".")
    if ending not in TYPES or not _content_agrees(ending, raw):
        raise AttachmentType(
            "We take png, jpeg, gif, webp, pdf, txt, log and zip files whose content fits their name"
        )
    if ending in PICTURES:
        raw = _paint_anew(raw, PICTURES[ending])
        if len(raw) > LARGEST:
            raise TooLarge("A file has at most 10 MiB")
    return CleanFile(safe, TYPES[ending], raw)


def clean_name(name: str) -> str:
    """The last part of a claimed name, without signs that steer terminals, paths or reading direction."""
    last = nfc(name).replace("\\", "/").rsplit("/", 1)[-1]
    kept = "".join(
        sign for sign in last if unicodedata.category(sign)[0] != "C" and sign not in '"<>:|?*;'
    ).strip(" .")
    stem, dot, ending = kept.rpartition(".")
    if not dot:
        return kept[:NAME_LENGTH] or "file"
    return f"{stem.strip(' .')[:NAME_LENGTH] or 'file'}.{ending[:10]}"


def _content_agrees(ending: str, raw: bytes) -> bool:
    found = _types_of(raw)
    if ending in TEXTS:
        return not found & {"html", "svg", "xml"} and _is_text(raw)
    if ending == "pdf":
        return raw.startswith(b"%PDF-") and "pdf" in found
    if ending == "zip":
        return raw.startswith((b"PK\x03\x04", b"PK\x05\x06"))
    return bool(found & ({"jpg", "jpeg"} if PICTURES[ending] == "JPEG" else {ending}))


def _types_of(raw: bytes) -> set[str]:
    try:
        return {match.extension.removeprefix(".") for match in puremagic.magic_string(raw)}
    except (puremagic.PureError, ValueError):  # nothing known, or empty
        return set()


def _is_text(raw: bytes) -> bool:
    """Any encoding of one byte a letter or UTF-8; no control bytes but those of terminals' colours."""
    if raw.lstrip(b"\xef\xbb\xbf \t\r\n")[:20].lower().startswith(MARKUP):
        return False
    return not any(byte < 32 and byte not in b"\t\n\r\f\x1b" for byte in set(raw))


def _paint_anew(raw: bytes, kind: str) -> bytes:
    """The same picture from its pixels alone: no place, no camera, no comment, nothing behind its end."""
    try:
        with Image.open(io.BytesIO(raw), formats=[kind]) as picture:
            _refuse_bombs(picture)
            return _write(picture, kind)
    except AttachmentUnsafe:
        raise
    except Exception as error:  # decoders fail in many ways, and each means: not a picture we can vouch for
        raise AttachmentUnsafe("This picture is damaged; please save it again and retry") from error


def _refuse_bombs(picture: Image.Image) -> None:
    """Judged by the header alone, before a pixel is unpacked."""
    pixels = picture.width * picture.height
    if pixels > MOST_PIXELS:
        raise AttachmentUnsafe("This picture has more than 25 million pixels; please make it smaller")
    frames = getattr(picture, "n_frames", 1)
    if frames > MOST_FRAMES or frames * pixels > MOST_PAINTED:
        raise AttachmentUnsafe("This moving picture is too long")


def _write(picture: Image.Image, kind: str) -> bytes:
    made = io.BytesIO()
    if kind in {"GIF", "WEBP"} and getattr(picture, "is_animated", False):
        _write_frames(picture, kind, made)
        return made.getvalue()
    picture.load()
    turned = _bare(ImageOps.exif_transpose(picture))
    quality = {"quality": 90} if kind in {"JPEG", "WEBP"} else {}
    turned.save(made, kind, **quality)
    return made.getvalue()


def _write_frames(picture: Image.Image, kind: str, made: io.BytesIO) -> None:
    frames, durations = [], []
    for frame in ImageSequence.Iterator(picture):
        frames.append(_bare(frame))
        durations.append(frame.info.get("duration", 100))
    ways = {"disposal": 2} if kind == "GIF" else {}
    frames[0].save(made, kind, save_all=True, append_images=frames[1:], duration=durations, loop=0, **ways)


def _bare(picture: Image.Image) -> Image.Image:
    """Pixels, palette and transparency."""
    bare = picture.copy()
    bare.info = {name: value for name, value in picture.info.items() if name == "transparency"}
    return bare
