"""The command by hand: `up` says where the site is, and nothing of it outlives `down` or a killed parent."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.tools.processes import process_is_gone
from tests.tools.waiting import answers, free_port, port_is_free, wait_until
from tests.wp_bridge.boot import needs
from tests.wp_bridge.boot.source import wordpress_tree

COMMAND = [sys.executable, "-m", "tests.wp_bridge.boot"]
REPOSITORY = Path(__file__).parents[3]

pytestmark = [pytest.mark.timeout(300), pytest.mark.xdist_group("wordpress_boot")]


def test_up_detached_serves_until_down_takes_it_away(tmp_path: Path) -> None:
    port, folder = free_port(), tmp_path / "site"
    up = [*COMMAND, "up", "--dir", str(folder), "--port", str(port), "--detach"]
    done = subprocess.run(up, cwd=REPOSITORY, check=True, capture_output=True, text=True, timeout=200)
    site = json.loads(done.stdout)

    assert answers(f"{site['url']}/wp-login.php")
    assert site["user"]
    assert site["password"]

    subprocess.run([*COMMAND, "down", "--dir", str(folder)], cwd=REPOSITORY, check=True, timeout=60)
    assert port_is_free(port)
    assert process_is_gone(site["pid"])
    assert not folder.exists()


def test_a_site_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    port = free_port()
    up = [*COMMAND, "up", "--dir", str(tmp_path / "site"), "--port", str(port)]
    with subprocess.Popen(up, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        site = json.loads(parent.stdout.readline())
        os.kill(parent.pid, signal.SIGKILL)

    wait_until(
        lambda: process_is_gone(site["pid"]) and port_is_free(port), 30, "the end of the orphaned site"
    )


def test_a_folder_that_up_did_not_make_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("keep me")

    done = subprocess.run([*COMMAND, "down", "--dir", str(tmp_path)], cwd=REPOSITORY, check=False, timeout=60)

    assert done.returncode == 2
    assert (tmp_path / "mine.txt").exists()


def test_what_is_missing_is_said_in_one_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(needs.Missing, match=r"needs php, npm.*apt-get install .*php8\.2-cli"):
        needs.refuse_if_something_is_missing()


def test_a_version_that_cannot_be_fetched_is_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "apt-get").write_text("#!/bin/sh\nexit 100\n")
    (tmp_path / "apt-get").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("KEYDESK_WP_CACHE", str(tmp_path / "cache"))

    with pytest.raises(
        needs.Missing, match=r"WordPress 6\.8 could not be fetched.*kept from earlier: nothing"
    ):
        wordpress_tree("6.8")
    assert list((tmp_path / "cache").glob("[!.]*")) == []


def test_a_missing_extension_is_named_with_its_package(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in needs.PROGRAMS:
        (tmp_path / name).write_text("#!/bin/sh\necho curl; echo mbstring\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(needs.Missing, match=r"PHP's pdo_sqlite.*php8\.2-sqlite3"):
        needs.refuse_if_something_is_missing()
