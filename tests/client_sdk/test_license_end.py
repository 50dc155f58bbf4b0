"""The end of a license, told alike by every command, with the real server."""

import json
from pathlib import Path

import pytest

from tests.client_sdk.shell import Shell
from tests.tools.keydesk_server import KeydeskServer


@pytest.fixture
def shell(tmp_path: Path, demo_server: KeydeskServer) -> Shell:
    return Shell(tmp_path, demo_server.demo_facts()["product_file"] | {"server": demo_server.url})


def test_a_license_has_one_end_in_every_command(shell: Shell, demo_server: KeydeskServer) -> None:
    taken = shell.activate_at("https://ends-1.example.com", demo_server.demo_facts()["license_key"])
    assert taken.returncode == 0, taken.stderr
    after_activation, checked, after_check_in = shell("status"), shell("check-in"), shell("status")
    assert shell("deactivate").returncode == 0

    told = next(line for line in taken.stdout.splitlines() if line.startswith("license "))
    end = told.partition("until ")[2]
    assert end.endswith("UTC")
    assert f"until {end}\n" in checked.stdout
    assert f"license ends: {end}\n" in after_activation.stdout
    assert f"license ends: {end}\n" in after_check_in.stdout


def test_a_file_of_an_earlier_version_tells_the_end_that_its_lease_knows(
    shell: Shell, demo_server: KeydeskServer
) -> None:
    shell.activate_at("https://ends-2.example.com", demo_server.demo_facts()["license_key"])
    earlier = shell.state
    earlier.pop("valid_until", None)
    (shell.folder / "keydesk.json").write_text(json.dumps(earlier))
    status = shell("status")
    assert shell("deactivate").returncode == 0

    assert status.returncode == 0, status.stderr
    assert "license ends: 20" in status.stdout
