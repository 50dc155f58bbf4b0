"""What only Roundup does: its detector, its one-time links, its conflicts."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from uuid import uuid4

import pytest

from server.helpdesks import standard_webhook
from server.helpdesks.contract import Connector, Op
from server.helpdesks.errors import Retry, UnknownOutcome
from server.kernel import clock, settings
from tests.helpdesks.roundup.agent import Agent
from tests.helpdesks.roundup.boot import Roundup, boot_roundup
from tests.server.helpdesks.targets import Target, message, roundup_target, ticket
from tests.tools.waiting import free_port, wait_until

Delivery = tuple[dict[str, list[str]], bytes]


@pytest.fixture
def target(roundup: Roundup, loopback_allowed: settings.Settings) -> Iterator[Target]:
    with roundup_target(roundup) as made:
        yield made


@pytest.fixture
def connector(target: Target) -> Connector:
    return target.connector()


def new_number() -> str:
    return f"R-{uuid4().hex[:10]}"


@contextmanager
def listening() -> Iterator[tuple[str, list[Delivery]]]:
    """A door that keeps every delivery as it came."""
    deliveries: list[Delivery] = []

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            deliveries.append(({name.lower(): [value] for name, value in self.headers.items()}, body))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Door)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/hook", deliveries
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_the_detector_wakes_us_with_a_signature_that_holds(tmp_path: Path, connector: Connector) -> None:
    secret = standard_webhook.new_secret()
    with listening() as (url, deliveries):
        desk = boot_roundup(tmp_path, free_port(), hook_url=url, hook_secret=secret)
        try:
            issue_id = Agent(desk).open("by an agent")
            Agent(desk).answer(issue_id, "an answer")
            wait_until(lambda: len(deliveries) >= 2, what="two wake-ups")
        finally:
            desk.stop()

    bodies = [body for _, body in deliveries]
    for headers, body in deliveries:
        standard_webhook.verify(headers, body, secret=secret, now=clock.now())
    assert all(f'"issue": "{issue_id}"'.encode() in body for body in bodies)


def test_roundup_works_on_when_nobody_listens_or_nothing_is_set(roundup: Roundup, tmp_path: Path) -> None:
    nobody = f"http://127.0.0.1:{free_port()}/hook"
    desk = boot_roundup(tmp_path, free_port(), hook_url=nobody, hook_secret=standard_webhook.new_secret())
    try:
        for one in (desk, roundup):  # the shared one has no hook address at all
            agent = Agent(one)
            issue_id = agent.open("still made")
            assert agent.read(issue_id).title == "still made"
    finally:
        desk.stop()


def test_a_burnt_link_without_an_issue_is_an_unknown_outcome(connector: Connector) -> None:
    made = ticket(new_number(), "never there")
    prepared = connector.prepare(Op.CREATE, made, {})
    prepared["once"] = "a-link-that-was-used"

    with pytest.raises(UnknownOutcome) as unknown:
        connector.create(made, marker="", prepared=prepared)
    assert unknown.value.code == "helpdesk_once_used"
    assert connector.find_created(made, prepared) is None


def test_what_is_prepared_is_not_made_again(connector: Connector) -> None:
    made = ticket(new_number(), "prepared once")
    prepared = connector.prepare(Op.CREATE, made, {})

    without_link = {key: value for key, value in prepared.items() if key != "once"}
    again = connector.prepare(Op.CREATE, made, without_link)

    assert connector.prepare(Op.CREATE, made, prepared) == prepared
    assert again["message_id"] == prepared["message_id"]
    assert again["once"] != prepared["once"]


def test_an_agents_change_in_between_does_not_lose_our_message(
    target: Target, connector: Connector, agent: Agent
) -> None:
    number = new_number()
    made = ticket(number, "first")
    ref = connector.create(made, marker="", prepared=connector.prepare(Op.CREATE, made, {})).ref
    later = message("from the customer")
    prepared = connector.prepare(Op.MESSAGE, later, {})
    send, answered = connector.send, list[str]()

    def agent_answers_first(method: str, url: str, **kwargs: object) -> object:
        if method == "PATCH" and not answered:
            answered.append(agent.answer(ref.id, "from the agent"))
        return send(method, url, **kwargs)  # type: ignore[arg-type]  # passed on as they came

    connector.send = agent_answers_first  # type: ignore[assignment]  # the same call, with an agent before it
    connector.add_message(ref, later, marker="", prepared=prepared)

    (seen,) = target.seen(number)
    assert sorted(text.splitlines()[-1] for text in seen.texts[1:]) == ["from the agent", "from the customer"]


def test_what_changed_is_listed_from_the_cursor_on(connector: Connector, agent: Agent) -> None:
    made = ticket(new_number(), "old")
    ref = connector.create(made, marker="", prepared=connector.prepare(Op.CREATE, made, {})).ref
    before = connector.list_changed(None)
    agent.answer(ref.id, "news")

    after = connector.list_changed(before.cursor)

    assert after.remote_ids[-1] == ref.id
    assert after.cursor >= before.cursor


def test_what_changed_in_one_second_is_listed_by_number(
    tmp_path: Path, loopback_allowed: settings.Settings
) -> None:
    desk = boot_roundup(tmp_path, free_port())
    try:
        opened = [Agent(desk).open(f"issue {number}") for number in range(1, 13)]
        with roundup_target(desk) as made:
            assert made.connector().list_changed(None).remote_ids == tuple(opened)
    finally:
        desk.stop()


TROUBLE = """
import os


def fail(db, cl, nodeid, newvalues):
    if os.path.exists(os.path.join(db.config.TRACKER_HOME, "trouble")):
        raise OSError("no space left on device")


def init(db):
    db.issue.audit("create", fail)
    db.msg.audit("create", fail)
"""


def test_a_fault_inside_roundup_is_no_refusal(tmp_path: Path, loopback_allowed: settings.Settings) -> None:
    """It answers 400 also when its own database is locked or its disk is full."""
    desk = boot_roundup(tmp_path, free_port())
    try:
        (desk.home / "detectors" / "trouble.py").write_text(TROUBLE)
        desk.stop()
        desk.start()
        with roundup_target(desk) as target:
            connector, made = target.connector(), ticket(new_number(), "in trouble")
            (desk.home / "trouble").touch()
            with pytest.raises(Retry):
                connector.prepare(Op.CREATE, made, {})
            (desk.home / "trouble").unlink()
            prepared = connector.prepare(Op.CREATE, made, {})
            (desk.home / "trouble").touch()
            with pytest.raises(UnknownOutcome):
                connector.create(made, marker="", prepared=prepared)
            (desk.home / "trouble").unlink()
            assert connector.find_created(made, prepared) is None
    finally:
        desk.stop()
