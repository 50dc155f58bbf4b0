"""The list of deliveries: what was sent, what a hook brought, and none of our own echoes."""

from flask.testing import FlaskClient

from server.helpdesks import services as helpdesks
from server.helpdesks.models import HelpdeskConnection
from server.kernel.db import session
from server.kernel.tenancy import resolve
from tests.helpdesks.roundup.agent import Agent
from tests.server.helpdesks.conftest import OpenTicket, RunJobs
from tests.server.helpdesks.test_answers import knock, only_issue


def rows_of(connection_id: str) -> list[str]:
    session.rollback()
    return [row.op for row in helpdesks.list_deliveries(resolve(HelpdeskConnection, connection_id))]


def test_the_list_shows_what_a_hook_brought_and_leaves_out_our_own_echo(
    desk: HelpdeskConnection, agent: Agent, opens: OpenTicket, client: FlaskClient, run_jobs: RunJobs
) -> None:
    desk_id = desk.id
    ticket = opens()
    run_jobs()
    issue = only_issue(agent, ticket)
    told = {"type": "changed", "issue": issue.id, "activity": "2020", "messages": []}
    knock(client, resolve(HelpdeskConnection, desk_id), told)
    run_jobs()
    assert rows_of(desk_id) == ["create"]

    agent.answer(issue.id, "Update to 2.1")
    knock(client, resolve(HelpdeskConnection, desk_id), {**told, "activity": "2021"}, name="evt-2")
    run_jobs()

    assert rows_of(desk_id) == ["hook", "create"]
    assert helpdesks.last_delivery(resolve(HelpdeskConnection, desk_id)) is not None


def test_a_status_that_changed_over_there_is_shown(
    desk: HelpdeskConnection, agent: Agent, opens: OpenTicket, client: FlaskClient, run_jobs: RunJobs
) -> None:
    desk_id = desk.id
    ticket = opens()
    run_jobs()
    issue = only_issue(agent, ticket)
    agent.set_status(issue.id, "resolved")

    told = {"type": "changed", "issue": issue.id, "activity": "2020", "messages": []}
    knock(client, resolve(HelpdeskConnection, desk_id), told)
    run_jobs()

    assert rows_of(desk_id)[0] == "hook"
