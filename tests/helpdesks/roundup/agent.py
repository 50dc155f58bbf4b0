"""A person who works in Roundup, over its own HTTP interface."""

import base64
import json
import urllib.parse
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tests.helpdesks.roundup.boot import Roundup


@dataclass(frozen=True)
class Message:
    """A message as an agent sees it."""

    id: str
    author: str
    text: str


@dataclass(frozen=True)
class Issue:
    """An issue as an agent sees it. `files` are (name, bytes)."""

    id: str
    title: str
    status: str
    messages: tuple[Message, ...]
    files: tuple[tuple[str, bytes], ...]


class Agent:
    """Reads and answers issues as `user` (by default Roundup's agent)."""

    def __init__(self, desk: Roundup, user: str | None = None, password: str | None = None) -> None:
        self.desk = desk
        self.user = user or desk.agent
        self.password = password or desk.agent_password

    def issue_ids(self) -> list[str]:
        return [row["id"] for row in self._rest("GET", "issue")["collection"]]

    def find(self, title_part: str) -> list[Issue]:
        """Issues whose title holds the text."""
        query = urllib.parse.urlencode({"title": title_part})
        return [self.read(row["id"]) for row in self._rest("GET", f"issue?{query}")["collection"]]

    def read(self, issue_id: str) -> Issue:
        issue = self._rest("GET", f"issue/{issue_id}?@verbose=2")["attributes"]
        messages = tuple(self._message(message["id"]) for message in issue["messages"])
        files = tuple(self._file(file["id"]) for file in issue["files"])
        status = (issue["status"] or {}).get("name", "")
        return Issue(issue_id, issue["title"], status, messages, files)

    def open(self, title: str) -> str:
        """Make an issue of one's own; returns its id."""
        issue_id: str = self._rest("POST", "issue", {"title": title})["id"]
        return issue_id

    def answer(
        self,
        issue_id: str,
        text: str,
        *,
        status: str | None = None,
        files: Sequence[tuple[str, str]] = (),
    ) -> str:
        """Write a message with (name, text) files, then set the status if one is given; returns its id."""
        message_id: str = self._rest("POST", "msg", {"content": text, "author": self.user})["id"]
        file_ids = [self._attach(name, content) for name, content in files]
        self._patch(issue_id, {"@op": "add", "messages": [message_id], "files": file_ids})
        if status:
            self.set_status(issue_id, status)
        return message_id

    def set_status(self, issue_id: str, status: str) -> None:
        self._patch(issue_id, {"@op": "replace", "status": status})

    def _attach(self, name: str, content: str) -> str:
        file_id: str = self._rest("POST", "file", {"name": name, "type": "text/plain", "content": content})[
            "id"
        ]
        return file_id

    def _message(self, message_id: str) -> Message:
        found = self._rest("GET", f"msg/{message_id}?@verbose=3&@fields=author,content")["attributes"]
        return Message(message_id, found["author"]["username"], found["content"])

    def _file(self, file_id: str) -> tuple[str, bytes]:
        name = self._rest("GET", f"file/{file_id}")["attributes"]["name"]
        return name, self._send("GET", f"{self.desk.url}file{file_id}/")

    def _patch(self, issue_id: str, change: dict[str, Any]) -> None:
        etag = self._rest("GET", f"issue/{issue_id}")["@etag"]
        self._rest("PATCH", f"issue/{issue_id}", change, {"If-Match": etag})

    def _rest(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        answer = self._send(method, f"{self.desk.url}rest/data/{path}", data, headers)
        return json.loads(answer)["data"]

    def _send(
        self, method: str, url: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> bytes:
        pair = base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
        sent = {
            "Authorization": f"Basic {pair}",
            "Accept": "application/json",
            "Content-Type": "application/json",
            "X-Requested-With": "rest",
            "Origin": self.desk.url.rstrip("/"),
            "Referer": self.desk.url,
            **(headers or {}),
        }
        request = urllib.request.Request(url, data=body, headers=sent, method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            content: bytes = answer.read()
        return content
