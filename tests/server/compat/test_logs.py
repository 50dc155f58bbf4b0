"""Keys travel in the queries of these clients; no log of the server may hold one."""

import logging
import urllib.parse
import urllib.request

import pytest
from flask.testing import FlaskClient

from tests.conftest import Cast
from tests.server.compat.conftest import AGENT
from tests.tools.fixtures import StartServer

KEY = "KD1-000G40-R40M30-E20918-5GR38E-1PHBCV"
ASKED = (
    "/compat/edd/harbour/?edd_action=check_license&item_id=1&license=",
    "/compat/edd/harbour/?edd_action=get_version&products%5Ba%5D%5Bitem_id%5D=1&products%5Ba%5D%5Blicense%5D=",
    "/compat/puc/harbour-gallery.json?license_key=",
    "/compat/wpus/harbour/?action=get_metadata&slug=harbour-gallery&license_key=",
    "/compat/dl/x/y.zip?license_key=",
)


def test_a_running_server_writes_no_key_down(start_server: StartServer) -> None:
    server = start_server({"KEYDESK_ENV": "development"})
    answers = 0
    for path in ASKED:
        asked = urllib.request.Request(f"{server.url}{path}{KEY}", headers={"User-Agent": AGENT})
        try:
            with urllib.request.urlopen(asked, timeout=20) as answer:
                answers += answer.status == 200
        except urllib.error.HTTPError as refused:
            answers += refused.code in {401, 404}
            refused.close()

    assert answers == len(ASKED)
    written = [path for path in server.data_dir.parent.rglob("*") if path.is_file()]
    assert written
    for file in written:
        assert KEY.encode() not in file.read_bytes(), file


def test_not_even_a_fault_of_ours_writes_a_key_down(
    client: FlaskClient,
    open_doors: Cast,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def broken(*_args: object) -> None:
        raise RuntimeError("planted")

    monkeypatch.setattr("server.compat.asking.find_license_by_key", broken)
    caplog.set_level(logging.DEBUG)
    client.application.testing = False
    client.application.config["PROPAGATE_EXCEPTIONS"] = False

    response = client.get(ASKED[0] + urllib.parse.quote(KEY), headers={"User-Agent": AGENT})

    assert response.status_code == 500
    assert "planted" in caplog.text
    assert KEY not in caplog.text
