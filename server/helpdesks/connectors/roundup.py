"""Roundup: issues go in through its REST interface, its detector wakes us up, and we read the issue back."""

import base64
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, ClassVar
from urllib.parse import quote, urlencode, urlsplit

from marshmallow import Schema

from server.helpdesks import render
from server.helpdesks.connectors import _fields, _roundup_priority
from server.helpdesks.connectors._multipart import form_with_file
from server.helpdesks.contract import (
    Capability,
    ChangedPage,
    Connector,
    Created,
    Event,
    Health,
    HealthItem,
    Op,
    OutgoingFile,
    OutgoingMessage,
    OutgoingTicket,
    Prepared,
    RemoteFile,
    RemoteMessage,
    RemoteRef,
    Snapshot,
)
from server.helpdesks.errors import Effect, HelpdeskError, Retry, UnknownOutcome, VersionConflict
from server.kernel import outbound
from server.kernel.text import one_line, shorten

PAGE = 50
PAGES = 10
CONFLICT_ROUNDS = 3
ONCE_USED = "helpdesk_once_used"
OWN_FAULT = b"An error occurred. Please check the server log"  # a locked database, a full disk: status 400


class RoundupSettings(Schema):
    """What a vendor enters."""

    url = _fields.address(
        label="Tracker address",
        help="The address you open Roundup with.",
        placeholder="https://desk.example.com/tracker/",
    )
    username = _fields.line(
        label="User name",
        help="A user of its own for Keydesk, with the roles of an agent. It needs no e-mail address: "
        "Roundup then mails it nothing.",
    )
    password = _fields.password(label="Password")


class Roundup(Connector):
    """A create happens once: its address is a one-time link, and its first message finds the issue."""

    kind = "roundup"
    label = "Roundup"
    setup_help = (
        "Copy the detector below into the tracker's folder “detectors”, enter the hook address and the "
        "secret in detectors/config.ini under [keydesk] as “url” and “secret”, and restart Roundup."
    )
    companion = "detectors/keydesk_roundup.py"
    settings_schema = RoundupSettings
    capabilities = frozenset(Capability)
    status_in: ClassVar[Mapping[str, str]] = {
        "unread": "new",
        "deferred": "open",
        "chatting": "open",
        "need-eg": "waiting_for_customer",
        "in-progress": "open",
        "testing": "open",
        "done-cbb": "solved",
        "resolved": "solved",
    }
    status_out: ClassVar[Mapping[str, str]] = {
        "new": "unread",
        "open": "chatting",
        "waiting_for_customer": "need-eg",
        "solved": "resolved",
        "closed": "resolved",
    }

    def check(self) -> Health:
        items: list[HealthItem] = []
        try:
            self._ask("issue", {"@page_size": "1"})
            items.append(HealthItem("credentials", "ok", "Roundup answers and accepts the user"))
            found = self._ask("status", {"@fields": "name"})
        except HelpdeskError as error:
            return Health((*items, HealthItem(error.code, "fail", error.public_text)))
        names = {status["name"] for status in found["collection"]}
        if missing := sorted(set(self.status_out.values()) - names):
            text = f"These statuses are not in the tracker and will not be set: {', '.join(missing)}"
            items.append(HealthItem("status_missing", "warn", text))
        return Health(tuple(items))

    def prepare(self, op: Op, item: OutgoingTicket | OutgoingMessage, prepared: Prepared) -> dict[str, Any]:
        """Messages and files lie loose until an issue names them, so making them early is harmless."""
        made = dict(prepared)
        message = item.first if isinstance(item, OutgoingTicket) else item
        if "message_id" not in made:
            made["file_ids"] = [self._upload(file) for file in message.files if self._takes(file)]
            made["message_id"] = self._post("msg", self._message_fields(item, made["file_ids"]))
        if isinstance(item, OutgoingTicket) and "priority" not in made:
            made["priority"] = _roundup_priority.read(self._ask, item.kind)
        if op is Op.CREATE and "once" not in made:
            made["once"] = self._rest(Effect.SET, "POST", "issue/@poe", {})["link"].rsplit("/", 1)[-1]
        return made

    def create(self, ticket: OutgoingTicket, *, marker: str, prepared: Prepared) -> Created:
        title = shorten(one_line(f"[{ticket.number}] {ticket.subject}"), 200)
        issue = {"title": title, "messages": [prepared["message_id"]], "files": prepared["file_ids"]}
        if prepared.get("priority"):
            issue["priority"] = prepared["priority"]
        try:
            made = self._rest(Effect.WRITE, "POST", f"issue/@poe/{quote(prepared['once'], safe='')}", issue)
        except UnknownOutcome as unknown:
            if unknown.code == ONCE_USED and (found := self.find_created(ticket, prepared)):
                return found
            raise
        return Created(self._ref(made["id"]), prepared["message_id"])

    def find_created(self, ticket: OutgoingTicket, prepared: Prepared) -> Created | None:
        found = self._ask("issue", {"messages": prepared["message_id"]})["collection"]
        return Created(self._ref(found[0]["id"]), prepared["message_id"]) if found else None

    def add_message(
        self, ref: RemoteRef, message: OutgoingMessage, *, marker: str, prepared: Prepared
    ) -> str:
        message_id: str = prepared["message_id"]
        added = {"@op": "add", "messages": [message_id], "files": prepared["file_ids"]}
        self._change(ref, added, lambda issue: message_id in issue["messages"])
        return message_id

    def set_status(self, ref: RemoteRef, status: str, *, marker: str) -> None:
        self._change(ref, {"@op": "replace", "status": status}, lambda issue: issue["status"] == status)

    def fetch(
        self,
        ref: RemoteRef,
        *,
        known: frozenset[str] = frozenset(),
        known_files: frozenset[str] = frozenset(),
    ) -> Snapshot:
        issue = self._issue(ref)
        messages = [self._message(one) for one in issue["messages"] if one not in known]
        files = [self._file(one) for one in issue["files"] if one not in known_files]
        version = _version(issue["activity"], issue["messages"])
        return Snapshot(self._ref(ref.id), issue["status"], tuple(messages), version, tuple(files))

    def fetch_file(self, file: RemoteFile) -> bytes:
        url = self._url(f"file/{quote(file.id, safe='')}/binary_content")
        headers = {**self._headers(), "Accept": "application/octet-stream"}  # as JSON it would be a repr
        return self.ask(Effect.READ, "GET", url, headers, max_bytes=self.max_file_bytes).body

    def list_changed(self, cursor: str | None) -> ChangedPage:
        """Newest first until the cursor: Roundup reads dates in the user's time zone, so none is sent."""
        found: list[tuple[str, str]] = []
        for page in range(1, PAGES + 1):
            part = {"@page_size": str(PAGE), "@page_index": str(page)}
            query = {"@sort": "-activity", "@fields": "activity", **part}
            rows = self._ask("issue", query)["collection"]
            found += [(row["activity"], row["id"]) for row in rows if row["activity"] >= (cursor or "")]
            if cursor is None or len(rows) < PAGE or rows[-1]["activity"] < cursor:
                break
        found.sort(key=lambda row: (row[0], len(row[1]), row[1]))  # numbers, as text
        return ChangedPage(tuple(one for _, one in found), found[-1][0] if found else cursor or "")

    def parse_event(self, body: Mapping[str, Any]) -> Event:
        issue, activity, messages = body.get("issue"), body.get("activity"), body.get("messages")
        if body.get("type") == "ping":
            return Event("ping")
        if not (isinstance(issue, str) and isinstance(activity, str) and isinstance(messages, list)):
            return Event("unknown")
        return Event("changed", issue, _version(activity, messages))

    def classify(self, effect: Effect, reply: outbound.Reply) -> HelpdeskError | None:
        if reply.status == 400 and b"POE token" in reply.body:
            return UnknownOutcome(ONCE_USED, "The one-time link was used before; looking for the issue")
        own_fault = reply.status == 400 and OWN_FAULT in reply.body
        return super().classify(effect, replace(reply, status=500) if own_fault else reply)

    def _change(self, ref: RemoteRef, change: Mapping[str, Any], is_done: Any) -> None:
        """Roundup wants the state that the change was decided on; a change in between means to look again."""
        for _ in range(CONFLICT_ROUNDS):
            issue = self._issue(ref)
            if is_done(issue):
                return
            try:
                headers = {"If-Match": issue["@etag"]}
                self._rest(Effect.SET, "PATCH", f"issue/{quote(ref.id, safe='')}", change, headers)
            except VersionConflict as conflict:
                last = conflict
                continue
            return
        raise last

    def _issue(self, ref: RemoteRef) -> dict[str, Any]:
        query = {"@fields": "messages,files,status,activity", "@verbose": "2"}
        found = self._ask(f"issue/{quote(ref.id, safe='')}", query)
        issue = found["attributes"]
        return {
            "@etag": found["@etag"],
            "activity": issue["activity"],
            "messages": [message["id"] for message in issue["messages"]],
            "files": [file["id"] for file in issue["files"]],
            "status": (issue["status"] or {}).get("name", ""),
        }

    def _message(self, message_id: str) -> RemoteMessage:
        query = {"@fields": "author,author.realname,content,creation", "@verbose": "3"}
        found = self._ask(f"msg/{quote(message_id, safe='')}", query)["attributes"]
        author = found["author"] or {}
        name = found.get("author.realname") or author.get("username") or "Support"
        written = datetime.strptime(found["creation"][:19], "%Y-%m-%d.%H:%M:%S").replace(tzinfo=UTC)
        return RemoteMessage(message_id, "agent", one_line(name), found["content"] or "", written)

    def _file(self, file_id: str) -> RemoteFile:
        found = self._ask(f"file/{quote(file_id, safe='')}", {"@fields": "name"})["attributes"]
        return RemoteFile(file_id, one_line(found["name"] or "file"))

    def _message_fields(self, item: OutgoingTicket | OutgoingMessage, file_ids: list[str]) -> dict[str, Any]:
        message = item.first if isinstance(item, OutgoingTicket) else item
        left_out = render.left_out([file for file in message.files if not self._takes(file)])
        limit = self.max_body_chars - len(left_out)
        if isinstance(item, OutgoingTicket):
            text = render.first_message(item, limit) + left_out
        else:
            text = render.message(item, limit) + left_out
        return {"content": text, "author": self.settings["username"], "files": file_ids}

    def _takes(self, file: OutgoingFile) -> bool:
        """Roundup answers an empty file with an error of its own."""
        return 0 < file.size <= self.max_file_bytes

    def _upload(self, file: OutgoingFile) -> str:
        """As a form, because Roundup reads JSON content as text."""
        content_type, body = form_with_file({"name": file.name, "type": file.content_type}, file.read())
        headers = {**self._headers(), "Content-Type": content_type}
        return str(_data(self.call(Effect.SET, "POST", self._url("file"), headers, body))["id"])

    def _post(self, name: str, values: Mapping[str, Any]) -> str:
        return str(self._rest(Effect.SET, "POST", name, values)["id"])

    def _ask(self, path: str, query: Mapping[str, str]) -> dict[str, Any]:
        return _data(self.call(Effect.READ, "GET", f"{self._url(path)}?{urlencode(query)}", self._headers()))

    def _rest(
        self,
        effect: Effect,
        method: str,
        path: str,
        body: Mapping[str, Any],
        headers: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        sent = {**self._headers(), "Content-Type": "application/json", **(headers or {})}
        return _data(self.call(effect, method, self._url(path), sent, json.dumps(body).encode()))

    def _headers(self) -> dict[str, str]:
        parts = urlsplit(self.settings["url"])
        pair = f"{self.settings['username']}:{self.settings['password']}".encode()
        return {
            "Authorization": "Basic " + base64.b64encode(pair).decode(),
            "Accept": "application/json",
            "X-Requested-With": "rest",
            "Origin": f"{parts.scheme}://{parts.netloc}",
            "Referer": self._base(),
        }

    def _base(self) -> str:
        return str(self.settings["url"]).rstrip("/") + "/"

    def _url(self, path: str) -> str:
        return f"{self._base()}rest/data/{path}"

    def _ref(self, issue_id: Any) -> RemoteRef:
        return RemoteRef(str(issue_id), f"{self._base()}issue{issue_id}")


def _data(answer: Any) -> dict[str, Any]:
    if isinstance(answer, dict) and isinstance(answer.get("data"), dict):
        data: dict[str, Any] = answer["data"]
        return data
    raise Retry("helpdesk_unreadable", "That address answers, but not as Roundup's REST interface")


def _version(activity: str, messages: list[Any]) -> str:
    """Roundup's times are whole seconds; the number of messages orders what happens within one."""
    return f"{activity}/{len(messages):06d}"
