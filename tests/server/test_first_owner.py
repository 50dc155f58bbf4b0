"""The address that the terminal prints really makes the first account."""

import http.cookiejar
import re
import subprocess
import urllib.error
import urllib.parse
import urllib.request
from argparse import Namespace

from tests.demo.ends import Ends
from tests.demo.start import empty_lines
from tests.tools.fixtures import StartServer
from tests.tools.keydesk_server import COMMAND


def test_the_printed_address_makes_the_first_account_once(start_server: StartServer) -> None:
    server = start_server({"KEYDESK_ENV": "development"})
    environ = {**server.environment, "KEYDESK_PUBLIC_URL": server.url}
    command = [str(COMMAND), "first-owner", "--data-dir", str(server.data_dir)]
    made = subprocess.run(command, env=environ, capture_output=True, text=True, check=True)
    address = made.stdout.strip()
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))

    with browser.open(address, timeout=10) as answer:
        page = answer.read().decode()
    inputs = [dict(re.findall(r'(\w+)="([^"]*)"', tag)) for tag in re.findall(r"<input[^>]*>", page)]
    filled = {one["name"]: one["value"] for one in inputs if one.get("value")}
    answers = {"shop": "Harbour", "name": "Iryna", "email": "iryna@harbour.example.com"}
    form = urllib.parse.urlencode({**filled, **answers, "password": "correct horse battery"})
    request = urllib.request.Request(f"{server.url}/console/first-owner", form.encode())
    request.add_header("Origin", server.url)

    assert filled.keys() == {"token", "csrf_token"}, "the token of the address is filled in"
    with browser.open(request, timeout=10) as answer:
        assert "Harbour" in answer.read().decode()
    with urllib.request.urlopen(address, timeout=10) as answer:
        assert answer.url.endswith("/sign-in"), "it works once"

    told = empty_lines(
        Namespace(data_dir=server.data_dir), environ | {"KEYDESK_DATA_DIR": str(server.data_dir)}, Ends()
    )
    assert told[0] == f"  Console      {server.url}/console/", "what a later ./run --empty says"
