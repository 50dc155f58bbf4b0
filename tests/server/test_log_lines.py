"""Whoever runs the server finds in its log what failed, and why."""

import json
import sqlite3
import urllib.error
import urllib.request
from contextlib import closing
from typing import Any

import pytest

from tests.tools.fixtures import StartServer
from tests.tools.keydesk_server import KeydeskServer
from tests.tools.waiting import wait_until

LOST_JOB = """
INSERT INTO jobs (kind, args, tenant_id, state, due_at, created_at, tries, last_error)
SELECT 'mail.send', '{"mail_id": "mai_gone"}', tenant_id, 'pending', due_at, created_at, 0, ''
FROM jobs WHERE tenant_id IS NOT NULL LIMIT 1
"""


def lines(server: KeydeskServer, event: str, **facts: str) -> list[dict[str, Any]]:
    said = [json.loads(line) for line in server.log().splitlines() if line.startswith('{"event"')]
    return [each for each in said if each | facts | {"event": event} == each]


def test_a_job_and_a_page_that_fail_are_named_in_the_log(start_server: StartServer) -> None:
    server = start_server(demo=True)
    with closing(sqlite3.connect(server.data_dir / "keydesk.sqlite3")) as database, database:
        assert database.execute(LOST_JOB).rowcount == 1
        database.execute("ALTER TABLE products RENAME TO products_gone")
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"{server.url}/buy/harbour/acme-gallery", timeout=20)
    refused.value.close()

    [page] = wait_until(lambda: lines(server, "unexpected error"), what="the page's line")
    assert (refused.value.code, "products" in page["trace"], page["request_id"] != "") == (500, True, True)
    assert "acme-gallery" not in page["trace"], "what people send stays out of the log"
    raised = wait_until(lambda: lines(server, "job raised", kind="mail.send"), what="the job's line")
    assert "NotFound" in raised[0]["trace"]
