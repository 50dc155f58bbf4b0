"""An issue comes with a priority, because Roundup's own web form lets nobody answer without one."""

import http.cookiejar
import re
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from uuid import uuid4

import pytest

from server.helpdesks.connectors import _roundup_priority
from server.helpdesks.contract import Connector, Op
from server.kernel import settings
from tests.helpdesks.roundup.agent import Agent
from tests.helpdesks.roundup.boot import Roundup
from tests.server.helpdesks.targets import Target, roundup_target, ticket

CLASSIC = [{"id": "1", "name": "critical"}, {"id": "3", "name": "bug"}, {"id": "4", "name": "feature"}]
BY_WEIGHT = [{"id": str(place), "name": name} for place, name in enumerate(("high", "normal", "low"), 1)]


@pytest.fixture
def target(roundup: Roundup, loopback_allowed: settings.Settings) -> Iterator[Target]:
    with roundup_target(roundup) as made:
        yield made


@pytest.mark.parametrize(
    ("choices", "kind", "chosen"),
    [
        (CLASSIC, "bug", "3"),
        (CLASSIC, "missing_feature", "4"),
        (CLASSIC, "other", "3"),
        ([{"id": "5", "name": "Wish"}], "missing_feature", "5"),
        (BY_WEIGHT, "bug", "2"),
        ([], "bug", ""),
    ],
)
def test_the_priority_is_the_one_that_fits(choices: list[dict[str, str]], kind: str, chosen: str) -> None:
    assert _roundup_priority.choose(choices, kind) == chosen


@pytest.mark.parametrize(("kind", "name"), [("bug", "bug"), ("missing_feature", "feature"), ("other", "bug")])
def test_an_agent_answers_by_the_web_form_without_choosing_one(
    target: Target, roundup: Roundup, kind: str, name: str
) -> None:
    issue_id, _ = opened(target.connector(), kind)

    form = answer_by_web_form(roundup, issue_id, "from the form")

    assert re.search(rf'selected="selected" value="\d+">{name}<', form)
    assert [message.text for message in Agent(roundup).read(issue_id).messages][-1] == "from the form"


def test_a_tracker_without_priorities_takes_the_ticket_all_the_same(target: Target) -> None:
    connector = target.connector()
    send = connector.send

    def of_another_tracker(method: str, url: str, **more: object) -> object:
        return send(method, url.replace("priority", "severity"), **more)  # type: ignore[arg-type]  # as they came

    connector.send = of_another_tracker  # type: ignore[assignment]  # the same call, with names nobody knows there
    _, number = opened(connector, "bug")

    assert len(target.seen(number)) == 1


def opened(connector: Connector, kind: str) -> tuple[str, str]:
    number = f"P-{uuid4().hex[:10]}"
    made = replace(ticket(number, "first"), kind=kind)
    return connector.create(made, marker="", prepared=connector.prepare(Op.CREATE, made, {})).ref.id, number


def answer_by_web_form(desk: Roundup, issue_id: str, text: str) -> str:
    """Log in, open the issue's page, send its form as it stands with a note; the form that was sent."""
    jar = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
    browser = urllib.request.build_opener(jar)
    address = f"{desk.url}issue{issue_id}"

    def ask(values: dict[str, str] | None = None) -> str:
        data = urllib.parse.urlencode(values).encode() if values else None
        request = urllib.request.Request(address, data, {"Referer": desk.url, "Origin": desk.url.rstrip("/")})
        with browser.open(request, timeout=30) as page:
            return str(page.read().decode())

    people = {"__login_name": desk.agent, "__login_password": desk.agent_password, "@action": "login"}
    ask({**people, "@csrf": csrf(ask()), "__came_from": address})
    form = ask()
    chosen = re.search(r'<option selected="selected" value="([^"]+)">', priority_menu(form))
    values = {"title": "answered", "priority": chosen.group(1) if chosen else "-1", "@note": text}
    ask({**values, "@required": "title,priority", "@action": "edit", "@csrf": csrf(form)})
    return priority_menu(form)


def priority_menu(page: str) -> str:
    found = re.search(r'<select[^>]*name="priority".*?</select>', page, re.DOTALL)
    return found.group(0) if found else ""


def csrf(page: str) -> str:
    found = re.findall(r'name="@csrf" type="hidden" value="([^"]+)"|name="@csrf"[^>]*value="([^"]+)"', page)
    return next((one or other for one, other in found), "")
