"""One server a data folder: a second one is refused before it writes, and a dead one holds nothing."""

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from server.cli import cli
from server.starting import LOCKED, REFUSED_START
from server.supervisor import FolderInUse, hold_folder


def test_a_second_server_on_the_same_folder_is_refused_before_it_writes(tmp_path: Path) -> None:
    environ = {
        "KEYDESK_ENV": "development",
        "KEYDESK_DATA_DIR": str(tmp_path),
        "KEYDESK_PUBLIC_URL": "http://127.0.0.1:8080",
        "KEYDESK_ALLOWED_HOSTS": "127.0.0.1:8080",
    }
    with hold_folder(tmp_path):
        refused = CliRunner().invoke(cli, ["serve", "--demo"], env=environ)
    assert refused.exit_code == LOCKED
    assert "Another server works on" in refused.output
    assert not (tmp_path / "keydesk.sqlite3").exists()
    assert not (tmp_path / "demo.json").exists()


def test_the_folder_is_free_when_its_server_has_ended(tmp_path: Path) -> None:
    with hold_folder(tmp_path), pytest.raises(FolderInUse):
        hold_folder(tmp_path)
    hold_folder(tmp_path).close()


def test_a_child_inherits_nothing_of_the_lock(tmp_path: Path) -> None:
    held = hold_folder(tmp_path)
    waits = [sys.executable, "-c", "print('up', flush=True); input()"]
    with subprocess.Popen(waits, stdin=subprocess.PIPE, stdout=subprocess.PIPE, close_fds=False) as child:
        assert child.stdout
        assert child.stdout.readline() == b"up\n"  # from here on it is the other program
        held.close()
        hold_folder(tmp_path).close()
        child.communicate(b"\n")


@pytest.mark.parametrize("port", ["0", "99999", "many"])
def test_a_port_that_cannot_be_is_refused_in_a_sentence(port: str) -> None:
    refused = CliRunner().invoke(cli, ["serve", "--port", port])
    assert refused.exit_code == REFUSED_START
    assert "--port" in refused.output
