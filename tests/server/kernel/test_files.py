"""Files are kept once, whole, and apart from those of other rooms."""

import os
import threading
import time

import pytest

from server.kernel import files, settings


@pytest.fixture(autouse=True)
def store(app_settings: settings.Settings) -> None:
    """A data folder of the test's own."""


def test_equal_bytes_are_one_file() -> None:
    digest = files.keep(b"text")

    assert files.keep(b"text") == digest
    assert files.path_of(digest).read_bytes() == b"text"
    assert [file.name for file in files.path_of(digest).parent.iterdir()] == [digest]


def test_many_at_once_leave_one_whole_file() -> None:
    raw = b"x" * 300_000
    threads = [threading.Thread(target=files.keep, args=(raw,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    path = files.path_of(files.keep(raw))
    assert path.read_bytes() == raw
    assert len(list(path.parent.iterdir())) == 1


def test_removing_a_file_leaves_that_of_another_room() -> None:
    digest = files.keep(b"text", room="attachments")
    files.keep(b"text")
    yesterday = time.time() - 86_400
    os.utime(files.path_of(digest, room="attachments"), (yesterday, yesterday))

    files.remove(digest, room="attachments")
    files.remove(digest, room="attachments")  # a repeat is harmless

    assert not files.path_of(digest, room="attachments").exists()
    assert files.path_of(digest).exists()


def test_a_fresh_file_is_not_removed() -> None:
    digest = files.keep(b"text")

    files.remove(digest)

    assert files.path_of(digest).exists()
