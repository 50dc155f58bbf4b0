"""How tickets and messages read in a helpdesk that stores plain text."""

from collections.abc import Mapping, Sequence
from typing import Any

from server.helpdesks.contract import OutgoingFile, OutgoingMessage, OutgoingTicket
from server.kernel.text import one_line

CUT = "\n\n[The text was cut here: the whole stands in Keydesk.]"
FORBIDDEN = {code: None for code in range(32) if chr(code) not in "\t\n"}


def first_message(ticket: OutgoingTicket, limit: int) -> str:
    """The message that opens the conversation: who wrote, the text, and the diagnostics as lines."""
    diagnostics = diagnostics_text(ticket.diagnostics)
    head = f"{_author(ticket.first)} opened ticket {ticket.number}"
    head += f" about {one_line(ticket.product)}:" if ticket.product else ":"
    tail = f"\n\n-- Diagnostics, sent with the customer's consent --\n{diagnostics}" if diagnostics else ""
    tail = cut(tail, limit // 2)
    return cut(f"{head}\n\n{clean(ticket.first.text)}", limit - len(tail)) + tail


def message(outgoing: OutgoingMessage, limit: int) -> str:
    """A later message, with its author in the text: the helpdesk knows only our API user."""
    verb = "wrote" if outgoing.kind == "customer" else "answered in Keydesk"
    return cut(f"{_author(outgoing)} {verb}:\n\n{clean(outgoing.text)}", limit)


def left_out(files: Sequence[OutgoingFile]) -> str:
    """A line for each attachment that stays in Keydesk, so that nobody waits for it."""
    lines = [f"[Not copied here, see Keydesk: {one_line(file.name)}, {file.size} bytes]" for file in files]
    return "\n\n" + "\n".join(lines) if lines else ""


def diagnostics_text(diagnostics: Mapping[str, Any]) -> str:
    """Nested values as indented `name: value` lines, in the order they came."""
    return "\n".join(_lines(diagnostics, 0))


def cut(text: str, limit: int) -> str:
    """At most `limit` characters, cut at a line end where one is near."""
    if len(text) <= limit:
        return text
    kept = text[: limit - len(CUT)]
    line_end = kept.rfind("\n")
    return (kept[:line_end] if line_end > len(kept) - 200 else kept).rstrip() + CUT


def clean(text: str) -> str:
    """Unix line ends and no control characters; everything else stays as written."""
    return text.replace("\r\n", "\n").replace("\r", "\n").translate(FORBIDDEN)


def _author(outgoing: OutgoingMessage) -> str:
    name, email = one_line(outgoing.author_name), one_line(outgoing.author_email)
    if name and email:
        return f"{name} <{email}>"
    return name or email or "Somebody"


def _lines(value: Any, depth: int) -> list[str]:
    pad = "  " * depth
    if isinstance(value, Mapping):
        pairs = [(f"{one_line(str(key))}:", child) for key, child in value.items()]
    elif isinstance(value, list | tuple):
        pairs = [("-", child) for child in value]
    else:
        return [f"{pad}{_scalar(value)}"]
    lines = []
    for head, child in pairs:
        if isinstance(child, Mapping | list | tuple):
            lines += [f"{pad}{head}", *_lines(child, depth + 1)]
        else:
            lines.append(f"{pad}{head} {_scalar(child)}".rstrip())
    return lines


def _scalar(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return one_line(clean(str(value)))
