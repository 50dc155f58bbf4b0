"""The `keydesk` command, run as its own process against a server that plays its part."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.client_sdk.conftest import PRODUCT_KEY, Play, Stage
from tests.client_sdk.examples import ACTIVATION, CHECK_IN, LICENSE, MESSAGE, SIGNING_KEYS, TICKET, problem
from tests.client_sdk.shell import Shell
from tests.client_sdk.test_trust import signed
from tests.vectors.leases import signed as lease_with
from tests.vectors.making import CURRENT

KEY = "KD1-000G40-R40M30-E20918-5GR38E-1PHBCV"
OLD_LEASE = lease_with(site="shop-1.example.com")  # issued in 2027, lapses in 2027
OPENED = {"ticket_id": "tkt_01", "number": 1042, "status": "open"}
PRODUCT = {"tenant": "ven_01", "product": "prd_01", "product_key": PRODUCT_KEY, "lease_keys": SIGNING_KEYS}
SEATED = ACTIVATION | {"lease": OLD_LEASE, "signing_keys": SIGNING_KEYS}


class PlayedShell(Shell):
    """Its server plays what the test lays out."""

    def __init__(self, folder: Path, stage: Stage) -> None:
        super().__init__(folder, PRODUCT | {"server": stage.url})
        self.stage = stage

    def activate(self, answer: Play | None = None) -> subprocess.CompletedProcess[str]:
        self.stage.will(answer or signed(201, SEATED))
        return self.activate_at("https://shop-1.example.com", KEY)


@pytest.fixture
def shell(tmp_path: Path, stage: Stage) -> PlayedShell:
    return PlayedShell(tmp_path, stage)


def test_an_activation_is_remembered_for_its_owner_only(shell: PlayedShell) -> None:
    done = shell.activate()

    assert done.returncode == 0, done.stderr
    assert "Studio" in done.stdout
    assert (shell.folder / "keydesk.json").stat().st_mode & 0o777 == 0o600
    assert shell.state["site_token"] == SEATED["site_token"]
    assert SEATED["site_token"] not in done.stdout


def test_a_try_without_an_answer_keeps_its_identity_for_the_next(shell: PlayedShell, stage: Stage) -> None:
    refused = shell.activate(Play(500, problem(500, "internal_error")))
    uid = shell.state["site_uid"]
    shell.activate()

    assert refused.returncode == 1
    assert "internal_error" in refused.stderr
    assert [asked.json["site_uid"] for asked in stage.asked] == [uid, uid]


def test_http_is_allowed_by_the_try_that_says_so_and_stays_allowed(tmp_path: Path, stage: Stage) -> None:
    anywhere = stage.url.replace("127.0.0.1", "0.0.0.0")  # noqa: S104  this machine under a name that is no loopback's
    shell = Shell(tmp_path, PRODUCT | {"server": anywhere})
    refused = shell.activate_at("https://shop-1.example.com", KEY)
    stage.will(
        signed(201, SEATED), signed(200, CHECK_IN | {"lease": OLD_LEASE}, CURRENT), signed(201, SEATED)
    )
    done = shell.activate_at("https://shop-1.example.com", KEY, "--allow-http")
    checked = shell("check-in")
    again = shell.activate_at("https://shop-1.example.com", KEY)

    assert refused.returncode == 2
    assert "(https_required)" in refused.stderr
    assert (done.returncode, done.stderr) == (0, "")
    assert (checked.returncode, checked.stderr) == (0, "")
    assert (again.returncode, again.stderr) == (0, "")


def test_a_lost_connection_leaves_a_working_site_as_it_was(shell: PlayedShell, stage: Stage) -> None:
    shell.activate()
    before = shell.stored
    stage.will(*[Play(0)] * 8)
    lost = shell.activate_at("https://shop-2.example.com", KEY)

    assert lost.returncode == 1
    assert "(unreachable)" in lost.stderr
    assert shell.stored == before


def test_a_typing_error_is_told_without_a_traceback(shell: PlayedShell, stage: Stage) -> None:
    wrong = shell(
        "activate", "KD1-WRONG", "--product-file", "product.json", "--site-url", "https://shop-1.example.com"
    )

    assert wrong.returncode == 2
    assert "key_malformed" in wrong.stderr
    assert "Traceback" not in wrong.stderr
    assert not stage.asked


def test_the_status_is_judged_offline(shell: PlayedShell) -> None:
    shell.activate()
    status = shell("status")

    assert status.returncode == 1  # the lease of the contract begins in 2027
    assert "not_yet_valid" in status.stdout
    assert "export, sync" in status.stdout


def test_a_check_in_believes_signed_answers_only(shell: PlayedShell, stage: Stage) -> None:
    shell.activate()
    stage.will(Play(200, CHECK_IN), signed(200, CHECK_IN | {"lease": OLD_LEASE}, CURRENT))
    unsigned, good = shell("check-in"), shell("check-in")

    assert unsigned.returncode == 1
    assert "untrusted_answer" in unsigned.stderr
    assert good.returncode == 0, good.stderr
    assert "#1042 Печать останавливается: 1 new" in good.stdout


def test_a_revoked_license_takes_the_lease_away(shell: PlayedShell, stage: Stage) -> None:
    shell.activate()
    over = {"lease": None, "license": LICENSE | {"status": "revoked"}}
    stage.will(signed(200, CHECK_IN | over, CURRENT))
    news = shell("check-in")

    assert news.returncode == 1
    assert "revoked" in news.stdout
    assert shell.state["lease"] is None
    assert shell("status").returncode == 1


def test_a_seat_given_back_is_forgotten_only_after_the_answer(shell: PlayedShell, stage: Stage) -> None:
    shell.activate()
    stage.will(
        Play(500, problem(500, "internal_error")), signed(200, {"released": True, "seats": None}, CURRENT)
    )

    assert shell("deactivate").returncode == 1
    assert shell.state["site_token"]
    assert shell("deactivate").returncode == 0
    assert not (shell.folder / "keydesk.json").exists()


def test_tickets_from_a_shell(shell: PlayedShell, stage: Stage) -> None:
    shell.activate()
    (shell.folder / "log.txt").write_text("line")
    attached = {"attachment_id": "att_01", "name": "log.txt", "size": 4, "type": "text/plain"}
    stage.will(Play(201, attached), Play(201, OPENED), Play(200, {"data": [TICKET], "next": None}))
    stage.will(Play(200, TICKET | {"messages": [MESSAGE]}), Play(201, MESSAGE), Play(200, TICKET))
    filed = shell(
        "ticket", "It stops", "--type", "bug", "--file", "log.txt", "--diagnostics", text="At step 2."
    )

    assert filed.returncode == 0, filed.stderr
    assert "sending along" in filed.stdout
    assert stage.asked[2].json["body"] == "At step 2."
    assert "Печать" in shell("tickets").stdout
    assert "fix.zip" in shell("thread", "tkt_01").stdout
    assert shell("reply", "tkt_01", text="Спасибо").returncode == 0
    assert shell("close", "tkt_01").returncode == 0
    assert stage.asked[-1].json == {"status": "closed"}


@pytest.mark.parametrize("content", ["", "[]", '{"server": 1}', "not json"])
def test_a_foreign_file_is_told_as_such(shell: PlayedShell, content: str) -> None:
    (shell.folder / "keydesk.json").write_text(content)
    told = shell("check-in")

    assert told.returncode == 2
    assert "is not a file of this command" in told.stderr


def test_before_the_first_activation_the_way_is_shown(shell: PlayedShell) -> None:
    assert "run keydesk activate first" in shell("tickets").stderr


def test_a_file_that_is_no_product_file_is_told_as_such(shell: PlayedShell) -> None:
    (shell.folder / "product.json").write_text('{"lease_keys": 7}')
    told = shell.activate()

    assert told.returncode == 2
    assert "not a product file" in told.stderr


def test_a_state_is_not_given_to_another_product(shell: PlayedShell) -> None:
    shell.activate()
    (shell.folder / "product.json").write_text(json.dumps(PRODUCT | {"server": "https://other.example.com"}))
    told = shell.activate()

    assert told.returncode == 2
    assert "another server or product" in told.stderr


def test_the_builder_of_the_bridge_is_mounted(shell: PlayedShell) -> None:
    assert "verify" in shell("bridge", "--help").stdout
