"""Runs inside Roundup's own environment: fills a tracker with its people, or serves it on loopback.

    inside.py people HOME USER:PASSWORD:NAME...
    inside.py serve HOME PORT

`serve` ends when its standard input ends, so the process cannot outlive whoever started it.
"""

import os
import sys
import threading
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import roundup.instance  # type: ignore[import-not-found]  # lives in Roundup's environment only
from roundup.cgi.wsgi_handler import RequestDispatcher  # type: ignore[import-not-found]  # as above


def add_people(home: str, people: list[str]) -> None:
    db = roundup.instance.open(home).open("admin")
    for person in people:
        name, password, realname = person.split(":")
        secret = roundup.instance.hyperdb.password.Password(password, config=db.config)
        # the API user has no address: Roundup then mails it nothing
        address = {} if name == "keydesk" else {"address": f"{name}@desk.example.com"}
        db.user.create(username=name, password=secret, realname=realname, roles="User", **address)
    db.commit()
    db.close()


class Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the caller reads only what goes wrong."""


def end_with_the_parent() -> None:
    sys.stdin.buffer.read()
    os._exit(0)


def serve(home: str, port: int) -> None:
    threading.Thread(target=end_with_the_parent, daemon=True).start()
    dispatcher = RequestDispatcher(home)
    with make_server("127.0.0.1", port, dispatcher, server_class=Server, handler_class=Quiet) as server:
        server.serve_forever()


if __name__ == "__main__":
    if sys.argv[1] == "people":
        add_people(sys.argv[2], sys.argv[3:])
    else:
        serve(sys.argv[2], int(sys.argv[3]))
