"""Only harmless files are kept: judged by content and name, pictures painted anew."""

import io
import struct
import zipfile
import zlib
from typing import Any

import pytest
from PIL import Image

from server.kernel.errors import KeydeskError, TooLarge
from server.support.refusals import AttachmentType, AttachmentUnsafe
from server.support.uploads import LARGEST, clean_name, clean_upload

HIDDEN = b"<script>HIDDEN</script>"


def picture(kind: str, **more: Any) -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (30, 20), "teal").save(made, kind, **more)
    return made.getvalue()


def moving(kind: str, frames: int, size: tuple[int, int] = (4, 4)) -> bytes:
    made = io.BytesIO()
    images = [Image.new("RGB", size, (number * 37 % 256, number * 91 % 256, 0)) for number in range(frames)]
    images[0].save(made, kind, save_all=True, append_images=images[1:], duration=50)
    return made.getvalue()


@pytest.mark.parametrize(
    ("name", "kind", "content_type"),
    [
        ("a.png", "PNG", "image/png"),
        ("a.jpg", "JPEG", "image/jpeg"),
        ("a.JPEG", "JPEG", "image/jpeg"),
        ("a.gif", "GIF", "image/gif"),
        ("a.webp", "WEBP", "image/webp"),
    ],
)
def test_pictures_keep_their_look_and_nothing_else(name: str, kind: str, content_type: str) -> None:
    clean = clean_upload(name, picture(kind) + HIDDEN)

    assert clean.content_type == content_type
    assert HIDDEN not in clean.raw
    with Image.open(io.BytesIO(clean.raw)) as seen:
        assert (seen.format, seen.size) == (kind, (30, 20))


def test_a_photo_that_was_turned_by_its_data_stays_upright() -> None:
    turned = Image.Exif()
    turned[0x0112] = 6  # shown a quarter turn to the right

    clean = clean_upload("a.jpg", picture("JPEG", exif=turned))

    with Image.open(io.BytesIO(clean.raw)) as seen:
        assert seen.size == (20, 30)
        assert not seen.getexif()


def test_words_inside_a_picture_are_taken_out() -> None:
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    info.add_text("Comment", HIDDEN.decode())

    assert HIDDEN not in clean_upload("a.png", picture("PNG", pnginfo=info)).raw
    assert HIDDEN not in clean_upload("a.gif", picture("GIF", comment=HIDDEN)).raw


@pytest.mark.parametrize("kind", ["GIF", "WEBP"])
def test_short_moving_pictures_keep_moving(kind: str) -> None:
    clean = clean_upload(f"a.{kind.lower()}", moving(kind, 12))

    with Image.open(io.BytesIO(clean.raw)) as seen:
        assert getattr(seen, "n_frames", 1) == 12


def test_a_see_through_picture_stays_see_through() -> None:
    made = io.BytesIO()
    Image.new("RGBA", (4, 4), (255, 0, 0, 0)).save(made, "PNG")

    with Image.open(io.BytesIO(clean_upload("a.png", made.getvalue()).raw)) as seen:
        assert seen.convert("RGBA").getpixel((0, 0)) == (255, 0, 0, 0)


def png_that_claims(width: int, height: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(png_that_claims(5_001, 5_000), id="25-million-pixels"),
        pytest.param(png_that_claims(60_000, 60_000), id="bomb"),
        pytest.param(png_that_claims(10, 10), id="no-pixels"),
        pytest.param(picture("PNG")[:60], id="cut-off"),
    ],
)
def test_pictures_that_cannot_be_painted_are_refused(raw: bytes) -> None:
    with pytest.raises(AttachmentUnsafe):
        clean_upload("a.png", raw)


def test_moving_pictures_without_end_are_refused() -> None:
    with pytest.raises(AttachmentUnsafe):
        clean_upload("a.gif", moving("GIF", 201))
    with pytest.raises(AttachmentUnsafe):
        clean_upload("a.gif", moving("GIF", 40, (1_000, 1_000)))


def archive() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as file:
        file.writestr("error.log", "text")
    return made.getvalue()


@pytest.mark.parametrize(
    ("name", "raw"),
    [
        ("a.pdf", b"%PDF-1.4\n1 0 obj"),
        ("a.zip", archive()),
        ("a.txt", b"plain"),
        ("a.txt", b""),
        ("a.log", "ошибка в строке 7\n".encode()),
        ("a.log", "ошибка в строке 7\n".encode("cp1251")),
        ("a.log", b"[21-Nov-2026] PHP Warning: <b>x</b>\n\x1b[31mred\x1b[0m\n"),
    ],
)
def test_other_files_are_kept_byte_by_byte(name: str, raw: bytes) -> None:
    assert clean_upload(name, raw).raw == raw


@pytest.mark.parametrize(
    ("name", "raw"),
    [
        ("a.png", picture("JPEG")),
        ("a.jpg", picture("PNG")),
        ("a.txt", picture("PNG")),
        ("a.txt", b"\xef\xbb\xbf  <!DOCTYPE html><p>x"),
        ("a.txt", b"<?xml version='1.0'?><x/>"),
        ("a.log", b"\x7fELF\x02\x01\x01\x00"),
        ("a.pdf", b"GIF89a %PDF-1.4"),
        ("a.zip", b"MZ" + archive()),
        ("a.png.html", picture("PNG")),
        ("a.bmp", b"BM"),
        ("a", b"text"),
        (".png", b""),
    ],
)
def test_a_name_that_says_another_type_than_the_content_is_refused(name: str, raw: bytes) -> None:
    with pytest.raises(AttachmentType):
        clean_upload(name, raw)


def test_ten_mebibytes_are_the_most() -> None:
    assert len(clean_upload("a.txt", b"x" * LARGEST).raw) == LARGEST
    with pytest.raises(TooLarge):
        clean_upload("a.txt", b"x" * (LARGEST + 1))


@pytest.mark.parametrize(
    ("claimed", "kept"),
    [
        ("../../etc/passwd.txt", "passwd.txt"),
        ("C:\\Users\\Ana\\shot.png", "shot.png"),
        ("знімок екрана.png", "знімок екрана.png"),
        ("a\r\nSet-Cookie: x.png", "aSet-Cookie x.png"),
        ("invoice\u202egnp.txt", "invoicegnp.txt"),
        ('a"b<c>.png', "abc.png"),
        ("x" * 300 + ".png", "x" * 150 + ".png"),
        ("...", "file"),
    ],
)
def test_names_lose_what_could_steer_a_reader(claimed: str, kept: str) -> None:
    assert clean_name(claimed) == kept


def refusal_of(name: str, raw: bytes) -> int:
    try:
        clean_upload(name, raw)
    except KeydeskError as refusal:
        return refusal.status
    return 0


def test_no_damaged_byte_breaks_the_judgement() -> None:
    for seed in (picture("PNG"), picture("JPEG"), picture("GIF"), picture("WEBP"), archive()):
        for place in range(0, len(seed), max(1, len(seed) // 40)):
            broken = seed[:place] + bytes([seed[place] ^ 0xFF]) + seed[place + 1 :]
            for name in ("a.png", "a.jpg", "a.gif", "a.webp", "a.zip"):
                assert refusal_of(name, broken) in {0, 422}
