"""Which of a Roundup tracker's priorities a new issue gets: its web form asks a person for one."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from server.helpdesks.errors import AuthFailed, Gone, Rejected

Ask = Callable[[str, Mapping[str, str]], dict[str, Any]]

WORDS: Mapping[str, tuple[str, ...]] = {
    "bug": ("bug",),
    "missing_feature": ("feature", "wish"),
}


def read(ask: Ask, kind: str) -> str:
    """The id of the priority that fits; empty for a tracker whose issues have none."""
    try:
        ask("issue", {"@fields": "priority", "@page_size": "1"})
        found = ask("priority", {"@fields": "name", "@sort": "order"})
    except (AuthFailed, Gone, Rejected):
        return ""
    return choose(found["collection"], kind)


def choose(choices: Sequence[Mapping[str, Any]], kind: str) -> str:
    """The id of the one named after the ticket's kind, else of the middle one; empty without choices."""
    by_name = {str(choice.get("name") or "").casefold(): str(choice["id"]) for choice in choices}
    for word in WORDS.get(kind, ()):
        if word in by_name:
            return by_name[word]
    ids = list(by_name.values())
    return ids[len(ids) // 2] if ids else ""
